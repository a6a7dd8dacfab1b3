//! The `poly_ext` dialect: what stands for a real function, and how well.
//!
//! * [`eval`]: the value of an approximation with float coefficients at a real argument;
//! * tables on integers belong to the integer programs that hold them and are evaluated there, by
//!   [`crate::zkarith::eval`].

mod eval;

pub use eval::{EvalError, eval, polynomial};
