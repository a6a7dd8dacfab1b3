//! Best piecewise polynomials, with uniform or free knots, not necessarily continuous.

use super::error::FitError;
use super::exchange::QUICK;
use super::extrema::{largest, local_extrema, samples};
use super::remez::best_on;
use super::target::{Measured, Target};
use crate::polynomial::{Basis, Polynomial};

/// Largest degree of a piece.
pub const MAX_PIECE_DEGREE: usize = 7;

/// Most pieces of a fit.
pub const MAX_PIECES: usize = 1 << 16;

/// Free knots are moved until the last piece lacks no more than this part of the error's root.
const BALANCE: f64 = 2e-4;

/// A knot is placed so that the error before it agrees to this part with the one wanted.
const KNOT: f64 = 1e-6;

/// Most steps towards a knot, and towards the common error.
const MAX_STEPS: usize = 80;

/// Samples per gap in the measurement of a piece, and points for its mean error.
const MEASURE: usize = 12;
const MEAN_POINTS: usize = 32;

/// Polynomials on consecutive intervals. Values at an inner knot belong to the piece on its right.
#[derive(Clone, Debug, PartialEq)]
pub struct PiecewiseFit {
    /// The ends of the pieces, one more than there are pieces.
    pub knots: Vec<f64>,
    /// The pieces, each in the Chebyshev basis of its interval.
    pub pieces: Vec<Polynomial>,
    /// The largest error of each piece.
    pub errors: Vec<f64>,
    /// The errors over the whole domain.
    pub measured: Measured,
}

impl PiecewiseFit {
    /// The value at `x`, by the first or last piece outside the domain.
    pub fn eval(&self, x: f64) -> f64 {
        // The first knot is no inner one, nor is the last.
        let inner = &self.knots[1..self.pieces.len()];
        self.pieces[inner.partition_point(|&knot| knot <= x)].eval(x)
    }

    /// The pieces as polynomials of the distance from their left knots, in powers of it.
    pub fn from_left_knots(&self) -> Result<Vec<Polynomial>, FitError> {
        self.pieces
            .iter()
            .map(|piece| {
                let (lo, hi) = piece.domain();
                let moved = Polynomial::new(
                    Basis::Chebyshev,
                    0.0,
                    hi - lo,
                    piece.coefficients().to_vec(),
                )?;
                Ok(moved.to_basis(Basis::Monomial)?)
            })
            .collect()
    }
}

/// The best polynomial of the given degree on each of `count` intervals of equal length.
///
/// The domain must be one interval. For a smooth function the error is about
/// `max |f^(d+1)| h^(d+1) / (2^(2d+1) (d+1)!)` with `h` the length of a piece.
pub fn uniform_pieces(
    target: &Target<'_>,
    degree: usize,
    count: usize,
) -> Result<PiecewiseFit, FitError> {
    let (lo, hi) = request(target, degree, count)?;
    let knots = (0..=count)
        .map(|i| {
            if i == count {
                hi
            } else {
                lo + (hi - lo) * (i as f64 / count as f64)
            }
        })
        .collect();
    assemble(target, degree, knots)
}

/// The best polynomials of the given degree on at most `count` intervals, with the knots where they make the largest
/// error smallest.
///
/// The domain must be one interval. All pieces then have the same error up to one part in a thousand, but for the last
/// one, which may have less where a piece with an inflection can be lengthened at no cost. There are fewer than `count`
/// pieces only where one more would not lower the error, or where fewer reach the rounding noise of doubles.
///
/// The knots for one error are found greedily from the left, each piece as long as the error allows, so that fewer
/// pieces would not do; the error is adjusted until they are as many as asked for. That equal errors are best:
/// C. L. Lawson, "Characteristic properties of the segmented rational minmax approximation problem", 1964.
pub fn free_pieces(
    target: &Target<'_>,
    degree: usize,
    count: usize,
) -> Result<PiecewiseFit, FitError> {
    let (lo, hi) = request(target, degree, count)?;
    let order = (degree + 1) as f64;
    // Not zero, where the function is: errors are divided by it.
    let noise = target.noise().max(f64::MIN_POSITIVE);
    // Where the density of knots varies slowly, the roots of the errors of uniform pieces add up to that of the balanced error.
    let uniform = uniform_pieces(target, degree, count)?;
    let roots: f64 = uniform.errors.iter().map(|&e| root(e, order)).sum();
    let mut error = libm::pow(roots / count as f64, order).max(noise);
    let (mut too_small, mut too_large) = (0.0f64, f64::INFINITY);
    let wanted = count as f64;
    let mut knots = uniform.knots;
    let mut push = KNOT;
    for step in 0..MAX_STEPS {
        let walk = walk(target, degree, (lo, hi), error, 2 * count)?;
        let off = walk.pieces - wanted;
        let enough = walk.knots.len() <= count;
        if enough {
            knots = walk.knots;
            knots.push(hi);
            too_large = too_large.min(error);
        } else {
            too_small = too_small.max(error);
        }
        // The number of pieces may jump: where a piece has an inflection, its error stays the same for a while as the
        // piece grows. Then the bracket closes without the number being met.
        if enough && (off >= -BALANCE || error <= noise) || too_large / too_small <= 1.0 + KNOT {
            break;
        }
        // The number of pieces goes with the error's root of the order, roughly: steps towards a side not seen yet
        // grow, and every third one halves the bracket.
        let factor = libm::pow(walk.pieces / (wanted - 0.5 * BALANCE), order);
        push = (4.0 * push).min(0.5);
        let next = if too_large.is_infinite() {
            error * factor.max(1.0 + push)
        } else if too_small == 0.0 {
            error * factor.min(1.0 - push)
        } else {
            error * factor
        };
        error = if step % 3 == 2 && too_small > 0.0 && too_large.is_finite()
            || next <= too_small
            || next >= too_large
        {
            (too_small * too_large).sqrt()
        } else {
            next
        }
        .max(noise);
    }
    assemble(target, degree, knots)
}

/// The root of an error that goes with a piece's length, by a function that is the same on every platform.
fn root(error: f64, order: f64) -> f64 {
    libm::pow(error, 1.0 / order)
}

/// Checks a request and returns the domain's ends.
fn request(target: &Target<'_>, degree: usize, count: usize) -> Result<(f64, f64), FitError> {
    let within = |what, min, max, found| {
        if (min..=max).contains(&found) {
            Ok(())
        } else {
            Err(FitError::Count {
                what,
                min,
                max,
                found,
            })
        }
    };
    within("the degree of pieces", 0, MAX_PIECE_DEGREE, degree)?;
    within("the number of pieces", 1, MAX_PIECES, count)?;
    let intervals = target.domain().intervals();
    within("the number of intervals to cut", 1, 1, intervals.len())?;
    let (lo, hi) = intervals[0];
    // A piece must have room for samples, as a domain must.
    super::domain::Domain::new(hi - (hi - lo) / count as f64, hi)?;
    Ok((lo, hi))
}

/// Fits each piece and measures all of them.
fn assemble(target: &Target<'_>, degree: usize, knots: Vec<f64>) -> Result<PiecewiseFit, FitError> {
    let mut pieces = Vec::with_capacity(knots.len() - 1);
    let mut errors = Vec::with_capacity(knots.len() - 1);
    let (mut max_error, mut max_at) = (0.0, knots[0]);
    let mut area = 0.0;
    for ends in knots.windows(2) {
        let (lo, hi) = (ends[0], ends[1]);
        let (piece, _) = best_on(target, (lo, hi), degree, QUICK)?;
        let error = |x: f64| target.weight(x) * (target.value(x) - piece.eval(x));
        let points = samples(&[(lo, hi)], target.breaks(), MEASURE * (degree + 2));
        let worst = largest(&local_extrema(&error, &points));
        let (at, worst) = worst.map_or((lo, 0.0), |worst| (worst.x, worst.value.abs()));
        if worst > max_error {
            (max_error, max_at) = (worst, at);
        }
        let points = (0..MEAN_POINTS).map(|i| (i as f64 + 0.5) / MEAN_POINTS as f64);
        let sum: f64 = points.map(|t| error(lo + (hi - lo) * t).abs()).sum();
        area += sum / MEAN_POINTS as f64 * (hi - lo);
        pieces.push(piece);
        errors.push(worst);
    }
    let mean_error = area / (knots[knots.len() - 1] - knots[0]);
    Ok(PiecewiseFit {
        knots,
        pieces,
        errors,
        measured: Measured {
            max_error,
            max_at,
            mean_error,
        },
    })
}

/// Knots from the left for one error.
struct Walk {
    /// The left ends of the pieces.
    knots: Vec<f64>,
    /// How many pieces that are, the last one counted by the part of a full one that it has.
    pieces: f64,
}

/// Places knots from the left so that each piece has the given error, up to the right end or to `most` pieces.
fn walk(
    target: &Target<'_>,
    degree: usize,
    (lo, hi): (f64, f64),
    error: f64,
    most: usize,
) -> Result<Walk, FitError> {
    let mut knots = vec![lo];
    let mut from = lo;
    let mut length = (hi - lo) / most as f64;
    loop {
        match reach(target, degree, (from, hi), error, length)? {
            Reach::End { found } => {
                let part = root(found / error, (degree + 1) as f64);
                let pieces = (knots.len() - 1) as f64 + part.min(1.0);
                return Ok(Walk { knots, pieces });
            }
            Reach::Knot(knot) => {
                if knots.len() >= most {
                    // Far too many; how many exactly does not matter.
                    let pieces = knots.len() as f64 * (hi - lo) / (knot - lo);
                    return Ok(Walk { knots, pieces });
                }
                knots.push(knot);
                length = knot - from;
                from = knot;
            }
        }
    }
}

enum Reach {
    /// The piece up to the right end has this error, which is not above the one wanted.
    End { found: f64 },
    /// The piece up to here has the error wanted.
    Knot(f64),
}

/// The right end of a piece of the given error, looked for from the given length on.
fn reach(
    target: &Target<'_>,
    degree: usize,
    (from, hi): (f64, f64),
    error: f64,
    length: f64,
) -> Result<Reach, FitError> {
    let order = (degree + 1) as f64;
    // Relative to where it begins: next to zero a piece may be very short, and at a root's branch point must be.
    let narrowest = 1e-9 * from.abs().max(1e-9 * hi.abs());
    let measure = |length: f64| -> Result<f64, FitError> {
        let end = if from + length < hi {
            from + length
        } else {
            hi
        };
        Ok(best_on(target, (from, end), degree, QUICK)?.1)
    };
    let whole = hi - from;
    let mut length = length.min(whole);
    // Lengths and errors on either side of the one wanted.
    let mut short: Option<(f64, f64)> = None;
    let mut long = short;
    let mut push = KNOT;
    for step in 0..MAX_STEPS {
        let found = measure(length)?;
        push = (4.0 * push).min(0.5);
        let ratio = found / error;
        if (ratio - 1.0).abs() <= KNOT && length < whole {
            break;
        }
        if ratio <= 1.0 {
            if length >= whole {
                return Ok(Reach::End { found });
            }
            short = Some((length, ratio));
        } else {
            long = Some((length, ratio));
        }
        let next = match (short, long) {
            // The error goes with the length to the order, or to a higher power where a derivative vanishes. Across an
            // inflection it does not change at all for a while, hence steps that grow.
            (_, None) => length * libm::pow(ratio, -1.0 / order).clamp(1.0 + push, 4.0),
            (None, _) => length * libm::pow(ratio, -1.0 / order).clamp(0.25, 1.0 - push),
            (Some((short, below)), Some((long, above))) => {
                if long - short <= narrowest.min(KNOT * short) {
                    length = short;
                    break;
                }
                let is_inside = |length: &f64| *length > short && *length < long;
                let mut breaks = target.breaks().iter().map(|at| at - from);
                // A straight line through the logarithms, or halves where that does not close in.
                let slope = libm::log(above / below) / libm::log(long / short);
                let straight = short * libm::exp(-libm::log(below) / slope);
                // A kink is a good place for a knot, and not easily met by chance.
                if let Some(kink) = breaks.find(is_inside) {
                    kink
                } else if below > 0.0 && step % 4 != 3 && is_inside(&straight) {
                    straight
                } else {
                    0.5 * (short + long)
                }
            }
        };
        length = next.min(whole);
        if length < narrowest {
            // At a jump of the slope any length may be too long; the smallest one has to do.
            length = narrowest;
            break;
        }
    }
    if from + length >= hi {
        return Ok(Reach::End { found: error });
    }
    Ok(Reach::Knot(from + length))
}
