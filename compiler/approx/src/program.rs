//! Integer programs of piecewise polynomials: what a circuit evaluates in place of a function.
//!
//! The argument is split into the number of a segment and a position in it, the segment's integer polynomial is evaluated
//! at the position, and one rounding at the end drops the fraction bits that the coefficients have more than the result.

mod extremes;
mod fit;

use thiserror::Error;

use crate::function::{Function, FunctionError};
use crate::rounding::MAX_SCALE;
use extremes::extremes;

pub(crate) use fit::{Fitted, fit_with_error};
pub use fit::{ProgramRequest, default_shift, fit_program};

/// Largest degree of a segment's polynomial.
pub const MAX_PROGRAM_DEGREE: usize = 3;

/// Most segments of a program.
pub const MAX_SEGMENTS: u64 = 1 << 20;

/// Largest [`Program::segment_bits`]: positions in a segment are exact in doubles.
pub const MAX_SEGMENT_BITS: u32 = 52;

/// Largest [`Program::shift`].
pub const MAX_SHIFT: u32 = 110;

/// The sum of the magnitudes of a polynomial's terms stays below this power of two. The room above it is for the
/// differences of the polynomial and for its expansion about another point.
pub(crate) const VALUE_BITS: u32 = 116;

/// A piecewise polynomial on integers.
///
/// With `q = segment_bits`, `R = shift` and `N` segments, the value on an integer `n` in `[lo, lo + N 2^q)` is
///
/// ```text
/// i = (n - lo) >> q        t = (n - lo) mod 2^q
/// V = c0[i] + c1[i] t + ... + cd[i] t^d
/// y = floor((V + 2^(R-1)) / 2^R)        (y = V for R = 0)
/// ```
///
/// and `y * 2^-out_scale` stands for `function(n * 2^-in_scale)`. So midpoints are rounded up, once. How well the one
/// stands for the other is for [`crate::certify_program`] to say; the fields are plain data and claim nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The function that is approximated.
    pub function: Function,
    /// Fraction bits of the arguments.
    pub in_scale: u32,
    /// Fraction bits of the results.
    pub out_scale: u32,
    /// The first argument as an integer.
    pub lo: i64,
    /// `q`: a segment has `2^q` arguments.
    pub segment_bits: u32,
    /// `R`: fraction bits that the coefficients have more than the results.
    pub shift: u32,
    /// The degree of all segments' polynomials.
    pub degree: usize,
    /// `degree + 1` coefficients per segment, the constant one first.
    pub coefficients: Vec<i64>,
}

/// The smallest and largest values that a program takes, both reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProgramBounds {
    /// Of the polynomials, before the shift.
    pub polynomial: (i128, i128),
    /// Of the results.
    pub result: (i64, i64),
}

/// Why a program was refused, or could not be made.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ProgramError {
    /// A number is out of range.
    #[error("{what} must be from {min} to {max}, found {found}")]
    Limit {
        /// Which number.
        what: &'static str,
        /// The smallest it may be.
        min: u64,
        /// The largest it may be.
        max: u64,
        /// The number as given.
        found: u64,
    },
    /// The number of coefficients is not a multiple of that of one segment.
    #[error("a program of degree {degree} has {} coefficients per segment, found {found} in all", .degree + 1)]
    Length {
        /// The degree of the polynomials.
        degree: usize,
        /// Coefficients given.
        found: usize,
    },
    /// A range holds no integer.
    #[error("the range of `{function}` is empty: from {lo} to {hi}")]
    Empty {
        /// The function.
        function: Function,
        /// The first argument as given.
        lo: i64,
        /// The last argument as given.
        hi: i64,
    },
    /// The last segment ends beyond the 64-bit integers.
    #[error(
        "{segments} segments of 2^{segment_bits} arguments from {lo} on end beyond 64-bit integers"
    )]
    Domain {
        /// The first argument.
        lo: i64,
        /// How many segments.
        segments: u64,
        /// Bits of the position in a segment.
        segment_bits: u32,
    },
    /// A range is not covered by the program.
    #[error("the program is for arguments from {lo} to {hi}, found {from} to {to}")]
    Outside {
        /// The program's first argument.
        lo: i64,
        /// Its last argument.
        hi: i64,
        /// The first argument as given.
        from: i64,
        /// The last argument as given.
        to: i64,
    },
    /// The terms of a polynomial are too large to add in 128-bit integers, or its results do not fit in 64 bits.
    #[error("the values of segment {segment} are too large; use a smaller shift or output scale")]
    TooLarge {
        /// The segment, from 0.
        segment: u64,
    },
    /// A coefficient does not fit in 64 bits.
    #[error(
        "the coefficient of degree {degree} of segment {segment} of `{function}` does not fit in 64 bits at scale {out_scale} + {shift}; use shorter segments or a smaller scale"
    )]
    Coefficient {
        /// The function.
        function: Function,
        /// The segment, from 0.
        segment: u64,
        /// The power that goes with the coefficient.
        degree: usize,
        /// Fraction bits of the results.
        out_scale: u32,
        /// Further fraction bits of the coefficients.
        shift: u32,
    },
    /// The function has no finite value in doubles at an argument.
    #[error("`{function}` has no finite value at {x} (the integer {n}); leave the point out")]
    NotFinite {
        /// The function.
        function: Function,
        /// The argument as an integer.
        n: i64,
        /// The argument.
        x: f64,
    },
    /// The function's parameters are not usable.
    #[error(transparent)]
    Function(#[from] FunctionError),
}

impl Program {
    /// How many segments the coefficients are for.
    pub fn segments(&self) -> u64 {
        (self.coefficients.len() / (self.degree.saturating_add(1))) as u64
    }

    /// The first and the last argument. Fails if the program's shape is wrong; looks at no coefficient.
    pub fn domain(&self) -> Result<(i64, i64), ProgramError> {
        self.function.validate()?;
        check_shape(
            self.in_scale,
            self.out_scale,
            self.segment_bits,
            self.shift,
            self.degree,
        )?;
        if !self.coefficients.len().is_multiple_of(self.degree + 1) {
            return Err(ProgramError::Length {
                degree: self.degree,
                found: self.coefficients.len(),
            });
        }
        last_argument(self.lo, self.segments(), self.segment_bits).map(|hi| (self.lo, hi))
    }

    /// Checks the shape, and that no argument leads out of 128-bit integers on the way or out of 64-bit ones at the end.
    pub fn check(&self) -> Result<(), ProgramError> {
        self.bounds().map(|_| ())
    }

    /// The value on an argument: the integer `y` above. Nothing outside the domain, or where a program that
    /// [`Program::check`] refuses leads out of range.
    pub fn eval(&self, n: i64) -> Option<i64> {
        // In 128 bits the difference always exists.
        let offset = u128::try_from(i128::from(n) - i128::from(self.lo)).ok()?;
        let segment = usize::try_from(offset.checked_shr(self.segment_bits)?).ok()?;
        let mask = 1u128.checked_shl(self.segment_bits)? - 1;
        let from = segment.checked_mul(self.degree.checked_add(1)?)?;
        let coefficients = self.coefficients.get(from..)?.get(..=self.degree)?;
        let position = i128::try_from(offset & mask).ok()?;
        let value = horner(coefficients, position)?;
        i64::try_from(self.rounded(value)?).ok()
    }

    /// The smallest and largest values over the whole domain, exactly.
    pub fn bounds(&self) -> Result<ProgramBounds, ProgramError> {
        let (lo, hi) = self.domain()?;
        self.bounds_on(lo, hi)
    }

    /// The smallest and largest values on the arguments from `from` to `to`, exactly.
    ///
    /// Fails if these are not arguments of the program, or if a value on them is too large.
    pub fn bounds_on(&self, from: i64, to: i64) -> Result<ProgramBounds, ProgramError> {
        let mut polynomial = (i128::MAX, i128::MIN);
        let mut result = (i64::MAX, i64::MIN);
        for part in self.parts(from, to)? {
            let (least, greatest) = extremes(part.coefficients, part.from, part.to);
            let too_large = ProgramError::TooLarge {
                segment: part.segment,
            };
            // The rounding keeps the order.
            let ends = [least, greatest].map(|value| {
                let rounded = self.rounded(value)?;
                i64::try_from(rounded).ok()
            });
            let [Some(low), Some(high)] = ends else {
                return Err(too_large);
            };
            polynomial = (polynomial.0.min(least), polynomial.1.max(greatest));
            result = (result.0.min(low), result.1.max(high));
        }
        Ok(ProgramBounds { polynomial, result })
    }

    /// The segments that hold arguments from `from` to `to`, cut to those. All their polynomials are within [`VALUE_BITS`].
    pub(crate) fn parts(&self, from: i64, to: i64) -> Result<Vec<Part<'_>>, ProgramError> {
        let (lo, hi) = self.domain()?;
        if from > to {
            return Err(ProgramError::Empty {
                function: self.function,
                lo: from,
                hi: to,
            });
        }
        if from < lo || to > hi {
            return Err(ProgramError::Outside { lo, hi, from, to });
        }
        let first = from.abs_diff(lo) >> self.segment_bits;
        let last = to.abs_diff(lo) >> self.segment_bits;
        (first..=last)
            .map(|segment| {
                // Not below zero nor above 2^64; the domain ends within 64 bits.
                let base = i128::from(lo) + (i128::from(segment) << self.segment_bits);
                let end = base + (1i128 << self.segment_bits) - 1;
                let width = self.degree + 1;
                // There are as many segments as sets of coefficients.
                let at = segment as usize * width;
                let part = Part {
                    segment,
                    coefficients: &self.coefficients[at..at + width],
                    base,
                    from: (i128::from(from) - base).max(0),
                    to: i128::from(to).min(end) - base,
                };
                if part.is_small(self.segment_bits) {
                    Ok(part)
                } else {
                    Err(ProgramError::TooLarge { segment })
                }
            })
            .collect()
    }

    /// `floor((value + 2^(R-1)) / 2^R)`; nothing on overflow.
    fn rounded(&self, value: i128) -> Option<i128> {
        let Some(place) = self.shift.checked_sub(1) else {
            return Some(value);
        };
        let half = 1i128.checked_shl(place).filter(|&half| half > 0)?;
        value.checked_add(half)?.checked_shr(self.shift)
    }
}

/// A segment of a program, or a part of one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<'a> {
    /// The number of the segment.
    pub(crate) segment: u64,
    /// Its coefficients.
    pub(crate) coefficients: &'a [i64],
    /// The argument at which the position is 0.
    pub(crate) base: i128,
    /// The first position.
    pub(crate) from: i128,
    /// The last position.
    pub(crate) to: i128,
}

impl Part<'_> {
    /// Whether the magnitudes of the terms at `2^segment_bits` add up to less than `2^VALUE_BITS`.
    fn is_small(&self, segment_bits: u32) -> bool {
        let mut sum = 0u128;
        for (&coefficient, power) in self.coefficients.iter().zip(0u32..) {
            let magnitude = u128::from(coefficient.unsigned_abs());
            // At most 3 * 52.
            let places = power * segment_bits;
            if magnitude != 0 && (places > VALUE_BITS || magnitude >> (VALUE_BITS - places) != 0) {
                return false;
            }
            // Each term is below 2^VALUE_BITS, and there are four at most.
            sum += if magnitude == 0 {
                0
            } else {
                magnitude << places
            };
        }
        sum >> VALUE_BITS == 0
    }
}

/// The value of a polynomial, constant coefficient first; nothing on overflow.
fn horner(coefficients: &[i64], position: i128) -> Option<i128> {
    coefficients.iter().rev().try_fold(0i128, |sum, &c| {
        sum.checked_mul(position)?.checked_add(i128::from(c))
    })
}

/// Checks the numbers that make up a program's shape.
fn check_shape(
    in_scale: u32,
    out_scale: u32,
    segment_bits: u32,
    shift: u32,
    degree: usize,
) -> Result<(), ProgramError> {
    within("the input scale", 0, u64::from(MAX_SCALE), in_scale.into())?;
    within(
        "the output scale",
        0,
        u64::from(MAX_SCALE),
        out_scale.into(),
    )?;
    within(
        "the bits of a segment",
        0,
        u64::from(MAX_SEGMENT_BITS),
        segment_bits.into(),
    )?;
    within("the shift", 0, u64::from(MAX_SHIFT), shift.into())?;
    within("the degree", 0, MAX_PROGRAM_DEGREE as u64, degree as u64)
}

pub(crate) fn within(
    what: &'static str,
    min: u64,
    max: u64,
    found: u64,
) -> Result<(), ProgramError> {
    if (min..=max).contains(&found) {
        Ok(())
    } else {
        Err(ProgramError::Limit {
            what,
            min,
            max,
            found,
        })
    }
}

/// The last argument of so many segments.
fn last_argument(lo: i64, segments: u64, segment_bits: u32) -> Result<i64, ProgramError> {
    within("the number of segments", 1, MAX_SEGMENTS, segments)?;
    // Below 2^20 segments of below 2^53 arguments each.
    let length = i128::from(segments) << segment_bits;
    i64::try_from(i128::from(lo) + length - 1).map_err(|_| ProgramError::Domain {
        lo,
        segments,
        segment_bits,
    })
}
