//! `zkarith-verify-bounds`: no value can leave the bounds of its type.
//!
//! The bounds of sums of products depend on constants, which may be large and stand in files, so
//! that the verifier of `zkarith` does not look at them. This pass computes the interval of each
//! element of each value, and the norm of each tensor, from the types of the arguments, by the same
//! analysis as the conversion from `onnx` does, and reports every operation whose result can leave
//! its type. The lowering relies on types: run this on edited programs, and always
//! before `convert-zkarith-to-plonk`.
//!
//! Before:
//! ```mlir
//! func.func @main(%x: tensor<1x2x!zkarith.fixed<4, 0, 15>>) -> tensor<1x1x!zkarith.fixed<8, -15, 30>> {
//!   %w = zkarith.constant dense<[[2], [-1]]> : tensor<2x1xi64> -> tensor<2x1x!zkarith.fixed<4, -1, 2>>
//!   %0 = zkarith.matmul %x, %w : (tensor<1x2x!zkarith.fixed<4, 0, 15>>, tensor<2x1x!zkarith.fixed<4, -1, 2>>) -> tensor<1x1x!zkarith.fixed<8, -15, 30>>
//!   return %0 : tensor<1x1x!zkarith.fixed<8, -15, 30>>
//! }
//! ```
//! After:
//! ```mlir
//! func.func @main(%arg0: tensor<1x2x!zkarith.fixed<4, 0, 15>>) -> tensor<1x1x!zkarith.fixed<8, -15, 30>> {
//!   %0 = zkarith.constant dense<[[2], [-1]]> : tensor<2x1xi64> -> tensor<2x1x!zkarith.fixed<4, -1, 2>>
//!   %1 = zkarith.matmul %arg0, %0 : (tensor<1x2x!zkarith.fixed<4, 0, 15>>, tensor<2x1x!zkarith.fixed<4, -1, 2>>) -> tensor<1x1x!zkarith.fixed<8, -15, 30>>
//!   return %1 : tensor<1x1x!zkarith.fixed<8, -15, 30>>
//! }
//! ```
//!
//! Leaves alone: the program, always. Requires: operations of `zkarith` and `poly_ext` only.
//! Ensures: for every input that the argument types allow, every value lies within its type.

use melior::ir::operation::OperationLike;
use zkc_dialects::zkarith::{Bounds, EvalError, bounds_of, type_bounds};
use zkc_support::{
    Constants, Failed, Graph, OperationRef, PassInfo, PassOptions, emit_error, find_op,
};

pub(crate) const PASS: PassInfo = PassInfo {
    name: "zkarith-verify-bounds",
    description: "no value can leave the bounds of its type",
    anchor: "builtin.module",
    options: &[],
    run,
};

fn run(module: OperationRef<'_, '_>, _: &PassOptions) -> Result<(), Failed> {
    let Some(function) = find_op(module, "func.func") else {
        return Ok(());
    };
    let graph =
        Graph::read(function).map_err(|e| emit_error(function.location(), &e.to_string(), &[]))?;
    let constants = Constants::of_module(module);
    let mut known: Vec<Option<Bounds>> = vec![None; graph.value_count()];
    for (i, v) in graph.inputs.iter().enumerate() {
        let message = format!("argument {i} is no tensor of `!zkarith.fixed`");
        let bounds =
            type_bounds(&graph, *v).ok_or_else(|| emit_error(graph.location, &message, &[]))?;
        known[v.index()] = Some(bounds);
    }
    let mut failed = None;
    for op in &graph.ops {
        let operands: Option<Vec<&Bounds>> = op
            .operands
            .iter()
            .map(|v| known[v.index()].as_ref())
            .collect();
        // Operands are missing behind an operation that has been reported.
        let Some(operands) = operands else { continue };
        let result = match bounds_of(&graph, op, &constants, &operands) {
            Ok(result) => Some(result),
            Err(e) => {
                let reason = match e {
                    EvalError::Op(e) => e.reason.to_string(),
                    other => other.to_string(),
                };
                let message = format!("`{}`: {reason}", op.name);
                failed = Some(emit_error(op.location, &message, &[]));
                // What follows is checked against what the type promises.
                op.results.first().and_then(|v| type_bounds(&graph, *v))
            }
        };
        if let (Some(v), Some(result)) = (op.results.first(), result) {
            known[v.index()] = Some(result);
        }
    }
    failed.map_or(Ok(()), Err)
}
