//! Best rational functions by the Remez exchange.

use super::domain::Domain;
use super::error::FitError;
use super::exchange::{Curve, Exchanged, Family, THOROUGH, exchange};
use super::extrema::samples;
use super::linear::fekete_points;
use super::quotient::Quotient;
use super::remez::{CONVERGED, chebyshev, symmetry};
use super::target::{Measured, Parity, Target};
use crate::polynomial::{Basis, Polynomial};

/// Largest degree of a numerator or denominator.
pub const MAX_RATIONAL_DEGREE: usize = 20;

/// Candidates for a first reference, per point of it.
const CANDIDATES: usize = 16;

/// A best rational function and its error.
#[derive(Clone, Debug, PartialEq)]
pub struct RationalFit {
    /// In the Chebyshev basis of the domain's hull.
    pub numerator: Polynomial,
    /// In the same basis, with the constant coefficient 1, and positive on the domain.
    pub denominator: Polynomial,
    /// The errors of the quotient, measured after all rounding.
    pub measured: Measured,
    /// Up to rounding, no rational function of these degrees has a smaller largest error.
    pub lower_bound: f64,
    /// How many exchanges were made for these degrees.
    pub exchanges: usize,
}

impl RationalFit {
    /// The quotient at `x`.
    pub fn eval(&self, x: f64) -> f64 {
        self.numerator.eval(x) / self.denominator.eval(x)
    }
}

/// The quotient of polynomials of at most the given degrees, without poles on the domain, with the smallest largest
/// weighted error.
///
/// Each step levels the error on a reference, which is a symmetric eigenvalue problem with at most one eigenvector whose
/// denominator has no zero (R. Pachón, L. N. Trefethen, "Barycentric-Remez algorithms for best polynomial approximation
/// in the chebfun system", 2009; S.-I. Filip et al., "Rational minimax approximation via adaptive barycentric
/// representations", 2018, section on initialization for the growing degrees). The degrees grow from zero on, so that
/// each reference is made from that of a simpler function.
///
/// Fails with [`FitError::BeyondDoubles`] when lower degrees already have an error of no more than `2^-47` of the
/// function's magnitude, and with [`FitError::NotConverged`] when the exchange does not settle: functions with kinks
/// crowd the reference beyond what this representation resolves.
pub fn rational_minimax(
    target: &Target<'_>,
    numerator: usize,
    denominator: usize,
) -> Result<RationalFit, FitError> {
    for found in [numerator, denominator] {
        if found > MAX_RATIONAL_DEGREE {
            return Err(FitError::Count {
                what: "the degree of a numerator or denominator",
                min: 0,
                max: MAX_RATIONAL_DEGREE,
                found,
            });
        }
    }
    if let Parity::Even | Parity::Odd = target.parity() {
        return Err(FitError::Parity {
            name: target.name().to_owned(),
            reason: "rational functions are looked for among all powers",
        });
    }
    let last = Ratio::of(target, numerator, denominator);
    let known = |x: f64| last.known_at(x);
    let value = |x: f64| target.value(x) - known(x);
    let weight = |x: f64| target.weight(x);
    let curve = Curve {
        value: &value,
        weight: &weight,
        intervals: last.intervals.clone(),
        breaks: target.breaks().to_vec(),
        noise: target.noise(),
        effort: THOROUGH,
    };
    let mut best: Option<Exchanged<Quotient>> = None;
    let total = last.numerator + last.denominator;
    for part in 0..=total {
        let ratio = last.scaled(part, total);
        let known: &[f64] = best.as_ref().map_or(&[], |best| &best.reference);
        let mut starts = vec![ratio.resample(known), ratio.start(&curve)];
        starts.extend(ratio.insertions(known));
        let settled = starts
            .into_iter()
            .filter(|start| start.len() == ratio.reference_len())
            .filter_map(|start| exchange(&curve, &ratio, start))
            .find(|found| found.is_within(CONVERGED, curve.noise));
        let Some(settled) = settled else {
            if part < total {
                continue;
            }
            return Err(FitError::NotConverged {
                name: target.name().to_owned(),
                // That of a simpler function is among those looked for.
                found: best.map_or(f64::INFINITY, |best| best.max_error),
                bound: 0.0,
            });
        };
        if part < total && settled.max_error <= target.floor() {
            let (reachable_numerator, reachable_denominator) = ratio.degrees();
            return Err(FitError::RationalBeyondDoubles {
                name: target.name().to_owned(),
                numerator,
                denominator,
                reachable_numerator,
                reachable_denominator,
                floor: target.floor(),
            });
        }
        best = Some(settled);
    }
    let not_converged = |found: f64, bound: f64| FitError::NotConverged {
        name: target.name().to_owned(),
        found,
        bound,
    };
    let best = best.ok_or_else(|| not_converged(f64::INFINITY, 0.0))?;
    let (numerator, denominator) = last.polynomials(&best.member, target.domain())?;
    let (lo, hi) = target.domain().hull();
    let mirrored = best.reference.iter().map(|x| lo + (hi - x));
    let marks: Vec<f64> = best.reference.iter().copied().chain(mirrored).collect();
    let measured = target.measure(|x| numerator.eval(x) / denominator.eval(x), &marks);
    if measured.max_error > best.level * (1.0 + CONVERGED) + 8.0 * target.noise() {
        return Err(not_converged(measured.max_error, best.level));
    }
    Ok(RationalFit {
        numerator,
        denominator,
        measured,
        lower_bound: best.level,
        exchanges: best.exchanges,
    })
}

/// Which rational functions are looked for: `u^odd P(s) / Q(s)` with `u` from -1 to 1 on the hull and `s` either `u`
/// or, for symmetric functions, `u^2`.
#[derive(Clone)]
pub(super) struct Ratio {
    lo: f64,
    hi: f64,
    /// 1: `s = u`; 2: `s = u^2`.
    pub(super) step: usize,
    /// Whether the numerator is odd in `u`; only with `s = u^2`.
    pub(super) odd: bool,
    /// Degrees in `s`.
    pub(super) numerator: usize,
    pub(super) denominator: usize,
    /// Degree and Chebyshev coefficient of a term added to the quotient.
    known: Option<(usize, f64)>,
    pub(super) intervals: Vec<(f64, f64)>,
}

impl Ratio {
    fn of(target: &Target<'_>, numerator: usize, denominator: usize) -> Ratio {
        let domain = target.domain();
        let (lo, hi) = domain.hull();
        let middle = 0.5 * lo + 0.5 * hi;
        let general = Ratio {
            lo,
            hi,
            step: 1,
            odd: false,
            numerator,
            denominator,
            known: None,
            intervals: domain.intervals().to_vec(),
        };
        // Mirroring must lead to the same kind of function again, also with what was taken away; and without the middle
        // an odd denominator would do as well.
        let symmetry = symmetry(target).filter(|&(degree, coefficient)| {
            target.parity() == Parity::Detect
                && domain.contains(middle)
                && (coefficient == 0.0 || numerator >= denominator + degree)
        });
        match symmetry {
            Some((1, _)) => Ratio {
                step: 2,
                numerator: numerator / 2,
                denominator: denominator / 2,
                known: symmetry,
                intervals: domain.right_of(middle).intervals().to_vec(),
                ..general
            },
            Some(known) if numerator > 0 => Ratio {
                step: 2,
                odd: true,
                numerator: (numerator - 1) / 2,
                denominator: denominator / 2,
                known: Some(known),
                intervals: domain.right_of(middle).intervals().to_vec(),
                ..general
            },
            _ => general,
        }
    }

    /// The same with about `part / total` of the degrees.
    fn scaled(&self, part: usize, total: usize) -> Ratio {
        let numerator = (part * self.numerator + total / 2)
            .checked_div(total)
            .unwrap_or(0);
        Ratio {
            numerator,
            denominator: part - numerator,
            ..self.clone()
        }
    }

    /// The degrees in `u`, of numerator and denominator.
    fn degrees(&self) -> (usize, usize) {
        let denominator = self.step * self.denominator;
        let numerator = self.step * self.numerator + usize::from(self.odd);
        let added = self.known.map_or(0, |(degree, coefficient)| {
            if coefficient == 0.0 {
                0
            } else {
                degree + denominator
            }
        });
        (numerator.max(added), denominator)
    }

    pub(super) fn unit(&self, x: f64) -> f64 {
        ((x - self.lo) + (x - self.hi)) / (self.hi - self.lo)
    }

    fn known_at(&self, x: f64) -> f64 {
        self.known.map_or(0.0, |(degree, coefficient)| {
            if degree == 0 {
                coefficient
            } else {
                coefficient * self.unit(x)
            }
        })
    }

    /// The values of the first functions of a basis: of the numerator's, if `odd`, else of the denominator's.
    pub(super) fn basis(&self, x: f64, odd: bool, count: usize) -> Vec<f64> {
        let first = usize::from(odd);
        let all = chebyshev(self.unit(x), first + self.step * count);
        (0..count).map(|i| all[first + self.step * i]).collect()
    }

    /// Points that determine well a polynomial with as many coefficients as the reference has points.
    fn start(&self, curve: &Curve<'_>) -> Vec<f64> {
        let count = self.reference_len();
        let candidates: Vec<f64> = samples(&self.intervals, &curve.breaks, CANDIDATES * count)
            .into_iter()
            .flatten()
            .collect();
        let columns = candidates
            .iter()
            .map(|&x| self.basis(x, self.odd, count))
            .collect();
        fekete_points(columns)
            .into_iter()
            .map(|index| candidates[index])
            .collect()
    }

    /// A reference spread as a known one; shorter between the intervals of a union, where there is nothing to sample.
    fn resample(&self, known: &[f64]) -> Vec<f64> {
        let (Some(last), count) = (known.len().checked_sub(1), self.reference_len()) else {
            return vec![];
        };
        (0..count)
            .map(|i| {
                let place = i as f64 * last as f64 / (count - 1) as f64;
                let below = (place as usize).min(last.saturating_sub(1));
                let above = (below + 1).min(last);
                known[below] + (place - below as f64) * (known[above] - known[below])
            })
            .filter(|&x| self.intervals.iter().any(|&(lo, hi)| lo <= x && x <= hi))
            .collect()
    }

    /// A known reference with one more point, next to each end and in each gap: near a singularity references crowd,
    /// and the new point belongs there.
    fn insertions(&self, known: &[f64]) -> Vec<Vec<f64>> {
        let [first, .., last] = known else {
            return vec![];
        };
        let middles = known.windows(2).map(|pair| 0.5 * (pair[0] + pair[1]));
        let next_to_ends = [
            first + 0.1 * (known[1] - first),
            last - 0.1 * (last - known[known.len() - 2]),
        ];
        next_to_ends
            .into_iter()
            .chain(middles)
            .map(|x| {
                let mut points = known.to_vec();
                points.insert(points.partition_point(|&point| point < x), x);
                points
            })
            .collect()
    }

    /// Numerator and denominator as polynomials of `x`, normalised.
    fn polynomials(
        &self,
        quotient: &Quotient,
        domain: &Domain,
    ) -> Result<(Polynomial, Polynomial), FitError> {
        let (lo, hi) = domain.hull();
        let spread = |coefficients: &[f64], first: usize| {
            let mut all = vec![0.0; first + self.step * (coefficients.len() - 1) + 1];
            for (i, c) in coefficients.iter().enumerate() {
                all[first + self.step * i] = c / quotient.denominator[0];
            }
            Polynomial::new(Basis::Chebyshev, lo, hi, all)
        };
        let denominator = spread(&quotient.denominator, 0)?;
        let mut numerator = spread(&quotient.numerator, usize::from(self.odd))?;
        if let Some((degree, coefficient)) = self.known {
            let mut term = vec![0.0; degree];
            term.push(coefficient);
            let term = Polynomial::new(Basis::Chebyshev, lo, hi, term)?;
            numerator = numerator.add(&denominator.multiply(&term)?)?;
        }
        Ok((numerator, denominator))
    }
}
