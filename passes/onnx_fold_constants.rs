//! `onnx-fold-constants`: computes at compile time what does not depend on the inputs.
//!
//! Operations whose operands are all constant become constants, with the arithmetic of the
//! evaluator: 64 bits, rounded to the element type once for each result. Shapes and sizes of
//! static tensors are constants. `onnx.Identity`, `onnx.Dropout` and casts to the same type
//! vanish, and so does what nothing uses.
//!
//! Before:
//! ```mlir
//! func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
//!   %a = onnx.Constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
//!   %b = onnx.Constant dense<0.5> : tensor<f32>
//!   %c = onnx.Mul %a, %b : (tensor<3xf32>, tensor<f32>) -> tensor<3xf32>
//!   %y = onnx.Add %x, %c : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
//!   %z = onnx.Identity %y : (tensor<2x3xf32>) -> tensor<2x3xf32>
//!   return %z : tensor<2x3xf32>
//! }
//! ```
//! After:
//! ```mlir
//! func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
//!   %cst = onnx.Constant dense<[5.000000e-01, 1.000000e+00, 1.500000e+00]> : tensor<3xf32>
//!   %y = onnx.Add %x, %cst : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
//!   return %y : tensor<2x3xf32>
//! }
//! ```
//!
//! Leaves alone: what depends on an input; results of more than 2^27 elements. Requires: static
//! shapes, where something is to be folded. Ensures: the function's results stay, up to the
//! rounding of new constants. Constants of more than 1024 elements become blobs in the weight
//! cache.

use crate::onnx_builder::{Builder, Node, Replacement, rewrite_once};
use zkc_dialects::onnx::{Invalid, Kind, Tensor, shape::shape_range};
use zkc_support::{DType, Failed, OperationRef, PassInfo, PassOptions};

/// The pass.
pub(crate) const PASS: PassInfo = PassInfo {
    name: "onnx-fold-constants",
    description: "Compute at compile time what does not depend on the inputs",
    anchor: "builtin.module",
    options: &[],
    run,
};

fn run(module: OperationRef<'_, '_>, _: &PassOptions) -> Result<(), Failed> {
    rewrite_once(module, fold)
}

/// Folds one operation.
pub(crate) fn fold<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> Replacement {
    let op = &node.op;
    match node.kind {
        Kind::Identity => return Ok(Some(vec![node.operand(0)])),
        Kind::Dropout => {
            training_is_off(b, node)?;
            return Ok(Some(vec![node.operand(0)]));
        }
        Kind::Cast if b.r#type(node.operand(0)) == node.types[0] => {
            return Ok(Some(vec![node.operand(0)]));
        }
        Kind::Shape | Kind::Size => {
            // The operand need not be constant, as long as its shape is.
            let Ok(shape) = b.shape(node.operand(0)) else {
                return Ok(None);
            };
            let element = DType::Int(64).to_type(b.context());
            let t = match node.kind {
                Kind::Size => Tensor::i64s(&[], vec![shape.iter().product()]),
                _ => {
                    let dims = shape[shape_range(op, shape.len())].to_vec();
                    Tensor::i64s(&[dims.len() as i64], dims)
                }
            };
            let v = b.make(t, element, op.location);
            return Ok((b.r#type(v) == node.types[0]).then(|| vec![v]));
        }
        _ => {}
    }
    b.fold(op, &node.types)
}

/// Dropout acts in training only, so training must be off.
fn training_is_off(b: &mut Builder<'_, '_>, node: &Node<'_>) -> Result<(), Invalid> {
    let Some(v) = node
        .op
        .operands
        .get(2)
        .copied()
        .filter(|v| !b.is_absent(*v))
    else {
        return Ok(());
    };
    match b.constant(v)?.and_then(|t| t.as_scalar()) {
        Some(0.0) => Ok(()),
        Some(_) => Err(
            Invalid::new("operand `training_mode` must be false, found true")
                .help("export the model for inference"),
        ),
        None => Err(Invalid::new(
            "operand `training_mode` must be known at compile time",
        )),
    }
}
