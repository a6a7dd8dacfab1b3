//! The `onnx` dialect: ONNX operators on builtin tensors.
//!
//! * [`Kind`]: the operations, as an enum that rules match without a default;
//! * [`infer`]: the shapes of an operation's results;
//! * [`eval`], [`eval_values`], [`eval_op`]: the float semantics. Numbers of f32 tensors are
//!   computed with 64 bits and never rounded to 32, integers are exact;
//! * [`shape`] and [`windows`]: the rules for shapes, axes, slices and windows that inference,
//!   evaluation and decomposition have in common.
//!
//! Both inference and evaluation follow the ONNX standard in its newest version; the importer has
//! brought older versions into that form.

mod eval;
mod infer;
mod kind;
pub mod shape;
mod tensor;
pub mod windows;

pub use eval::{EvalError, eval, eval_op, eval_values};
pub use infer::{infer, permutation, reduced_axes};
pub use kind::Kind;
pub use shape::Invalid;
pub use tensor::{Data, Tensor};
