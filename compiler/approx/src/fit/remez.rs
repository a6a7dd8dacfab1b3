//! Best polynomials by the Remez exchange.

use super::domain::Domain;
use super::error::FitError;
use super::exchange::{Curve, Effort, Exchanged, Family, THOROUGH, exchange};
use super::extrema::samples;
use super::linear::{fekete_points, solve};
use super::target::{Measured, Parity, Target};
use crate::polynomial::{Basis, Polynomial};

/// Largest degree of a polynomial to be found.
pub const MAX_DEGREE: usize = 200;

/// The found error may exceed the best possible one by this part.
pub(super) const CONVERGED: f64 = 1e-4;

/// Candidates for the first reference, per point of it.
const CANDIDATES: usize = 12;

/// A best polynomial and its error.
#[derive(Clone, Debug, PartialEq)]
pub struct PolynomialFit {
    /// The polynomial, in the Chebyshev basis of the domain's hull (of `[-b, b]` for an even or odd polynomial on one side of zero).
    pub polynomial: Polynomial,
    /// Its errors, measured after all rounding of the coefficients.
    pub measured: Measured,
    /// The levelled error of the last exchange: up to rounding, no polynomial of this degree has a smaller largest
    /// error (de la Vallée Poussin).
    pub lower_bound: f64,
    /// How many exchanges were made.
    pub exchanges: usize,
}

/// The polynomial of at most the given degree with the smallest largest weighted error.
///
/// `measured.max_error` exceeds the best possible error by at most `1e-4` of it or, for errors below about `1e-11` of
/// the function's magnitude, by the rounding noise of doubles.
///
/// Fails with [`FitError::BeyondDoubles`] when a lower degree already has an error of no more than `2^-47` of the
/// function's magnitude, and with [`FitError::NotConverged`] when the exchange does not settle.
pub fn minimax(target: &Target<'_>, degree: usize) -> Result<PolynomialFit, FitError> {
    if degree > MAX_DEGREE {
        return Err(FitError::Count {
            what: "the degree",
            min: 0,
            max: MAX_DEGREE,
            found: degree,
        });
    }
    let fit = best_polynomial(target, degree, THOROUGH)?;
    if fit.measured.max_error > target.floor() || degree == 0 {
        return Ok(fit);
    }
    // Errors fall with the degree: halve towards the lowest degree at the floor.
    let (mut above, mut reachable) = (None, degree);
    loop {
        let below = above.map_or(0, |above: usize| above + 1);
        if below >= reachable {
            break;
        }
        let middle = below + (reachable - below) / 2;
        match best_polynomial(target, middle, THOROUGH) {
            Ok(fit) if fit.measured.max_error <= target.floor() => reachable = middle,
            _ => above = Some(middle),
        }
    }
    if reachable == degree {
        return Ok(fit);
    }
    Err(FitError::BeyondDoubles {
        name: target.name().to_owned(),
        degree,
        reachable,
        floor: target.floor(),
    })
}

/// As [`minimax`], whether or not the error is noise.
pub(super) fn best_polynomial(
    target: &Target<'_>,
    degree: usize,
    effort: Effort,
) -> Result<PolynomialFit, FitError> {
    let form = Form::of(target, degree);
    let value = |x: f64| target.value(x);
    let weight = |x: f64| target.weight(x);
    let curve = Curve {
        value: &value,
        weight: &weight,
        intervals: form.intervals.clone(),
        breaks: target.breaks().to_vec(),
        noise: target.noise(),
        effort,
    };
    let found = form
        .exchange(&curve)
        .ok_or_else(|| FitError::NotConverged {
            name: target.name().to_owned(),
            found: f64::INFINITY,
            bound: 0.0,
        })?;
    let polynomial = Polynomial::new(Basis::Chebyshev, form.lo, form.hi, found.member)?;
    let mirrored = found.reference.iter().map(|x| form.lo + (form.hi - x));
    let marks: Vec<f64> = found.reference.iter().copied().chain(mirrored).collect();
    let measured = target.measure(|x| polynomial.eval(x), &marks);
    let excess = measured.max_error - found.level * (1.0 + CONVERGED);
    if excess > 4.0 * target.noise() {
        return Err(FitError::NotConverged {
            name: target.name().to_owned(),
            found: measured.max_error,
            bound: found.level,
        });
    }
    Ok(PolynomialFit {
        polynomial,
        measured,
        lower_bound: found.level,
        exchanges: found.exchanges,
    })
}

/// The best polynomial on a part of the target's domain, with all powers and without a measurement.
pub(super) fn best_on(
    target: &Target<'_>,
    (lo, hi): (f64, f64),
    degree: usize,
    effort: Effort,
) -> Result<(Polynomial, f64), FitError> {
    let value = |x: f64| target.value(x);
    let weight = |x: f64| target.weight(x);
    let form = Form::general(&[(lo, hi)], degree);
    let curve = Curve {
        value: &value,
        weight: &weight,
        intervals: form.intervals.clone(),
        breaks: target.breaks().to_vec(),
        noise: target.noise(),
        effort,
    };
    let found = form.exchange(&curve);
    match found {
        Some(found) if found.is_within(CONVERGED, 4.0 * target.noise()) => Ok((
            Polynomial::new(Basis::Chebyshev, lo, hi, found.member)?,
            found.max_error,
        )),
        other => {
            let (found, bound) = other.map_or((f64::INFINITY, 0.0), |f| (f.max_error, f.level));
            Err(FitError::NotConverged {
                name: target.name().to_owned(),
                found,
                bound,
            })
        }
    }
}

/// The error of the best odd polynomial as sign on an interval of positive numbers; nothing if it is not found.
pub(super) fn best_sign_error((lo, hi): (f64, f64), degree: usize, effort: Effort) -> Option<f64> {
    let curve = Curve {
        value: &|_| 1.0,
        weight: &|_| 1.0,
        intervals: vec![(lo, hi)],
        breaks: vec![],
        noise: 8.0 * f64::EPSILON,
        effort,
    };
    let (free, spare) = every_other(1, degree);
    let form = Form {
        lo: -hi,
        hi,
        free,
        spare,
        known: None,
        intervals: curve.intervals.clone(),
    };
    // An odd polynomial is x times one of x^2: the extremal points of the Chebyshev polynomial in x^2 are a good start,
    // and quicker found than the general one.
    let count = form.reference_len();
    let start = (0..count)
        .map(|i| {
            let angle = std::f64::consts::PI * i as f64 / (count - 1) as f64;
            let part = 0.5 * (1.0 - libm::cos(angle));
            (lo * lo + (hi * hi - lo * lo) * part).sqrt()
        })
        .collect();
    let settled = |found: &Exchanged<Vec<f64>>| found.is_within(CONVERGED, curve.noise);
    let found = exchange(&curve, &form, start)
        .filter(settled)
        .or_else(|| form.exchange(&curve).filter(settled))?;
    Some(found.max_error)
}

/// Which polynomials are looked for, and on what part of the domain that suffices.
#[derive(Clone)]
pub(super) struct Form {
    /// The interval of the Chebyshev basis.
    lo: f64,
    hi: f64,
    /// Degrees of the basis functions, ascending in equal steps.
    free: Vec<usize>,
    /// The degree of the basis function that would come next.
    spare: usize,
    /// Degree of a basis function that goes in with a known coefficient.
    known: Option<(usize, f64)>,
    /// Where to look at the error.
    pub(super) intervals: Vec<(f64, f64)>,
}

impl Form {
    /// All powers. There is at least one interval.
    pub(super) fn general(intervals: &[(f64, f64)], degree: usize) -> Form {
        Form {
            lo: intervals[0].0,
            hi: intervals[intervals.len() - 1].1,
            free: (0..=degree).collect(),
            spare: degree + 1,
            known: None,
            intervals: intervals.to_vec(),
        }
    }

    fn of(target: &Target<'_>, degree: usize) -> Form {
        let domain = target.domain();
        let (lo, hi) = domain.hull();
        let general = || Form::general(domain.intervals(), degree);
        match target.parity() {
            Parity::None => general(),
            Parity::Even | Parity::Odd => {
                let first = usize::from(target.parity() == Parity::Odd);
                let (lo, hi, intervals) = if hi <= 0.0 {
                    (lo, -lo, domain.intervals().to_vec())
                } else {
                    (-hi, hi, domain.right_of(0.0).intervals().to_vec())
                };
                let (free, spare) = every_other(first, degree);
                Form {
                    lo,
                    hi,
                    free,
                    spare,
                    known: None,
                    intervals,
                }
            }
            Parity::Detect => match symmetry(target) {
                Some(known) if known.0 <= degree => Form::symmetric(domain, degree, known),
                _ => general(),
            },
        }
    }

    /// The powers of one parity about the middle of a symmetric domain, and one more term as known from [`symmetry`].
    pub(super) fn symmetric(domain: &Domain, degree: usize, known: (usize, f64)) -> Form {
        let (lo, hi) = domain.hull();
        let (free, spare) = every_other(1 - known.0, degree);
        Form {
            lo,
            hi,
            free,
            spare,
            known: Some(known),
            intervals: domain.right_of(0.5 * lo + 0.5 * hi).intervals().to_vec(),
        }
    }

    fn unit(&self, x: f64) -> f64 {
        ((x - self.lo) + (x - self.hi)) / (self.hi - self.lo)
    }

    pub(super) fn exchange(&self, curve: &Curve<'_>) -> Option<Exchanged<Vec<f64>>> {
        let mut best: Option<Exchanged<Vec<f64>>> = None;
        // A start as symmetric as the function may leave nothing to level. Then lopsided ones help.
        for slant in [0.0, 0.6, -0.4] {
            let (form, start) = self.start(curve, slant);
            let Some(found) = exchange(curve, &form, start) else {
                continue;
            };
            let settled = found.is_within(CONVERGED, curve.noise);
            if best
                .as_ref()
                .is_none_or(|best| found.max_error < best.max_error)
            {
                best = Some(found);
            }
            if settled {
                break;
            }
        }
        best
    }

    /// Points that determine well a polynomial with one more free coefficient.
    ///
    /// On a narrow interval on one side of zero, odd or even functions may be dependent up to rounding. Then those that
    /// add nothing are left out of the form.
    fn start(&self, curve: &Curve<'_>, slant: f64) -> (Form, Vec<f64>) {
        let count = self.reference_len();
        let per_interval = (CANDIDATES * count).div_ceil(self.intervals.len());
        let candidates: Vec<f64> =
            samples(&self.intervals, &curve.breaks, per_interval.max(2 * count))
                .into_iter()
                .flatten()
                .collect();
        let columns = candidates
            .iter()
            .map(|&x| {
                let u = self.unit(x);
                let values = self.basis(u);
                // Directions count, not lengths: near zero all odd functions are small.
                let norm = values.iter().map(|v| v * v).sum::<f64>().sqrt();
                let stretch = (1.0 + slant * u) / norm.max(f64::MIN_POSITIVE);
                values.into_iter().map(|value| stretch * value).collect()
            })
            .collect();
        let points = fekete_points(columns);
        let mut form = self.clone();
        if (1..count).contains(&points.len()) {
            form.spare = form.free[points.len() - 1];
            form.free.truncate(points.len() - 1);
        }
        let start = points.into_iter().map(|index| candidates[index]).collect();
        (form, start)
    }

    /// The values of the free functions and of the spare one.
    fn basis(&self, u: f64) -> Vec<f64> {
        let all = chebyshev(u, self.spare);
        let degrees = self.free.iter().chain([&self.spare]);
        degrees.map(|&i| all[i]).collect()
    }
}

/// Every other degree up to the given one, and the one that would come next.
fn every_other(first: usize, degree: usize) -> (Vec<usize>, usize) {
    let free: Vec<usize> = (first..=degree).step_by(2).collect();
    let spare = free.last().map_or(first, |last| last + 2);
    (free, spare)
}

/// `T_0(u)` to `T_degree(u)`.
pub(super) fn chebyshev(u: f64, degree: usize) -> Vec<f64> {
    let mut values = vec![1.0, u];
    for i in 2..=degree {
        values.push(2.0 * u * values[i - 1] - values[i - 2]);
    }
    values.truncate(degree + 1);
    values
}

impl Family for Form {
    /// All Chebyshev coefficients, from the constant one on.
    type Member = Vec<f64>;

    fn reference_len(&self) -> usize {
        self.free.len() + 1
    }

    fn level(&self, curve: &Curve<'_>, reference: &[f64]) -> Option<(Vec<f64>, f64)> {
        let known = self.known.map_or(0, |(index, _)| index);
        let top = self.free.last().copied().unwrap_or(0).max(known);
        let mut matrix = Vec::with_capacity(reference.len());
        let mut right = Vec::with_capacity(reference.len());
        for (index, &x) in reference.iter().enumerate() {
            let all = chebyshev(self.unit(x), top);
            let mut row: Vec<f64> = self.free.iter().map(|&i| all[i]).collect();
            let sign = if index.is_multiple_of(2) { 1.0 } else { -1.0 };
            row.push(sign / (curve.weight)(x));
            matrix.push(row);
            right.push((curve.value)(x) - self.known.map_or(0.0, |(i, c)| c * all[i]));
        }
        let solution = solve(&matrix, &right)?;
        let (level, free) = solution.split_last()?;
        let mut coefficients = vec![0.0; top + 1];
        for (&i, &coefficient) in self.free.iter().zip(free) {
            coefficients[i] = coefficient;
        }
        if let Some((i, coefficient)) = self.known {
            coefficients[i] = coefficient;
        }
        Some((coefficients, level.abs()))
    }

    fn eval(&self, member: &Vec<f64>, x: f64) -> f64 {
        let u = self.unit(x);
        let (mut next, mut after_next) = (0.0, 0.0);
        for coefficient in member[1..].iter().rev() {
            let current = 2.0 * u * next - after_next + coefficient;
            after_next = next;
            next = current;
        }
        u * next - after_next + member[0]
    }
}

/// Whether the target is symmetric about the middle of its domain, once a line through the middle or a constant is
/// taken away: the degree (1 for an even rest, 0 for an odd one) and Chebyshev coefficient of what to take away.
///
/// On such a domain the best polynomial has the same symmetry, and an exchange on the whole domain would be degenerate:
/// the error has more alternations than it asks for, and may vanish on a symmetric reference.
pub(super) fn symmetry(target: &Target<'_>) -> Option<(usize, f64)> {
    const PER_GAP: usize = 16;
    let domain = target.domain();
    if !domain.is_symmetric() {
        return None;
    }
    let (lo, hi) = domain.hull();
    let right = domain.right_of(0.5 * lo + 0.5 * hi);
    let slack = 0.5 * target.floor();
    let (mut odd, mut even) = (Vec::new(), Vec::new());
    for x in samples(right.intervals(), target.breaks(), PER_GAP)
        .into_iter()
        .flatten()
    {
        let mirrored = lo + (hi - x);
        if !domain.contains(mirrored) {
            continue;
        }
        let weight = target.weight(x);
        if (weight - target.weight(mirrored)).abs() > 1e-12 * weight {
            return None;
        }
        let u = ((x - lo) + (x - hi)) / (hi - lo);
        let (here, there) = (target.value(x), target.value(mirrored));
        odd.push((u, weight, 0.5 * (here - there)));
        even.push((u, weight, 0.5 * (here + there)));
    }
    // The last sample is the right end, where u = 1.
    let line = odd.last()?.2;
    let constant = even.last()?.2;
    let exact = |part: f64| if part.abs() <= slack { 0.0 } else { part };
    if odd
        .iter()
        .all(|(u, weight, value)| weight * (value - line * u).abs() <= slack)
    {
        Some((1, exact(line)))
    } else if even
        .iter()
        .all(|(_, weight, value)| weight * (value - constant).abs() <= slack)
    {
        Some((0, exact(constant)))
    } else {
        None
    }
}
