//! Certificates of programs: proved bounds of `|program - function|` over all arguments of a range.

mod exhaustive;
mod interval;

use thiserror::Error;

use crate::function::Function;
use crate::program::{Program, ProgramError};
use crate::table::Certificate;

/// The number of arguments up to which [`certify_program`] should look at each of them, unless there is a reason to do otherwise.
pub const EXHAUSTIVE_ARGUMENTS: u64 = 1 << 18;

/// The largest number of arguments of an exhaustive certificate.
pub const MAX_EXHAUSTIVE_ARGUMENTS: u64 = 1 << 22;

/// A proved bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Certified {
    /// At least `|eval(n) * 2^-out_scale - f(n * 2^-in_scale)|` for every argument `n` of the range.
    pub max_error: f64,
    /// How that is known.
    pub certificate: Certificate,
}

/// Why a program has no certificate.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum CertifyError {
    /// The program or the range is not usable.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// There are too many arguments to look at each of them.
    #[error(
        "an exhaustive certificate is for at most {MAX_EXHAUSTIVE_ARGUMENTS} arguments, found {arguments}"
    )]
    TooManyArguments {
        /// How many arguments the range has, or were to be allowed.
        arguments: u128,
    },
    /// The function has no real value at an argument.
    #[error(
        "`{function}` is not defined at {x} (the integer {n}); leave the point out of the range"
    )]
    Undefined {
        /// The function.
        function: Function,
        /// The argument as an integer.
        n: i64,
        /// The argument, rounded to a double.
        x: f64,
    },
    /// The function's value at an argument cannot be enclosed.
    #[error("`{function}` cannot be bounded at {x} (the integer {n})")]
    Unbounded {
        /// The function.
        function: Function,
        /// The argument as an integer.
        n: i64,
        /// The argument, rounded to a double.
        x: f64,
    },
    /// The Taylor coefficients of the function cannot be enclosed.
    #[error(
        "`{function}` has no expansion that can be bounded on the integers from {from} to {to}; it may have too many jumps or kinks there, use a smaller range"
    )]
    NoExpansion {
        /// The function.
        function: Function,
        /// The first argument of the program's segment.
        from: i64,
        /// Its last argument.
        to: i64,
    },
    /// An error to be reached is not a positive number.
    #[error("the error to be reached must be positive and finite, found {target}")]
    Target {
        /// The error as given.
        target: f64,
    },
    /// The stated error is smaller than what can be certified.
    #[error(
        "the program for `{function}` states an error of at most {stated}, but only {certified} can be certified"
    )]
    Claim {
        /// The function.
        function: Function,
        /// The bound as stated.
        stated: f64,
        /// The certified bound.
        certified: f64,
    },
}

/// Bounds the error of a program on the arguments from `lo` to `hi`, exhaustively if there are at most
/// `exhaustive_limit` of them (usually [`EXHAUSTIVE_ARGUMENTS`]), by intervals otherwise.
///
/// - [`Certificate::Exhaustive`]: the value on every argument is compared with an enclosure of the function there. The
///   bound is the largest error, rounded up to a double. A few microseconds per argument.
/// - [`Certificate::Interval`]: on each segment the program's polynomial, before its rounding, is compared with a Taylor
///   polynomial of the function and a bound of its remainder; the largest possible rounding is added. The bound
///   exceeds the largest error over the real arguments in between plus half a unit by at most some two percent, as long as
///   the segment is not cut more than a few thousand times. Some tens of microseconds per segment.
///
/// Both run on all cores, and give the same bound with any number of them and on every machine.
pub fn certify_program(
    program: &Program,
    lo: i64,
    hi: i64,
    exhaustive_limit: u64,
) -> Result<Certified, CertifyError> {
    if exhaustive_limit > MAX_EXHAUSTIVE_ARGUMENTS {
        return Err(CertifyError::TooManyArguments {
            arguments: exhaustive_limit.into(),
        });
    }
    // An empty range is refused by either kind.
    let certificate = if lo > hi || hi.abs_diff(lo) < exhaustive_limit {
        Certificate::Exhaustive
    } else {
        Certificate::Interval
    };
    Ok(Certified {
        max_error: recheck_program(program, lo, hi, certificate)?,
        certificate,
    })
}

/// Computes the bound of a kind of certificate from the program alone. See [`certify_program`].
pub fn recheck_program(
    program: &Program,
    lo: i64,
    hi: i64,
    kind: Certificate,
) -> Result<f64, CertifyError> {
    match kind {
        Certificate::Exhaustive => exhaustive::max_error(program, lo, hi),
        Certificate::Interval => interval::max_error(program, lo, hi),
    }
}

impl Certified {
    /// Establishes the claim again for a program and a range. Returns the certified error, at most the stated one.
    pub fn recheck(&self, program: &Program, lo: i64, hi: i64) -> Result<f64, CertifyError> {
        let certified = recheck_program(program, lo, hi, self.certificate)?;
        // Written so that a stated NaN is refused.
        if self.max_error >= certified {
            Ok(certified)
        } else {
            Err(CertifyError::Claim {
                function: program.function,
                stated: self.max_error,
                certified,
            })
        }
    }
}
