//! `zkarith-merge-scales`: fewer changes of scale and shape in a row.
//!
//! Only what leaves every integer as it is:
//!
//! * `upscale` of `upscale`, `reinterpret` of `reinterpret`, `reshape` of `reshape` are one;
//! * `rescale` of `upscale` is the difference of the two: the bits that were added are zero, so
//!   that rounding sees the same number.
//!
//! `rescale` of `rescale` stays: rounding twice is not rounding once. (Of 0.4375 at two bits each,
//! the first makes 0.5 and the second 1; at once it is 0.)
//!
//! Before:
//! ```mlir
//! func.func @main(%x: tensor<2x!zkarith.fixed<4, -99, 99>>) -> tensor<2x!zkarith.fixed<1, -13, 13>> {
//!   %0 = zkarith.upscale %x : tensor<2x!zkarith.fixed<4, -99, 99>> -> tensor<2x!zkarith.fixed<6, -396, 396>>
//!   %1 = zkarith.rescale %0 : tensor<2x!zkarith.fixed<6, -396, 396>> -> tensor<2x!zkarith.fixed<1, -13, 13>>
//!   return %1 : tensor<2x!zkarith.fixed<1, -13, 13>>
//! }
//! ```
//! After:
//! ```mlir
//! func.func @main(%arg0: tensor<2x!zkarith.fixed<4, -99, 99>>) -> tensor<2x!zkarith.fixed<1, -13, 13>> {
//!   %0 = zkarith.rescale %arg0 : tensor<2x!zkarith.fixed<4, -99, 99>> -> tensor<2x!zkarith.fixed<1, -13, 13>>
//!   return %0 : tensor<2x!zkarith.fixed<1, -13, 13>>
//! }
//! ```
//!
//! Leaves alone: types of results. Requires: nothing. Ensures: equal values on every input.

use melior::ir::operation::OperationLike;
use zkc_dialects::zkarith::Kind;
use zkc_support::{Failed, Graph, Op, OperationRef, PassInfo, PassOptions, emit_error, find_op};

pub(crate) const PASS: PassInfo = PassInfo {
    name: "zkarith-merge-scales",
    description: "fewer changes of scale and shape in a row",
    anchor: "builtin.module",
    options: &[],
    run,
};

fn run(module: OperationRef<'_, '_>, _: &PassOptions) -> Result<(), Failed> {
    let Some(function) = find_op(module, "func.func") else {
        return Ok(());
    };
    let fail = |e: zkc_support::GraphError| emit_error(function.location(), &e.to_string(), &[]);
    let mut graph = Graph::read(function).map_err(fail)?;
    let definitions = graph.definitions();
    let mut changed = false;
    for i in 0..graph.ops.len() {
        // The operation before may have been changed already: chains become one.
        while let Some((kind, operand)) = merged(&graph, &definitions, &graph.ops[i]) {
            let op = &mut graph.ops[i];
            op.name = kind.name().into();
            op.operands = vec![operand];
            changed = true;
        }
    }
    if !changed {
        return Ok(());
    }
    graph.remove_dead();
    graph.replace(function).map_err(fail)
}

/// What an operation is together with the one that defines its operand.
fn merged(
    graph: &Graph,
    definitions: &[Option<usize>],
    op: &Op,
) -> Option<(Kind, zkc_support::ValueId)> {
    let kind = Kind::of(&op.name)?;
    let operand = *op.operands.first()?;
    let inner = &graph.ops[definitions[operand.index()]?];
    let inner_kind = Kind::of(&inner.name)?;
    let source = *inner.operands.first()?;
    let scale = |v: zkc_support::ValueId| Some(graph.tensor(v)?.fixed()?.scale);
    match (kind, inner_kind) {
        (Kind::Upscale, Kind::Upscale)
        | (Kind::Reinterpret, Kind::Reinterpret)
        | (Kind::Reshape, Kind::Reshape) => Some((kind, source)),
        (Kind::Rescale, Kind::Upscale) => {
            let (from, to) = (scale(source)?, scale(*op.results.first()?)?);
            // An upscale by no bits is the identity, and keeps the result's type.
            Some((
                if from > to {
                    Kind::Rescale
                } else {
                    Kind::Upscale
                },
                source,
            ))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Program, Random, context};

    /// Every pair of scales: the merged program computes the same integers.
    #[test]
    fn values_stay() {
        let mut random = Random::new(11);
        for (middle, to) in [(9, 0), (9, 3), (9, 4), (9, 7), (5, 0)] {
            let t = |scale: u32| {
                let wide = 999i64 << 9;
                format!("tensor<40x!zkarith.fixed<{scale}, -{wide}, {wide}>>")
            };
            let x = "tensor<40x!zkarith.fixed<4, -999, 999>>";
            let text = format!(
                "func.func @main(%x: {x}) -> {r} {{
                   %0 = zkarith.upscale %x : {x} -> {m}
                   %1 = zkarith.rescale %0 : {m} -> {r}
                   return %1 : {r}
                 }}",
                m = t(middle),
                r = t(to)
            );
            let before = Program::parse(context(), &text);
            let mut after = Program::parse(context(), &text);
            after.run("zkarith-merge-scales");
            assert!(
                after.text().matches("zkarith.").count()
                    < before.text().matches("zkarith.").count()
            );
            for _ in 0..20 {
                let inputs = before.inputs(&mut random);
                assert_eq!(
                    before.integers(&inputs),
                    after.integers(&inputs),
                    "{middle} {to}"
                );
            }
        }
    }
}
