//! Finding the coefficients of a program, in double precision.
//!
//! Per segment: the polynomial with the smallest largest error on the segment's integers, by exchanges of one point at a
//! time (E. L. Stiefel, "Numerical methods of Tchebycheff approximation", 1959). Its highest coefficient is rounded, its
//! term is taken away from the function, and what is left is fitted with one degree less: so lower coefficients make up
//! for the rounding of higher ones.

use rayon::prelude::*;

use super::{MAX_SHIFT, Program, ProgramError, check_shape, last_argument, within};
use crate::function::Function;

/// Intervals between the samples of a segment: a multiple of 2, 3 and 4, so that the extrema of the Chebyshev polynomials
/// of these degrees, which errors of degree 1 to 3 look like, are among the samples.
const GAPS: usize = 24;

/// Most exchanges of one fit.
const MAX_EXCHANGES: usize = 60;

/// Rounds in which samples are added where the error is largest between samples.
const ROUNDS: usize = 3;

/// Errors that exceed the levelled one by this part count as level.
const LEVEL: f64 = 1e-6;

/// The shift at which rounded coefficients cost at most a quarter of a unit of the result, whatever the function.
///
/// With `R = d q + 2` the term of degree `d` is off by at most `2^-R / 2 * 2^(d q) = 1/8` of a unit, and the lower ones,
/// which are fitted to what is left, by less in all. A single segment position (`q = 0`) or degree 0 needs no fraction
/// bits beside the two.
pub fn default_shift(degree: usize, segment_bits: u32) -> u32 {
    // A degree beyond the limit is refused elsewhere.
    let degree = u32::try_from(degree).unwrap_or(u32::MAX);
    degree.saturating_mul(segment_bits).saturating_add(2)
}

/// What is wanted of a program: a function between two fixed-point formats on a range of arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProgramRequest {
    /// The function.
    pub function: Function,
    /// Fraction bits of the arguments.
    pub in_scale: u32,
    /// The first argument as an integer.
    pub lo: i64,
    /// The last argument as an integer.
    pub hi: i64,
    /// Fraction bits of the results.
    pub out_scale: u32,
}

/// A program of segments of `2^segment_bits` arguments with polynomials of the given degree.
///
/// There are as many segments as the range needs; the last one may reach beyond `hi`, but is fitted only up to there.
/// `shift` is [`default_shift`] if not given. Coefficients are the best that double precision finds: the error over the
/// program's arguments exceeds the least possible one by a small part of a unit of the result, as long as that unit is
/// not below about `2^-40` of the function's magnitude.
///
/// Nothing is claimed about the error; see [`crate::certify_program`]. The same request gives the same program on every
/// machine and with any number of threads. The cost is some tens of microseconds per segment, on all cores.
///
/// Fails where the function has no finite value, and where coefficients or values need more than 64 bits.
pub fn fit_program(
    request: &ProgramRequest,
    segment_bits: u32,
    degree: usize,
    shift: Option<u32>,
) -> Result<Program, ProgramError> {
    fit_with_error(request, segment_bits, degree, shift).map(|fitted| fitted.program)
}

/// A program, and how good it seems.
pub(crate) struct Fitted {
    pub(crate) program: Program,
    /// The largest error found before the last rounding, in units of the result.
    pub(crate) error: f64,
}

/// As [`fit_program`].
pub(crate) fn fit_with_error(
    request: &ProgramRequest,
    segment_bits: u32,
    degree: usize,
    shift: Option<u32>,
) -> Result<Fitted, ProgramError> {
    let ProgramRequest {
        function,
        in_scale,
        lo,
        hi,
        out_scale,
    } = *request;
    function.validate()?;
    if lo > hi {
        return Err(ProgramError::Empty { function, lo, hi });
    }
    let shift = shift.unwrap_or_else(|| default_shift(degree, segment_bits));
    within("the shift", 0, u64::from(MAX_SHIFT), u64::from(shift))?;
    check_shape(in_scale, out_scale, segment_bits, shift, degree)?;
    let segments = (hi.abs_diff(lo) >> segment_bits).saturating_add(1);
    last_argument(lo, segments, segment_bits)?;
    let unit = libm::scalbn(1.0, -(in_scale as i32));
    // In order, so that the error reported does not depend on scheduling.
    let parts: Vec<Result<Segment, ProgramError>> = (0..segments)
        .into_par_iter()
        .map(|segment| {
            // The segment begins within [lo, hi].
            let base = lo.saturating_add_unsigned(segment << segment_bits);
            let last = hi.abs_diff(base).min((1 << segment_bits) - 1) as i64;
            let value = |t: i64| {
                let n = base + t;
                let x = n as f64 * unit;
                let value = libm::scalbn(function.eval_f64(x), out_scale as i32);
                if value.is_finite() {
                    Ok(value)
                } else {
                    Err(ProgramError::NotFinite { function, n, x })
                }
            };
            let mut samples = Samples::new(&value, last)?;
            samples.refine(&value, degree)?;
            samples
                .round(degree, shift)
                .map_err(|degree| ProgramError::Coefficient {
                    function,
                    segment,
                    degree,
                    out_scale,
                    shift,
                })
        })
        .collect();
    let mut coefficients = Vec::with_capacity(parts.len() * (degree + 1));
    let mut error = 0.0f64;
    for part in parts {
        let part = part?;
        coefficients.extend_from_slice(&part.coefficients);
        error = error.max(part.error);
    }
    let program = Program {
        function,
        in_scale,
        out_scale,
        lo,
        segment_bits,
        shift,
        degree,
        coefficients,
    };
    program.check()?;
    Ok(Fitted { program, error })
}

/// The outcome for one segment.
struct Segment {
    /// Constant coefficient first.
    coefficients: Vec<i64>,
    /// The largest error on the samples.
    error: f64,
}

/// A function at some integers.
struct Samples {
    /// Positions, ascending.
    at: Vec<i64>,
    values: Vec<f64>,
}

/// A polynomial in Newton's form: `c0 + (t - t0) (c1 + (t - t1) (c2 + ...))`.
struct Newton {
    nodes: Vec<f64>,
    coefficients: Vec<f64>,
}

impl Newton {
    fn eval(&self, t: f64) -> f64 {
        let pairs = self.coefficients.iter().zip(&self.nodes).rev();
        pairs.fold(0.0, |sum, (c, node)| c + (t - node) * sum)
    }

    /// The coefficient of the highest power.
    fn leading(&self) -> f64 {
        self.coefficients.last().copied().unwrap_or(0.0)
    }
}

impl Samples {
    /// Samples on `[0, last]`, dense towards the ends as Chebyshev points are.
    fn new(
        value: &impl Fn(i64) -> Result<f64, ProgramError>,
        last: i64,
    ) -> Result<Self, ProgramError> {
        let mut at: Vec<i64> = (0..=GAPS)
            .map(|i| {
                let angle = std::f64::consts::PI * i as f64 / GAPS as f64;
                let place = 0.5 * (1.0 - libm::cos(angle));
                // Below 2^52; the clamp is for the rounding of the product.
                ((place * last as f64).round() as i64).clamp(0, last)
            })
            .collect();
        at.dedup();
        let values = at.iter().map(|&t| value(t)).collect::<Result<_, _>>()?;
        Ok(Samples { at, values })
    }

    /// Adds the integers between samples at which the best polynomial's error is largest.
    fn refine(
        &mut self,
        value: &impl Fn(i64) -> Result<f64, ProgramError>,
        degree: usize,
    ) -> Result<(), ProgramError> {
        for _ in 0..ROUNDS {
            let (best, _) = self.best(degree);
            let off = |t: i64| value(t).map(|value| (value - best.eval(t as f64)).abs());
            let errors: Vec<f64> = (0..self.at.len())
                .map(|i| (self.values[i] - best.eval(self.at[i] as f64)).abs())
                .collect();
            let largest = errors.iter().copied().fold(0.0, f64::max);
            let mut found = Vec::new();
            for (i, &error) in errors.iter().enumerate() {
                let left = i.checked_sub(1);
                let is_peak = left.is_none_or(|left| errors[left] <= error)
                    && errors.get(i + 1).is_none_or(|&right| right <= error);
                // A peak between samples is not much higher than the nearest of them.
                if !is_peak || error < 0.5 * largest {
                    continue;
                }
                let mut low = self.at[left.unwrap_or(i)];
                let mut high = self.at[(i + 1).min(self.at.len() - 1)];
                while high - low > 2 {
                    let third = (high - low) / 3;
                    if off(low + third)? < off(high - third)? {
                        low += third;
                    } else {
                        high -= third;
                    }
                }
                let (mut top, mut height) = (self.at[i], error);
                for t in low..=high {
                    let here = off(t)?;
                    if here > height {
                        (top, height) = (t, here);
                    }
                }
                if height > largest * (1.0 + LEVEL) {
                    found.push(top);
                }
            }
            if found.is_empty() {
                break;
            }
            for t in found {
                if let Err(place) = self.at.binary_search(&t) {
                    self.at.insert(place, t);
                    self.values.insert(place, value(t)?);
                }
            }
        }
        Ok(())
    }

    /// Rounds the coefficients to multiples of `2^-shift`, from the highest on. Fails with the power whose coefficient
    /// does not fit in 64 bits.
    fn round(mut self, degree: usize, shift: u32) -> Result<Segment, usize> {
        let mut coefficients = vec![0i64; degree + 1];
        let mut error = 0.0;
        for power in (0..=degree).rev() {
            let (best, _) = self.best(power);
            let scaled = libm::scalbn(best.leading(), shift as i32).round_ties_even();
            // 2^63 is a double.
            if scaled.is_nan() || scaled.abs() >= libm::scalbn(1.0, 63) {
                return Err(power);
            }
            coefficients[power] = scaled as i64;
            let rounded = libm::scalbn(scaled, -(shift as i32));
            error = 0.0f64;
            for (value, &t) in self.values.iter_mut().zip(&self.at) {
                let term = (0..power).fold(rounded, |term, _| term * t as f64);
                *value -= term;
                error = error.max(value.abs());
            }
        }
        Ok(Segment {
            coefficients,
            error,
        })
    }

    /// The polynomial of the given degree with the smallest largest error on the samples, and that error. Its highest
    /// coefficients are zero where there are too few samples to determine them.
    fn best(&self, degree: usize) -> (Newton, f64) {
        let count = self.at.len();
        let points: Vec<f64> = self.at.iter().map(|&t| t as f64).collect();
        if count <= degree + 1 {
            let mut exact = interpolate(&points, &self.values);
            exact.nodes.resize(degree + 1, 0.0);
            exact.coefficients.resize(degree + 1, 0.0);
            return (exact, 0.0);
        }
        // The samples are spread like Chebyshev points, so equal steps of the index make a good start.
        let mut reference: Vec<usize> = (0..degree + 2)
            .map(|i| i * (count - 1) / (degree + 1))
            .collect();
        let mut best: Option<(Newton, f64)> = None;
        for _ in 0..MAX_EXCHANGES {
            let (polynomial, level) = self.level(&points, &reference);
            let off = |i: usize| self.values[i] - polynomial.eval(points[i]);
            let mut worst = (0, 0.0f64);
            for i in 0..count {
                let here = off(i);
                if here.abs() > worst.1.abs() {
                    worst = (i, here);
                }
            }
            let error = worst.1.abs();
            if best.as_ref().is_none_or(|best| error < best.1) {
                best = Some((polynomial, error));
            }
            if error <= level.abs() * (1.0 + LEVEL) || reference.contains(&worst.0) {
                break;
            }
            exchange(&mut reference, worst.0, (worst.1 < 0.0) == (level < 0.0));
        }
        // At least one exchange was made; without a finite error none of them counted, and the caller sees a NaN.
        best.unwrap_or_else(|| (interpolate(&points[..1], &[f64::NAN]), f64::NAN))
    }

    /// The polynomial whose errors on the reference are equal but for alternating signs, and the first of them.
    fn level(&self, points: &[f64], reference: &[usize]) -> (Newton, f64) {
        let nodes: Vec<f64> = reference.iter().map(|&i| points[i]).collect();
        let values: Vec<f64> = reference.iter().map(|&i| self.values[i]).collect();
        let signs: Vec<f64> = (0..reference.len())
            .map(|i| if i % 2 == 0 { 1.0 } else { -1.0 })
            .collect();
        // A polynomial of lower degree has no highest divided difference, so `values - level * signs` must have none.
        let level = interpolate(&nodes, &values).leading() / interpolate(&nodes, &signs).leading();
        let levelled: Vec<f64> = values
            .iter()
            .zip(&signs)
            .map(|(value, sign)| value - level * sign)
            .collect();
        let fewer = nodes.len() - 1;
        (interpolate(&nodes[..fewer], &levelled[..fewer]), level)
    }
}

/// The polynomial through the given points, by divided differences.
fn interpolate(nodes: &[f64], values: &[f64]) -> Newton {
    let mut coefficients = values.to_vec();
    for step in 1..nodes.len() {
        for i in (step..nodes.len()).rev() {
            coefficients[i] =
                (coefficients[i] - coefficients[i - 1]) / (nodes[i] - nodes[i - step]);
        }
    }
    Newton {
        nodes: nodes.to_vec(),
        coefficients,
    }
}

/// Puts a sample into the reference in place of another, so that errors still alternate. `as_first` says whether its
/// error has the sign of the reference's first.
fn exchange(reference: &mut [usize], sample: usize, as_first: bool) {
    let last = reference.len() - 1;
    let place = reference.partition_point(|&i| i < sample);
    // Whether the error at a place of the reference has the sample's sign.
    let agrees = |place: usize| place.is_multiple_of(2) == as_first;
    if place == 0 {
        if !agrees(0) {
            reference.rotate_right(1);
        }
        reference[0] = sample;
    } else if place > last {
        if !agrees(last) {
            reference.rotate_left(1);
        }
        reference[last] = sample;
    } else if agrees(place) {
        reference[place] = sample;
    } else {
        reference[place - 1] = sample;
    }
}
