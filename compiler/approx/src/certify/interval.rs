//! Segment by segment, by Taylor expansions with interval coefficients.
//!
//! On arguments around a middle `m` with `x = m + r u`, `u` in `[-1, 1]`, Taylor's theorem gives
//! `f(x) = sum_(k<K) a_k r^k u^k + a_K(z) r^K u^K` with `a_k = f^(k)(m) / k!` and some `z` between `m` and `x`. Jets
//! enclose the `a_k`, and `a_K(z)` over all arguments. The program's polynomial in `u` minus the Taylor polynomial is a
//! polynomial whose range is bounded in Bernstein form; the remainder and the rounding of the result are added.
//! So no argument is left out, and nothing is sampled. The same idea as in S. Chevillard, J. Harrison, M. Joldes,
//! C. Lauter, "Efficient and accurate computation of upper bounds of approximation errors", 2011.

use rayon::prelude::*;

use super::CertifyError;
use super::exhaustive::error_at;
use crate::bernstein::range;
use crate::dyadic::Dyadic;
use crate::elementary::{Elementary, SHORT};
use crate::enclosure::bound;
use crate::interval::{Failure, Interval};
use crate::jet::{Arguments, taylor};
use crate::number::{Direction, Number};
use crate::program::{Part, Program};

/// Terms of the Taylor polynomials, at most, beside those up to the program's degree.
const FURTHER_TERMS: usize = 4;

/// Remainders, and what the range is too wide, may be this part (`2^PART`) of the whole bound; otherwise the
/// arguments are halved.
const PART: i64 = -7;

/// A part so small (`2^NOTHING` units of the result) does not matter in any case.
const NOTHING: i64 = -40;

/// Stretches with no more arguments than this are not expanded: each argument is looked at.
const SINGLE: i128 = 16;

/// Stretches into which a segment may be cut. Beyond, a bound that is not close is accepted, and a stretch without
/// an expansion is an error.
const MAX_STRETCHES: usize = 4096;

/// A bound of the largest error on the arguments from `lo` to `hi`.
pub(super) fn max_error(program: &Program, lo: i64, hi: i64) -> Result<f64, CertifyError> {
    // Checks the range and that every value on it exists.
    program.bounds_on(lo, hi)?;
    let parts = program.parts(lo, hi)?;
    // In order, so that the error reported does not depend on scheduling.
    let errors: Vec<Result<f64, CertifyError>> = parts
        .par_iter()
        .map(|part| part_error(program, part))
        .collect();
    errors
        .into_iter()
        .try_fold(0.0f64, |error, part| Ok(error.max(part?)))
}

/// A bound of the largest error on a part of a segment.
fn part_error(program: &Program, part: &Part<'_>) -> Result<f64, CertifyError> {
    // All within the program's domain, so the casts keep them.
    let argument = |position: i128| (part.base + position) as i64;
    for n in [argument(part.from), argument(part.to)] {
        let at = Dyadic::from_scaled(n.into(), program.in_scale);
        if !program.function.is_defined_at(&at) {
            return Err(CertifyError::Undefined {
                function: program.function,
                n,
                x: at.to_f64(Direction::Down),
            });
        }
    }
    let mut error = 0.0f64;
    let mut open = vec![(part.from, part.to)];
    let mut stretches = 1;
    while let Some((from, to)) = open.pop() {
        if to - from < SINGLE {
            for position in from..=to {
                error = error.max(error_at(program, argument(position))?);
            }
            continue;
        }
        let stretch = Part { from, to, ..*part };
        let may_cut = stretches < MAX_STRETCHES;
        match stretch_error(&*SHORT, program, &stretch) {
            Ok(found) if found.is_close || !may_cut => error = error.max(found.error),
            Err(_) if !may_cut => {
                return Err(CertifyError::NoExpansion {
                    function: program.function,
                    from: argument(from),
                    to: argument(to),
                });
            }
            _ => {
                let middle = from + (to - from) / 2;
                open.push((middle + 1, to));
                open.push((from, middle));
                stretches += 1;
            }
        }
    }
    Ok(error)
}

/// A bound of the error on a stretch.
struct StretchError {
    error: f64,
    /// Whether fewer arguments would not give a much smaller bound.
    is_close: bool,
}

/// Fails where the function has no expansion that can be bounded.
fn stretch_error<N: Number>(
    e: &Elementary<N>,
    program: &Program,
    stretch: &Part<'_>,
) -> Result<StretchError, Failure> {
    let function = &program.function;
    let order = program.degree + FURTHER_TERMS;
    let (first, last) = (stretch.base + stretch.from, stretch.base + stretch.to);
    let whole = Arguments {
        from: first,
        to: last,
        scale: program.in_scale,
    };
    // Twice the middle is an integer.
    let middle = Arguments {
        from: first + last,
        to: first + last,
        scale: program.in_scale + 1,
    };
    let over_all = taylor(e, function, whole, order)?;
    let at_middle = taylor(e, function, middle, order - 1)?;
    let value = bound(e, function, middle.from, middle.scale)?.interval;
    // Everything from here on is in units of the result: the powers of u in the difference program - function.
    let width = e.integer(last - first);
    let radius = width.scale(-i64::from(program.in_scale) - 1);
    let mut terms = expand(e, stretch, program.shift);
    terms.resize(order, e.integer(0));
    let unit = i64::from(program.out_scale);
    terms[0] = terms[0].minus(&value.scale(unit));
    let mut power = radius.clone();
    for (term, coefficient) in terms[1..].iter_mut().zip(&at_middle) {
        *term = term.minus(&coefficient.times(&power).scale(unit));
        power = power.times(&radius);
    }
    let remainder = over_all[order - 1].times(&power).scale(unit).magnitude();
    let (rounding_down, rounding_up): (N, N) =
        rounding(stretch.coefficients, program.shift, e.precision());
    let part = N::from_parts(false, 1, PART, e.precision());
    let nothing = N::from_parts(false, 1, NOTHING, e.precision());
    let slack = rounding_up.scale(PART).add(&nothing, Direction::Down);
    let range = range(&terms, &slack, &part);
    let above = range.upper.add(&rounding_up, Direction::Up);
    let below = rounding_down.subtract(&range.lower, Direction::Up);
    let error = above.larger(&below).add(&remainder, Direction::Up);
    let is_small = |number: &N| {
        let allowed = error.scale(PART).add(&nothing, Direction::Down);
        number.compare(&allowed).is_le()
    };
    Ok(StretchError {
        is_close: is_small(&remainder),
        error: error.scale(-unit).to_f64(Direction::Up),
    })
}

/// The polynomial of a stretch divided by `2^shift`, by powers of `u` in `[-1, 1]`.
fn expand<N: Number>(e: &Elementary<N>, stretch: &Part<'_>, shift: u32) -> Vec<Interval<N>> {
    // Position = middle + half u. Both are integers or halves of them, so that all this is exact but for the largest values.
    let middle = e.integer(stretch.from + stretch.to).scale(-1);
    let half = e.integer(stretch.to - stretch.from).scale(-1);
    let mut powers: Vec<Interval<N>> = Vec::with_capacity(stretch.coefficients.len());
    for &coefficient in stretch.coefficients.iter().rev() {
        // Horner's scheme: times (middle + half u), plus a coefficient.
        let lifted: Vec<Interval<N>> = powers.iter().map(|power| power.times(&half)).collect();
        for power in &mut powers {
            *power = power.times(&middle);
        }
        powers.push(e.integer(0));
        for (power, lifted) in powers[1..].iter_mut().zip(&lifted) {
            *power = power.plus(lifted);
        }
        powers[0] = powers[0].plus(&e.integer(coefficient.into()));
    }
    powers
        .iter()
        .map(|power| power.scale(-i64::from(shift)))
        .collect()
}

/// By how much rounding the result may lower and raise it, in units of the result.
///
/// `floor(v + 1/2)` is at most 1/2 above `v`. As `v` is a multiple of `2^-s`, it is at most `1/2 - 2^-s` below, and neither
/// for `s = 0`: `s` is the program's shift, less the zeros at which all coefficients end.
fn rounding<N: Number>(coefficients: &[i64], shift: u32, precision: u32) -> (N, N) {
    let bits = coefficients.iter().fold(0, |bits, &c| bits | c);
    let places = shift.saturating_sub(bits.trailing_zeros());
    if places == 0 || bits == 0 {
        return (N::from_integer(0, precision), N::from_integer(0, precision));
    }
    let half = N::from_parts(false, 1, -1, precision);
    let step = N::from_parts(false, 1, -i64::from(places), precision);
    (half.subtract(&step, Direction::Up), half)
}
