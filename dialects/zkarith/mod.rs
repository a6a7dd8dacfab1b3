//! The `zkarith` dialect: exact fixed-point arithmetic on tensors of bounded integers.
//!
//! * [`Kind`]: the operations, as an enum that rules match without a default;
//! * [`eval`], [`eval_with`]: the semantics on exact integers;
//! * [`bounds()`], [`bounds_of`]: the same semantics on intervals, element by element, together with
//!   the norms of tensors, which grow less from one linear map to the next;
//! * [`implied_bounds`]: what the verifier demands of a result's type;
//! * [`quantize`], [`dequantize`]: between reals and integers of a scale;
//! * [`Number`] is what both are written over, with the rounding rules [`rescale`] and [`ratio`].

mod bounds;
mod eval;
mod infer;
mod kind;
mod number;
mod quantize;
mod tensor;

pub use bounds::{Bounds, bounds, bounds_of, type_bounds};
pub use eval::{EvalError, OpError, Reason, eval, eval_with, machine_bounds};
pub use infer::implied_bounds;
pub use kind::Kind;
pub use number::{Functions, Interval, Lookup, Number, ratio, rescale, shift_left};
pub use quantize::{dequantize, quantize};
pub use tensor::{IntTensor, Intervals, Tensor};
