//! `onnx-decompose`: brings every operation into a small core set.
//!
//! Afterwards a function consists of these operations only, all with static shapes; operands that
//! say how, such as axes, are constants, and attributes with which the standard abbreviates
//! (`auto_pad`, `ceil_mode`, negative axes, ...) are resolved:
//!
//! | operation | form |
//! |---|---|
//! | `Constant`, `NoValue` | |
//! | `Add`, `Mul` | two operands, a constant one second |
//! | `Sub` | two operands; no constant among floats |
//! | `Div` | two operands; no constant divisor among floats |
//! | `Max`, `Min` | two operands |
//! | `Pow` | a constant scalar exponent, none of those that are written with products or roots |
//! | `Relu`, `Abs`, `Exp`, `Erf`, ..., `Gelu`: the functions of one number | but not `Neg` |
//! | `Clip` | bounds are constant scalars or absent, at least one is there, lower <= upper |
//! | `Cast` | to another type |
//! | `MatMul` | operands of rank two or more |
//! | `Conv` | no bias; all attributes given, `auto_pad` is `NOTSET` |
//! | `MaxPool` | all attributes given, `auto_pad` is `NOTSET`, `ceil_mode` 0 |
//! | `AveragePool` | the same; every window divides by the size of the kernel: there is no padding, or `count_include_pad` is 1 |
//! | `ReduceSum`, `ReduceMax` | constant axes in ascending order, `keepdims` 1 |
//! | `Reshape`, `Expand` | the shape operand is the result's shape |
//! | `Transpose` | `perm` given |
//! | `Slice` | starts, ends, axes, steps are constant; no start and no axis is negative |
//! | `Pad` | mode `constant`, pads of all axes, none negative; the value is a constant, absent for booleans |
//! | `Concat` | two operands or more, axis not negative |
//!
//! A mean is a sum times a constant: so the factor can be merged into a linear operation before or
//! after it, and what stays is one exact sum and one rounding. `AveragePool` stays, since its
//! divisor is the same everywhere; where it would not be (padding that does not count), it becomes
//! a convolution with ones and a product with the reciprocals.
//!
//! Before:
//! ```mlir
//! func.func @main(%x: tensor<1x3xf32>) -> tensor<1x2xf32> {
//!   %w = onnx.Constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
//!   %b = onnx.Constant dense<[0.5, -0.5]> : tensor<2xf32>
//!   %y = onnx.Gemm %x, %w, %b {alpha = 2.0 : f32, transB = 1 : i64} : (tensor<1x3xf32>, tensor<2x3xf32>, tensor<2xf32>) -> tensor<1x2xf32>
//!   return %y : tensor<1x2xf32>
//! }
//! ```
//! After:
//! ```mlir
//! func.func @main(%x: tensor<1x3xf32>) -> tensor<1x2xf32> {
//!   %b = onnx.Constant dense<[5.000000e-01, -5.000000e-01]> : tensor<2xf32>
//!   %w = onnx.Constant dense<[[2.000000e+00, 8.000000e+00], [4.000000e+00, 1.000000e+01], [6.000000e+00, 1.200000e+01]]> : tensor<3x2xf32>
//!   %p = onnx.MatMul %x, %w : (tensor<1x3xf32>, tensor<3x2xf32>) -> tensor<1x2xf32>
//!   %y = onnx.Add %p, %b : (tensor<1x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
//!   return %y : tensor<1x2xf32>
//! }
//! ```
//!
//! Leaves alone: operations that are in the core set. Requires: `onnx-infer-shapes`. Ensures: the
//! function's values stay, up to rounding of constants. Errors: operations without a decomposition
//! (indices or bounds that are computed from inputs, integer means, division by a constant zero).

mod arithmetic;
mod linear;
mod movement;
mod pooling;

use crate::{
    onnx_builder::{Builder, Node, Replacement, rewrite_once},
    onnx_fold_constants::fold,
};
use zkc_dialects::onnx::Kind;
use zkc_support::{Failed, OperationRef, PassInfo, PassOptions};

/// The pass.
pub(crate) const PASS: PassInfo = PassInfo {
    name: "onnx-decompose",
    description: "Bring every operation into a small core set",
    anchor: "builtin.module",
    options: &[],
    run,
};

fn run(module: OperationRef<'_, '_>, _: &PassOptions) -> Result<(), Failed> {
    rewrite_once(module, decompose)
}

fn decompose<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> Replacement {
    use Kind::*;
    if let Some(folded) = fold(b, node)? {
        return Ok(Some(folded));
    }
    let one = match node.kind {
        NoValue | Constant => return Ok(None),
        Add | Mul => arithmetic::commutative(b, node)?,
        Sub => arithmetic::sub(b, node)?,
        Div => arithmetic::div(b, node)?,
        Pow => arithmetic::pow(b, node)?,
        Max | Min | Sum | Mean => arithmetic::variadic(b, node)?,
        Neg => Some(arithmetic::neg(b, node)?),
        Abs | Sign | Ceil | Floor | Round | Sqrt | Reciprocal | Exp | Log | Erf | Sin | Cos
        | Tan | Asin | Acos | Atan | Sinh | Cosh | Tanh | Asinh | Acosh | Atanh | Relu
        | Sigmoid | Softplus | Softsign | Mish | HardSwish | LeakyRelu | Elu | Celu
        | ThresholdedRelu | Selu | HardSigmoid | Gelu => None,
        Swish => arithmetic::swish(b, node)?,
        Clip => arithmetic::clip(b, node)?,
        // Those to the same type have been folded.
        Cast => None,
        MatMul => linear::matmul(b, node)?,
        Gemm => Some(linear::gemm(b, node)?),
        Conv => linear::conv(b, node)?,
        BatchNormalization => Some(linear::batch_normalization(b, node)?),
        AveragePool => pooling::average(b, node)?,
        MaxPool => pooling::max(b, node)?,
        GlobalAveragePool | GlobalMaxPool => Some(pooling::global(b, node)?),
        Softmax => Some(pooling::softmax(b, node)?),
        ReduceSum | ReduceMean | ReduceMax | ReduceMin => pooling::reduce(b, node)?,
        Reshape => movement::reshape(b, node)?,
        Flatten | Squeeze | Unsqueeze => {
            let shape = node.result_shape()?;
            Some(b.reshape(node.operand(0), &shape, node.location())?)
        }
        Transpose => movement::transpose(b, node)?,
        Concat => movement::concat(b, node)?,
        Split => return movement::split(b, node).map(Some),
        Slice => movement::slice(b, node)?,
        Gather => Some(movement::gather(b, node)?),
        Expand => movement::expand(b, node)?,
        Tile => Some(movement::tile(b, node)?),
        Pad => movement::pad(b, node)?,
        // These depend on shapes alone and have been folded, except where a shape is unknown.
        Shape | Size | ConstantOfShape | Identity | Dropout => {
            node.result_shape()?;
            b.shape(node.operand(0))?;
            None
        }
    };
    Ok(one.map(|v| vec![v]))
}
