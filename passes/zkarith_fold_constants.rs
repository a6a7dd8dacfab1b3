//! `zkarith-fold-constants`: computes at compile time what does not depend on the inputs.
//!
//! Integers that are known need no cells, no gates and no range checks. Operations whose operands
//! are all constant become constants of the same type, with the arithmetic of the dialect's
//! evaluator, and what nothing uses any more vanishes.
//!
//! Before:
//! ```mlir
//! func.func @main(%x: tensor<2x3x!zkarith.fixed<4, 0, 15>>) -> tensor<2x3x!zkarith.fixed<4, -7, 16>> {
//!   %a = zkarith.constant dense<[1, 2, 3]> : tensor<3xi64> -> tensor<3x!zkarith.fixed<4, 1, 3>>
//!   %b = zkarith.constant dense<[4, 4, 4]> : tensor<3xi64> -> tensor<3x!zkarith.fixed<4, 4, 4>>
//!   %c = zkarith.sub %a, %b : (tensor<3x!zkarith.fixed<4, 1, 3>>, tensor<3x!zkarith.fixed<4, 4, 4>>) -> tensor<3x!zkarith.fixed<4, -3, -1>>
//!   %y = zkarith.add %x, %c : (tensor<2x3x!zkarith.fixed<4, 0, 15>>, tensor<3x!zkarith.fixed<4, -3, -1>>) -> tensor<2x3x!zkarith.fixed<4, -7, 16>>
//!   return %y : tensor<2x3x!zkarith.fixed<4, -7, 16>>
//! }
//! ```
//! After:
//! ```mlir
//! func.func @main(%x: tensor<2x3x!zkarith.fixed<4, 0, 15>>) -> tensor<2x3x!zkarith.fixed<4, -7, 16>> {
//!   %c = zkarith.constant dense<[-3, -2, -1]> : tensor<3xi64> -> tensor<3x!zkarith.fixed<4, -3, -1>>
//!   %y = zkarith.add %x, %c : (tensor<2x3x!zkarith.fixed<4, 0, 15>>, tensor<3x!zkarith.fixed<4, -3, -1>>) -> tensor<2x3x!zkarith.fixed<4, -7, 16>>
//!   return %y : tensor<2x3x!zkarith.fixed<4, -7, 16>>
//! }
//! ```
//!
//! Leaves alone: what depends on an input; named functions, which have no table yet; results of
//! more than 2^20 elements. Requires: nothing. Ensures: equal values on every input.

use zkc_dialects::zkarith::{Kind, eval};
use zkc_support::{
    Constants, Failed, Graph, OperationRef, PassInfo, PassOptions, ValueId, emit_error, find_op,
};

/// The pass.
pub(crate) const PASS: PassInfo = PassInfo {
    name: "zkarith-fold-constants",
    description: "compute at compile time what does not depend on the inputs",
    anchor: "builtin.module",
    options: &[],
    run,
};

/// Larger results stay, as folding would write them out.
const MAX_ELEMENTS: usize = 1 << 20;

fn run(module: OperationRef<'_, '_>, _: &PassOptions) -> Result<(), Failed> {
    use melior::ir::operation::OperationLike;
    let Some(function) = find_op(module, "func.func") else {
        return Ok(());
    };
    let fail = |message: String| emit_error(function.location(), &message, &[]);
    let mut graph = Graph::read(function).map_err(|e| fail(e.to_string()))?;
    let folds = foldable(&graph);
    if !folds.contains(&true) {
        return Ok(());
    }
    fold(&mut graph, &Constants::of_module(module), &folds).map_err(&fail)?;
    graph.replace(function).map_err(|e| fail(e.to_string()))
}

/// For each operation, whether it becomes a constant.
fn foldable(graph: &Graph) -> Vec<bool> {
    let mut constant = vec![false; graph.value_count()];
    let mut folds = Vec::with_capacity(graph.ops.len());
    for op in &graph.ops {
        let small = op.results.iter().all(|v| {
            let elements = graph.tensor(*v).and_then(|t| t.elements());
            elements.is_some_and(|n| n <= MAX_ELEMENTS)
        });
        let kind = Kind::of(&op.name);
        let known = matches!(kind, Some(kind) if kind != Kind::Apply) || op.name == "poly_ext.eval";
        let all = op.operands.iter().all(|v| constant[v.index()]);
        let fold = kind != Some(Kind::Constant) && known && small && all;
        if fold || kind == Some(Kind::Constant) {
            for v in &op.results {
                constant[v.index()] = true;
            }
        }
        folds.push(fold);
    }
    folds
}

/// Replaces the operations by constants.
fn fold(graph: &mut Graph<'_>, constants: &Constants, folds: &[bool]) -> Result<(), String> {
    // A program without inputs: everything that is known, with what the rest reads as its results.
    let mut read = vec![false; graph.value_count()];
    for (op, fold) in graph.ops.iter().zip(folds) {
        if !fold {
            for v in &op.operands {
                read[v.index()] = true;
            }
        }
    }
    for v in &graph.outputs {
        read[v.index()] = true;
    }
    let known = graph.ops.iter().zip(folds);
    let wanted: Vec<ValueId> = known
        .clone()
        .filter(|(_, fold)| **fold)
        .flat_map(|(op, _)| op.results.iter().copied())
        .filter(|v| read[v.index()])
        .collect();
    let mut program = graph.clone();
    program.inputs.clear();
    program.ops = known
        .filter(|(op, fold)| **fold || op.name == Kind::Constant.name())
        .map(|(op, _)| op.clone())
        .collect();
    program.outputs.clone_from(&wanted);
    program.remove_dead();
    let values = eval(&program, constants, &[]).map_err(|e| e.to_string())?;

    let definitions = graph.definitions();
    for (v, tensor) in wanted.iter().zip(values) {
        let value = constants
            .make_integers(graph.context, &tensor.shape, &tensor.values)
            .map_err(|e| e.to_string())?;
        // Each wanted value is the result of an operation that is folded.
        let Some(i) = definitions[v.index()] else {
            continue;
        };
        let op = &mut graph.ops[i];
        op.name = Kind::Constant.name().into();
        op.operands.clear();
        op.attributes = vec![("value".into(), value)];
    }
    graph.remove_dead();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::{Program, Random, context};

    #[test]
    fn values_stay() {
        let text = "func.func @main(%x: tensor<2x!zkarith.fixed<4, -9, 9>>) -> (tensor<2x!zkarith.fixed<4, -99, 99>>, tensor<2x!zkarith.fixed<2, 0, 9>>) {
            %a = zkarith.constant dense<[-20, 31]> : tensor<2xi64> -> tensor<2x!zkarith.fixed<4, -40, 40>>
            %b = zkarith.constant dense<3> : tensor<i64> -> tensor<!zkarith.fixed<0, 0, 5>>
            %c = zkarith.mul %a, %b : (tensor<2x!zkarith.fixed<4, -40, 40>>, tensor<!zkarith.fixed<0, 0, 5>>) -> tensor<2x!zkarith.fixed<4, -200, 200>>
            %d = zkarith.rescale %c : tensor<2x!zkarith.fixed<4, -200, 200>> -> tensor<2x!zkarith.fixed<2, -50, 50>>
            %e = zkarith.relu %d : tensor<2x!zkarith.fixed<2, -50, 50>> -> tensor<2x!zkarith.fixed<2, 0, 50>>
            %f = zkarith.slice %c starts = [1] steps = [1] : tensor<2x!zkarith.fixed<4, -200, 200>> -> tensor<1x!zkarith.fixed<4, -200, 200>>
            %g = zkarith.sub %x, %f : (tensor<2x!zkarith.fixed<4, -9, 9>>, tensor<1x!zkarith.fixed<4, -200, 200>>) -> tensor<2x!zkarith.fixed<4, -209, 209>>
            %h = zkarith.clamp %g : tensor<2x!zkarith.fixed<4, -209, 209>> -> tensor<2x!zkarith.fixed<4, -99, 99>>
            %i = zkarith.clamp %e : tensor<2x!zkarith.fixed<2, 0, 50>> -> tensor<2x!zkarith.fixed<2, 0, 9>>
            return %h, %i : tensor<2x!zkarith.fixed<4, -99, 99>>, tensor<2x!zkarith.fixed<2, 0, 9>>
        }";
        let before = Program::parse(context(), text);
        let mut after = Program::parse(context(), text);
        after.run("zkarith-fold-constants");
        let folded = after.text();
        for gone in ["mul", "rescale", "relu", "slice"] {
            assert!(!folded.contains(&format!("zkarith.{gone}")), "{folded}");
        }
        let mut random = Random::new(5);
        for _ in 0..20 {
            let inputs = before.inputs(&mut random);
            assert_eq!(before.integers(&inputs), after.integers(&inputs));
        }
    }
}
