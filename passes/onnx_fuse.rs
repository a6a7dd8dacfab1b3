//! `onnx-fuse`: merges constants into linear operations, and operations into each other.
//!
//! Every rewrite is exact in real arithmetic; only the rounding of new constants to their element
//! type differs. They are applied until none matches:
//!
//! | rewrite | condition |
//! |---|---|
//! | `(L c)`, `L` a `MatMul` or `Conv` with constant weights `W`, becomes `L` with weights `W c` | `c` varies along the output channels only; nothing else uses `L` |
//! | `L(x c)` becomes `L(x)` with weights `c W` | `c` varies along the channels that `L` sums over only; nothing else uses the product |
//! | `L(x + c)` becomes `L(x) + L(c)` | the same; a convolution has no padding, where `c` would be missing |
//! | the same through `Reshape` and `Transpose` | these are used once |
//! | `(x V) W` becomes `x (V W)` | constant matrices; the product has no more elements than both factors |
//! | `(x + c) d` becomes `x d + c d`; `(x + c) + d`, `(x c) d` become one | `c`, `d` constant, used once; the new constant is not larger than the larger one |
//! | `x + 0`, `x 1` vanish | the shape stays |
//! | `Pad` goes into `Conv` and `AveragePool` | with zeros, on spatial axes |
//! | `Reshape`, `Transpose` after each other become one; a `Transpose` that moves only axes of extent one is a `Reshape` | |
//! | `Expand` before `Add`, `Sub`, `Mul`, `Div`, `Max`, `Min` vanishes | the result's shape stays |
//! | `MaxPool(f(x))` becomes `f(MaxPool(x))`, the same for `ReduceMax` | `f` does not decrease; nothing else uses `f(x)`; the result is smaller |
//! | `Max`, `Min` with a constant scalar are `Clip`; `Clip` and `Relu` after each other become one | the intervals meet |
//! | `Relu` of what is never negative vanishes | |
//! | `-x + y` becomes `y - x`, at the end | the shape stays |
//!
//! Before:
//! ```mlir
//! func.func @main(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
//!   %w = onnx.Constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
//!   %b = onnx.Constant dense<[1.0, 2.0]> : tensor<2xf32>
//!   %s = onnx.Constant dense<[10.0, 100.0]> : tensor<2xf32>
//!   %p = onnx.MatMul %x, %w : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
//!   %a = onnx.Add %p, %b : (tensor<1x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
//!   %y = onnx.Mul %a, %s : (tensor<1x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
//!   return %y : tensor<1x2xf32>
//! }
//! ```
//! After:
//! ```mlir
//! func.func @main(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
//!   %w = onnx.Constant dense<[[1.000000e+01, 2.000000e+02], [3.000000e+01, 4.000000e+02]]> : tensor<2x2xf32>
//!   %p = onnx.MatMul %x, %w : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
//!   %b = onnx.Constant dense<[1.000000e+01, 2.000000e+02]> : tensor<2xf32>
//!   %y = onnx.Add %p, %b : (tensor<1x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
//!   return %y : tensor<1x2xf32>
//! }
//! ```
//!
//! Leaves alone: constants that vary in other ways, and values with several uses. Requires:
//! `onnx-decompose`. Ensures: the core set; the function's values stay, up to rounding of
//! constants.

mod activation;
mod affine;
mod linear;
mod movement;

use crate::{
    onnx_builder::{Builder, Node, Replacement, rewrite_to_fixpoint},
    onnx_fold_constants::fold,
};
use zkc_dialects::onnx::{Invalid, Kind};
use zkc_support::{Failed, OperationRef, PassInfo, PassOptions, ValueId};

/// The pass.
pub(crate) const PASS: PassInfo = PassInfo {
    name: "onnx-fuse",
    description: "Merge constants into linear operations, and operations into each other",
    anchor: "builtin.module",
    options: &[],
    run,
};

/// What a rewrite says: the new value, or nothing when it does not match.
type Rewrite = Result<Option<ValueId>, Invalid>;
/// A rewrite of the operations of some kind.
type Rule = for<'c> fn(&mut Builder<'c, '_>, &Node<'c>) -> Rewrite;

fn run(module: OperationRef<'_, '_>, _: &PassOptions) -> Result<(), Failed> {
    rewrite_to_fixpoint(module, fuse, finish)
}

/// The rewrites of a kind of operation, the first that matches is taken.
fn rules(kind: Kind) -> &'static [Rule] {
    match kind {
        Kind::Add => &[movement::without_expand, affine::add_zero, affine::merge],
        Kind::Mul => &[
            movement::without_expand,
            affine::mul_one,
            affine::merge,
            affine::distribute,
            linear::scale_result,
        ],
        Kind::Sub | Kind::Div => &[movement::without_expand],
        Kind::Max | Kind::Min => &[movement::without_expand, activation::as_clip],
        Kind::MatMul => &[linear::absorb_operand, linear::associate],
        Kind::Conv => &[movement::conv_with_pad, linear::absorb_operand],
        Kind::AveragePool => &[movement::pool_with_pad],
        Kind::MaxPool | Kind::ReduceMax => &[activation::function_after_max],
        Kind::Relu => &[activation::relu],
        Kind::Clip => &[activation::clip],
        Kind::Reshape => &[movement::reshape],
        Kind::Transpose => &[movement::transpose],
        _ => &[],
    }
}

fn fuse<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> Replacement {
    if let Some(folded) = fold(b, node)? {
        return Ok(Some(folded));
    }
    for rule in rules(node.kind) {
        if let Some(v) = rule(b, node)? {
            return Ok(Some(vec![v]));
        }
    }
    Ok(None)
}

/// What is not a step of fusion but tidies up after it.
fn finish<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> Replacement {
    match node.kind {
        Kind::Add => Ok(affine::subtraction(b, node)?.map(|v| vec![v])),
        _ => Ok(None),
    }
}
