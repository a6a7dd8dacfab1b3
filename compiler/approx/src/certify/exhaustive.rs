//! Every argument on its own.

use rayon::prelude::*;

use super::{CertifyError, MAX_EXHAUSTIVE_ARGUMENTS};
use crate::dyadic::Dyadic;
use crate::elementary::{Elementary, SHORT};
use crate::enclosure::{MAX_PRECISION, bound};
use crate::interval::Failure;
use crate::long::Long;
use crate::number::{Direction, Number};
use crate::program::Program;

/// Arguments that one task looks at.
const CHUNK: i64 = 256;

/// The largest error on the arguments from `lo` to `hi`, rounded up.
pub(super) fn max_error(program: &Program, lo: i64, hi: i64) -> Result<f64, CertifyError> {
    // Checks the range and that every value on it exists.
    program.bounds_on(lo, hi)?;
    let arguments = u128::from(hi.abs_diff(lo)) + 1;
    if arguments > u128::from(MAX_EXHAUSTIVE_ARGUMENTS) {
        return Err(CertifyError::TooManyArguments { arguments });
    }
    // In order, so that the error reported does not depend on scheduling.
    let parts: Vec<Result<f64, CertifyError>> = (0..=(hi - lo) / CHUNK)
        .into_par_iter()
        .map(|chunk| {
            let first = lo + chunk * CHUNK;
            let last = hi.min(first.saturating_add(CHUNK - 1));
            (first..=last).try_fold(0.0f64, |error, n| Ok(error.max(error_at(program, n)?)))
        })
        .collect();
    parts
        .into_iter()
        .try_fold(0.0f64, |error, part| Ok(error.max(part?)))
}

/// The error at one argument of the program, rounded up.
pub(super) fn error_at(program: &Program, n: i64) -> Result<f64, CertifyError> {
    let function = program.function;
    let argument = Dyadic::from_scaled(n.into(), program.in_scale);
    let x = argument.to_f64(Direction::Down);
    if !function.is_defined_at(&argument) {
        return Err(CertifyError::Undefined { function, n, x });
    }
    let unbounded = CertifyError::Unbounded { function, n, x };
    let Some(value) = program.eval(n) else {
        return Err(unbounded);
    };
    let mut outcome = difference(&*SHORT, program, n, value);
    let mut precision = 256;
    while outcome == Err(Failure::Imprecise) && precision <= MAX_PRECISION {
        outcome = difference(&Elementary::<Long>::new(precision), program, n, value);
        precision *= 2;
    }
    outcome.map_err(|_| unbounded)
}

/// At least the distance from `value * 2^-out_scale` to the function at `n`.
fn difference<N: Number>(
    e: &Elementary<N>,
    program: &Program,
    n: i64,
    value: i64,
) -> Result<f64, Failure> {
    let bounds = bound(e, &program.function, n.into(), program.in_scale)?.interval;
    let value = N::from_integer(value.into(), e.precision()).scale(-i64::from(program.out_scale));
    let below = value.subtract(&bounds.lower, Direction::Up);
    let above = bounds.upper.subtract(&value, Direction::Up);
    Ok(below.larger(&above).to_f64(Direction::Up))
}
