//! Why a fit was refused or not found.

use thiserror::Error;

use crate::function::{Function, FunctionError};
use crate::polynomial::PolynomialError;

/// Why a fit was refused or not found.
///
/// The first group are faults of the request, the last three are limits of what can be found in doubles.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum FitError {
    /// An interval is empty, reversed, infinite or NaN.
    #[error(
        "an interval must have finite ends with the left one below the right one, found [{lo}, {hi}]"
    )]
    Interval {
        /// The left end as given.
        lo: f64,
        /// The right end as given.
        hi: f64,
    },
    /// An interval holds too few doubles to sample it.
    #[error(
        "the interval [{lo}, {hi}] is too narrow to fit in doubles; move its origin or widen it"
    )]
    Narrow {
        /// The left end as given.
        lo: f64,
        /// The right end as given.
        hi: f64,
    },
    /// A domain without an interval.
    #[error("a domain needs at least one interval")]
    NoInterval,
    /// Two intervals of a domain are out of order or not disjoint.
    #[error(
        "the intervals of a domain must be disjoint and ascend, found one from {next} after one up to {end}"
    )]
    Order {
        /// The right end of an interval.
        end: f64,
        /// The left end of the next one.
        next: f64,
    },
    /// The function's parameters are not usable.
    #[error(transparent)]
    Function(#[from] FunctionError),
    /// The function has no real value at a point of the domain.
    #[error("`{function}` is not defined at {x}; leave the point out of the domain [{lo}, {hi}]")]
    Undefined {
        /// The function.
        function: Function,
        /// A point of the domain at which it is not defined.
        x: f64,
        /// Left end of the interval.
        lo: f64,
        /// Right end of the interval.
        hi: f64,
    },
    /// The function grows without bound towards a point of the domain.
    #[error("`{function}` is unbounded near {x}; keep the domain [{lo}, {hi}] away from it")]
    Unbounded {
        /// The function.
        function: Function,
        /// The pole, to double precision.
        x: f64,
        /// Left end of the interval.
        lo: f64,
        /// Right end of the interval.
        hi: f64,
    },
    /// The function jumps inside the domain, so that no polynomial comes closer than half the jump.
    #[error("`{function}` jumps at {x}; leave a gap around it in the domain [{lo}, {hi}]")]
    Discontinuous {
        /// The function.
        function: Function,
        /// The place of the jump.
        x: f64,
        /// Left end of the interval.
        lo: f64,
        /// Right end of the interval.
        hi: f64,
    },
    /// The function turns more often than samples show.
    #[error("`{function}` turns too often on [{lo}, {hi}]; use at most {most} half periods")]
    Oscillates {
        /// The function.
        function: Function,
        /// Left end of the interval.
        lo: f64,
        /// Right end of the interval.
        hi: f64,
        /// The most half periods of a domain.
        most: usize,
    },
    /// A value overflows or is NaN.
    #[error("`{name}` at {x} must be finite in doubles, found {value}")]
    NotFinite {
        /// What is fitted.
        name: String,
        /// The point.
        x: f64,
        /// The value there.
        value: f64,
    },
    /// A weight is not positive and finite.
    #[error("the weight at {x} must be positive and finite, found {value}")]
    Weight {
        /// The point.
        x: f64,
        /// The weight there.
        value: f64,
    },
    /// The parity asked for does not go with the function or the domain.
    #[error("`{name}` has not the parity asked for: {reason}")]
    Parity {
        /// What is fitted.
        name: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A count in the request is out of range.
    #[error("{what} must be from {min} to {max}, found {found}")]
    Count {
        /// What is counted.
        what: &'static str,
        /// The smallest allowed.
        min: usize,
        /// The largest allowed.
        max: usize,
        /// As given.
        found: usize,
    },
    /// A polynomial of a composite must be odd.
    #[error("stages of a composite have odd degrees from 3 on, found {found}")]
    EvenStage {
        /// The degree as given.
        found: usize,
    },
    /// The gap of a composite around zero.
    #[error("the gap of a composite must be between 0 and 1, found {found}")]
    Gap {
        /// As given.
        found: f64,
    },
    /// The stages before one already have an error at which doubles leave nothing to improve.
    #[error("the error of the first {index} stages is {error:e} already; leave out the others")]
    SpareStage {
        /// How many stages suffice.
        index: usize,
        /// Their error.
        error: f64,
    },
    /// Coefficients of a polynomial overflow.
    #[error(transparent)]
    Polynomial(#[from] PolynomialError),
    /// A rounded coefficient does not fit in 63 bits.
    #[error("coefficient {index} does not fit in 63 bits at scale {scale}; use a smaller scale")]
    Overflow {
        /// Which coefficient, from the constant one on.
        index: usize,
        /// Its scale.
        scale: u32,
    },
    /// A lower degree already reaches the accuracy of doubles.
    #[error(
        "degree {degree} for `{name}` is beyond what doubles can find: degree {reachable} already has an error of at most {floor:e}, which is rounding noise; use degree {reachable} or less"
    )]
    BeyondDoubles {
        /// What is fitted.
        name: String,
        /// The degree as given.
        degree: usize,
        /// The lowest degree whose error is at the floor.
        reachable: usize,
        /// Errors up to this are noise: `2^-47` of the function's largest magnitude.
        floor: f64,
    },
    /// Lower degrees of a rational function already reach the accuracy of doubles.
    #[error(
        "degrees {numerator}/{denominator} for `{name}` are beyond what doubles can find: {reachable_numerator}/{reachable_denominator} already has an error of at most {floor:e}, which is rounding noise; use these or less"
    )]
    RationalBeyondDoubles {
        /// What is fitted.
        name: String,
        /// Degree of the numerator as given.
        numerator: usize,
        /// Degree of the denominator as given.
        denominator: usize,
        /// Degree of a numerator at the floor.
        reachable_numerator: usize,
        /// Degree of a denominator at the floor.
        reachable_denominator: usize,
        /// Errors up to this are noise: `2^-47` of the function's largest magnitude.
        floor: f64,
    },
    /// The exchange did not level the error.
    #[error(
        "no best fit of `{name}` found: the best one reached has an error of {found:e}, and {bound:e} is not excluded; use another degree, or pieces"
    )]
    NotConverged {
        /// What is fitted.
        name: String,
        /// Largest error of the best fit found.
        found: f64,
        /// A lower bound of the best possible error.
        bound: f64,
    },
    /// No schedule of stages reaches the precision.
    #[error("no composite found that reaches 2^-{alpha} with {what} up to {most}")]
    NoSchedule {
        /// The precision asked for, in bits.
        alpha: u32,
        /// What was limited.
        what: &'static str,
        /// The limit.
        most: usize,
    },
}
