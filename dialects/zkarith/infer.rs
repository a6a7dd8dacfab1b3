//! The bounds that the verifier demands of a result's type.

use super::{
    eval::machine_bounds,
    kind::Kind,
    number::{Interval, Number, rescale, shift_left},
};
use zkc_support::{Graph, Op};

/// The smallest bounds that the verifier accepts for the type of an operation's result, from the
/// types of its operands alone. Each tensor has one interval here; [`super::bounds_of`] tells its
/// elements apart and knows constants, and so may be tighter.
///
/// `None` where the verifier demands nothing (constants, matrix products, convolutions, clamps,
/// named functions), where the operation is malformed, and where a bound needs more than 127 bits.
pub fn implied_bounds(graph: &Graph, op: &Op) -> Option<Interval> {
    let operand = |i: usize| -> Option<(Interval, u32, Vec<i64>)> {
        let t = graph.tensor(*op.operands.get(i)?)?;
        let fixed = t.fixed()?;
        fixed.bounds_i128()?;
        Some((machine_bounds(&fixed), fixed.scale, t.shape))
    };
    let scale = graph.tensor(*op.results.first()?)?.fixed()?.scale;
    let (a, from, shape) = operand(0)?;
    let second = || operand(1).map(|(b, _, _)| b);
    match Kind::of(&op.name)? {
        Kind::Add => a.plus(second()?),
        Kind::Sub => a.minus(second()?),
        Kind::Mul if op.operands.first() == op.operands.get(1) => a.square(),
        Kind::Mul => a.times(second()?),
        Kind::Max => Some(a.maximum(second()?)),
        Kind::Min => Some(a.minimum(second()?)),
        Kind::Upscale => a.map(|n| shift_left(n, scale.checked_sub(from)?)),
        Kind::Rescale => a.map(|n| rescale(n, from.checked_sub(scale).filter(|s| *s > 0)?)),
        Kind::Relu => a.map(|n| Some(n.max(0))),
        Kind::Div => {
            let (b, divisor, _) = operand(1)?;
            let shift = (scale + divisor).checked_sub(from)?;
            if b.lo < 1 { None } else { a.ratio(b, shift) }
        }
        Kind::SumPool => {
            let sum = a.times(Interval::exact(product(&op.ints("kernel")?)?))?;
            let padded = op.ints("pads")?.iter().any(|p| *p != 0);
            // A window may see fewer elements: each missing one counts as zero.
            Some(if padded {
                sum.hull(a).hull(Interval::exact(0))
            } else {
                sum
            })
        }
        Kind::ReduceSum => {
            let extent = |axis: &i64| shape.get(usize::try_from(*axis).ok()?).copied();
            let extents: Vec<i64> = op.ints("axes")?.iter().map(extent).collect::<Option<_>>()?;
            a.times(Interval::exact(product(&extents)?))
        }
        Kind::Concat => {
            (1..op.operands.len()).try_fold(a, |hull, i| Some(hull.hull(operand(i)?.0)))
        }
        Kind::Pad => Some(a.hull(Interval::exact(i128::from(op.int("value")?)))),
        Kind::Reinterpret
        | Kind::MaxPool
        | Kind::ReduceMax
        | Kind::Reshape
        | Kind::Transpose
        | Kind::Broadcast
        | Kind::Slice => Some(a),
        Kind::Constant | Kind::MatMul | Kind::Conv | Kind::Clamp | Kind::Apply => None,
    }
}

fn product(extents: &[i64]) -> Option<i128> {
    extents
        .iter()
        .try_fold(1i128, |n, d| n.checked_mul(i128::from(*d)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use zkc_support::{find_op, new_context, parse_module};

    /// The verifier accepts the implied bounds, and nothing tighter.
    #[test]
    fn the_verifier_agrees() {
        let context = new_context();
        let cases = [
            ("zkarith.add %a, %b : (A, B) -> R", 4, "2x3"),
            ("zkarith.sub %a, %b : (A, B) -> R", 4, "2x3"),
            ("zkarith.mul %a, %b : (A, B) -> R", 8, "2x3"),
            ("zkarith.max %a, %b : (A, B) -> R", 4, "2x3"),
            ("zkarith.min %a, %b : (A, B) -> R", 4, "2x3"),
            ("zkarith.div %a, %b : (A, B) -> R", 3, "2x3"),
            ("zkarith.concat %a, %b axis = 0 : (A, B) -> R", 4, "3x3"),
            ("zkarith.upscale %a : A -> R", 6, "2x3"),
            ("zkarith.rescale %a : A -> R", 1, "2x3"),
            ("zkarith.reinterpret %a : A -> R", 9, "2x3"),
            ("zkarith.relu %a : A -> R", 4, "2x3"),
            ("zkarith.reshape %a : A -> R", 4, "6"),
            (
                "zkarith.transpose %a permutation = [1, 0] : A -> R",
                4,
                "3x2",
            ),
            ("zkarith.broadcast %a : A -> R", 4, "2x2x3"),
            (
                "zkarith.slice %a starts = [0, 0] steps = [1, 1] : A -> R",
                4,
                "1x1",
            ),
            (
                "zkarith.pad %a low = [1, 0] high = [0, 0] value = -99 : A -> R",
                4,
                "3x3",
            ),
            ("zkarith.reduce_sum %a axes = [1] : A -> R", 4, "2x1"),
            ("zkarith.reduce_max %a axes = [1] : A -> R", 4, "2x1"),
            (
                "zkarith.sum_pool %a kernel = [2] strides = [1] pads = [0, 0] dilations = [1] \
                 : A -> R",
                4,
                "2x2",
            ),
            (
                "zkarith.sum_pool %a kernel = [2] strides = [1] pads = [1, 0] dilations = [1] \
                 : A -> R",
                4,
                "2x3",
            ),
            (
                "zkarith.max_pool %a kernel = [2] strides = [1] pads = [0, 0] dilations = [1] \
                 : A -> R",
                4,
                "2x2",
            ),
        ];
        for (op, scale, shape) in cases {
            let module = |lo: i128, hi: i128| {
                let a = "tensor<2x3x!zkarith.fixed<4, -37, 50>>";
                let b = "tensor<1x3x!zkarith.fixed<4, 3, 7>>";
                let r = format!("tensor<{shape}x!zkarith.fixed<{scale}, {lo}, {hi}>>");
                let op = op.replace('A', a).replace('B', b).replace('R', &r);
                format!("func.func @main(%a: {a}, %b: {b}) -> {r} {{ %r = {op} return %r : {r} }}")
            };
            let loose = parse_module(&context, &module(-5000, 5000)).unwrap();
            let graph = Graph::read(find_op(loose.as_operation(), "func.func").unwrap()).unwrap();
            let implied = implied_bounds(&graph, &graph.ops[0]).unwrap();
            let accepts = |lo, hi| parse_module(&context, &module(lo, hi)).is_ok();
            assert!(accepts(implied.lo, implied.hi), "{op}: {implied}");
            if implied.lo < implied.hi {
                assert!(!accepts(implied.lo + 1, implied.hi), "{op}: {implied}");
                assert!(!accepts(implied.lo, implied.hi - 1), "{op}: {implied}");
            }
        }
    }
}
