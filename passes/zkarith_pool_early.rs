//! `zkarith-pool-early`: maxima first, then the operations that never fall.
//!
//! A maximum commutes with every function that never falls. `relu`, `rescale`, `clamp`, `upscale`
//! and `reinterpret` behind a `max_pool` or `reduce_max` act on fewer elements than in front of it,
//! but the maximum then compares wider integers. The order with fewer range checks wins: limbs of
//! `limb-bits` bits for each comparison, remainder and quotient.
//!
//! Before:
//! ```mlir
//! func.func @main(%x: tensor<1x1x4x!zkarith.fixed<14, -5000, 5000>>) -> tensor<1x1x2x!zkarith.fixed<2, 0, 1>> {
//!   %0 = zkarith.rescale %x : tensor<1x1x4x!zkarith.fixed<14, -5000, 5000>> -> tensor<1x1x4x!zkarith.fixed<2, -1, 1>>
//!   %1 = zkarith.relu %0 : tensor<1x1x4x!zkarith.fixed<2, -1, 1>> -> tensor<1x1x4x!zkarith.fixed<2, 0, 1>>
//!   %2 = zkarith.max_pool %1 kernel = [2] strides = [2] pads = [0, 0] dilations = [1] : tensor<1x1x4x!zkarith.fixed<2, 0, 1>> -> tensor<1x1x2x!zkarith.fixed<2, 0, 1>>
//!   return %2 : tensor<1x1x2x!zkarith.fixed<2, 0, 1>>
//! }
//! ```
//! After:
//! ```mlir
//! func.func @main(%arg0: tensor<1x1x4x!zkarith.fixed<14, -5000, 5000>>) -> tensor<1x1x2x!zkarith.fixed<2, 0, 1>> {
//!   %0 = zkarith.max_pool %arg0 kernel = [2] strides = [2] pads = [0, 0] dilations = [1] : tensor<1x1x4x!zkarith.fixed<14, -5000, 5000>> -> tensor<1x1x2x!zkarith.fixed<14, -5000, 5000>>
//!   %1 = zkarith.rescale %0 : tensor<1x1x2x!zkarith.fixed<14, -5000, 5000>> -> tensor<1x1x2x!zkarith.fixed<2, -1, 1>>
//!   %2 = zkarith.relu %1 : tensor<1x1x2x!zkarith.fixed<2, -1, 1>> -> tensor<1x1x2x!zkarith.fixed<2, 0, 1>>
//!   return %2 : tensor<1x1x2x!zkarith.fixed<2, 0, 1>>
//! }
//! ```
//!
//! Leaves alone: values with another use. Requires: nothing. Ensures: equal values on every input.

use melior::ir::operation::OperationLike;
use zkc_dialects::zkarith::{Interval, Kind, machine_bounds};
use zkc_support::{
    Failed, Graph, OperationRef, PassInfo, PassOption, PassOptions, TensorType, ValueId,
    emit_error, find_op,
};

pub(crate) const PASS: PassInfo = PassInfo {
    name: "zkarith-pool-early",
    description: "maxima first, then the operations that never fall",
    anchor: "builtin.module",
    options: &[PassOption {
        name: "limb-bits",
        description: "bits of a range check",
        default: "12",
    }],
    run,
};

fn run(module: OperationRef<'_, '_>, options: &PassOptions) -> Result<(), Failed> {
    let limb: u32 = options.parse(module, "limb-bits")?;
    if !(1..=24).contains(&limb) {
        let message = format!("option `limb-bits` must be 1 to 24, found {limb}");
        return Err(emit_error(module.location(), &message, &[]));
    }
    let Some(function) = find_op(module, "func.func") else {
        return Ok(());
    };
    let fail = |e: zkc_support::GraphError| emit_error(function.location(), &e.to_string(), &[]);
    let mut graph = Graph::read(function).map_err(fail)?;
    let mut changed = false;
    while let Some(chain) = (0..graph.ops.len()).find_map(|i| profitable(&graph, i, limb)) {
        hoist(&mut graph, &chain);
        changed = true;
    }
    if changed {
        graph.replace(function).map_err(fail)
    } else {
        Ok(())
    }
}

/// Operations that never fall, each the operand of the next, and the maximum behind them.
struct Chain {
    /// Positions, first operation first.
    rising: Vec<usize>,
    maximum: usize,
}

fn bounds(graph: &Graph, v: ValueId) -> Option<(Interval, u32, i64)> {
    let t = graph.tensor(v)?;
    let fixed = t.fixed()?;
    Some((
        machine_bounds(&fixed),
        fixed.scale,
        i64::try_from(t.elements()?).ok()?,
    ))
}

/// Limbs of an integer with some bits.
fn limbs(bits: u32, limb: u32) -> i64 {
    i64::from(bits.div_ceil(limb).max(1))
}

/// Bits of the span of an interval.
fn width(i: Interval) -> u32 {
    128 - i.hi.abs_diff(i.lo).leading_zeros()
}

/// The longest chain in front of a maximum that is worth moving behind it.
fn profitable(graph: &Graph, maximum: usize, limb: u32) -> Option<Chain> {
    let op = &graph.ops[maximum];
    let kind = Kind::of(&op.name).filter(|k| matches!(k, Kind::MaxPool | Kind::ReduceMax))?;
    let definitions = graph.definitions();
    let (_, _, outputs) = bounds(graph, op.result())?;
    let (_, _, inputs) = bounds(graph, op.operand())?;
    let comparisons = match kind {
        Kind::MaxPool => outputs * (op.ints("kernel")?.iter().product::<i64>() - 1),
        _ => inputs - outputs,
    };
    // Limbs saved by moving, for the best chain so far and for the current one.
    let (mut best, mut best_length, mut saved) = (0, 0, 0);
    let mut rising = Vec::new();
    let mut v = op.operand();
    while let Some(i) = definitions[v.index()] {
        let f = &graph.ops[i];
        let Some(cost) = cost(graph, i, limb) else {
            break;
        };
        if uses(graph, v) != 1 {
            break;
        }
        let (narrow, _, _) = bounds(graph, v)?;
        let (wide, _, _) = bounds(graph, f.operand())?;
        let more = limbs(width(wide) + 1, limb) - limbs(width(narrow) + 1, limb);
        saved += (inputs - outputs) * cost - comparisons * more;
        rising.push(i);
        if saved > best {
            (best, best_length) = (saved, rising.len());
        }
        v = f.operand();
    }
    rising.truncate(best_length);
    rising.reverse();
    (best > 0).then_some(Chain { rising, maximum })
}

/// Limbs of an operation that never falls; nothing for any other operation.
fn cost(graph: &Graph, i: usize, limb: u32) -> Option<i64> {
    let op = &graph.ops[i];
    let (from, from_scale, _) = bounds(graph, *op.operands.first()?)?;
    let (to, to_scale, _) = bounds(graph, *op.results.first()?)?;
    Some(match Kind::of(&op.name)? {
        Kind::Rescale => {
            let dropped = from_scale.saturating_sub(to_scale);
            let partial = i64::from(dropped % limb != 0);
            limbs(dropped, limb) + partial + limbs(width(to), limb)
        }
        Kind::Relu => limbs(width(from) + 1, limb),
        Kind::Clamp => {
            let sides = i64::from(from.lo < to.lo) + i64::from(from.hi > to.hi);
            sides * limbs(width(from) + 1, limb)
        }
        Kind::Upscale | Kind::Reinterpret => 0,
        _ => return None,
    })
}

fn uses(graph: &Graph, v: ValueId) -> usize {
    let operands = graph.ops.iter().flat_map(|op| &op.operands);
    operands.chain(&graph.outputs).filter(|u| **u == v).count()
}

/// Moves the operations of a chain behind its maximum.
fn hoist(graph: &mut Graph, chain: &Chain) {
    // The chain has an operation, as it saves something.
    let source = graph.ops[chain.rising[0]].operand();
    let result = graph.ops[chain.maximum].result();
    let (Some(from), Some(to)) = (graph.tensor(source), graph.tensor(result)) else {
        return;
    };
    let mut maximum = graph.ops[chain.maximum].clone();
    maximum.operands = vec![source];
    let first = graph.value(TensorType::new(&to.shape, from.element).to_type());
    maximum.results = vec![first];
    let mut moved = vec![maximum];
    let mut operand = first;
    for (n, i) in chain.rising.iter().enumerate() {
        let mut op = graph.ops[*i].clone();
        let v = if n + 1 == chain.rising.len() {
            result
        } else {
            // The element type stays, the shape is that of the maximum.
            let Some(t) = graph.tensor(op.result()) else {
                return;
            };
            graph.value(TensorType::new(&to.shape, t.element).to_type())
        };
        op.operands = vec![operand];
        op.results = vec![v];
        operand = v;
        moved.push(op);
    }
    graph.ops.splice(chain.maximum..=chain.maximum, moved);
    // All stand in front of the maximum, so that their positions are still right.
    let dropped = &chain.rising;
    let mut i = 0;
    graph.ops.retain(|_| {
        i += 1;
        !dropped.contains(&(i - 1))
    });
}

#[cfg(test)]
mod tests {
    use crate::testing::{Program, Random, context};

    #[test]
    fn values_stay() {
        let t = |shape: &str, fixed: &str| format!("tensor<1x2x{shape}x!zkarith.fixed<{fixed}>>");
        let (x, r) = (t("4x6", "12, -99999, 99999"), t("4x6", "4, -391, 391"));
        let (p, c) = (t("4x6", "4, 0, 391"), t("4x6", "4, 0, 300"));
        let m = t("2x3", "4, 0, 300");
        let text = format!(
            "func.func @main(%x: {x}) -> {m} {{
               %0 = zkarith.rescale %x : {x} -> {r}
               %1 = zkarith.relu %0 : {r} -> {p}
               %2 = zkarith.clamp %1 : {p} -> {c}
               %3 = zkarith.max_pool %2 kernel = [2, 3] strides = [2, 2] pads = [0, 1, 0, 1]
                 dilations = [1, 1] : {c} -> {m}
               return %3 : {m}
             }}"
        );
        let before = Program::parse(context(), &text);
        let mut after = Program::parse(context(), &text);
        after.run("zkarith-pool-early");
        let moved = after.text();
        assert!(moved.find("max_pool") < moved.find("rescale"), "{moved}");
        let mut random = Random::new(13);
        for _ in 0..50 {
            let inputs = before.inputs(&mut random);
            assert_eq!(before.integers(&inputs), after.integers(&inputs));
        }
    }
}
