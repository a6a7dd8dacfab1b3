//! Best polynomials with dyadic coefficients.

use super::error::FitError;
use super::exchange::{Curve, Effort, QUICK};
use super::remez::{Form, MAX_DEGREE, best_polynomial, symmetry};
use super::target::{Measured, Parity, Target};
use crate::polynomial::{Basis, Polynomial};
use crate::rounding::MAX_SCALE;

/// How many integers on a coefficient's better side and on the other are tried in the passes of a search.
const PASSES: [[u32; 2]; 3] = [[1, 0], [2, 2], [u32::MAX, u32::MAX]];

/// Best polynomials computed in one pass.
const MAX_NODES: usize = 3000;

/// Improvements by less than this part of the error are not looked for.
const WORTH: f64 = 1e-5;

const EFFORT: Effort = Effort { last: 16, ..QUICK };

/// A polynomial whose coefficients are integers over powers of two.
#[derive(Clone, Debug, PartialEq)]
pub struct DyadicFit {
    /// Coefficient `i` is `numerators[i] * 2^-scales[i]`, from the constant one up.
    pub numerators: Vec<i64>,
    /// As given.
    pub scales: Vec<u32>,
    /// The same polynomial in doubles. Numerators beyond `2^53` are rounded there.
    pub polynomial: Polynomial,
    /// The errors of `polynomial`.
    pub measured: Measured,
    /// The largest error after rounding each coefficient of the best polynomial with real coefficients by itself.
    pub naive_error: f64,
    /// The largest error of the best polynomial with real coefficients.
    pub real_error: f64,
    /// Whether the search was complete: then no other numerators are better by more than one part in `10^5`.
    pub is_complete: bool,
}

/// The polynomial with the smallest largest error among those with coefficients `n_i * 2^-scales[i]`, `n_i` integers.
///
/// `basis` is what the coefficients multiply: powers of `x`, or the Chebyshev polynomials of the domain's hull. There
/// are as many coefficients as scales, at most [`MAX_DEGREE`]` + 1`; scales are at most 120.
///
/// From the highest coefficient down, each is set to the integers next to its best real value, on both sides, and the
/// rest solved for again: the error of the best real rest bounds from below what any integers can still reach, and grows
/// with the distance on either side. So the search (branch and bound) is exact if it ends within its budget of some
/// thousand best polynomials. Else its result is the best found, at least as good as rounding one and solving for the
/// rest. Wide domains and low degrees have few candidates; on `[-1, 1]` high degrees have many.
pub fn dyadic_minimax(
    target: &Target<'_>,
    basis: Basis,
    scales: &[u32],
) -> Result<DyadicFit, FitError> {
    let degree = scales.len().wrapping_sub(1);
    if degree > MAX_DEGREE {
        return Err(FitError::Count {
            what: "the number of scales",
            min: 1,
            max: MAX_DEGREE + 1,
            found: scales.len(),
        });
    }
    if let Some(&scale) = scales.iter().find(|&&scale| scale > MAX_SCALE) {
        return Err(FitError::Count {
            what: "a scale",
            min: 0,
            max: MAX_SCALE as usize,
            found: scale as usize,
        });
    }
    if let Parity::Even | Parity::Odd = target.parity() {
        return Err(FitError::Parity {
            name: target.name().to_owned(),
            reason: "dyadic coefficients are looked for among all powers",
        });
    }
    let best = best_polynomial(target, degree, EFFORT)?;
    let units: Vec<f64> = scales.iter().map(|&s| libm::exp2(-f64::from(s))).collect();
    let mut real = best.polynomial.to_basis(basis)?.coefficients().to_vec();
    real.resize(degree + 1, 0.0);
    let naive = real
        .iter()
        .zip(&units)
        .map(|(c, unit)| (c / unit).round_ties_even())
        .collect::<Vec<f64>>();
    for (index, (&numerator, &scale)) in naive.iter().zip(scales).enumerate() {
        // Whatever the search changes is far below the other half of the range.
        if numerator.abs() >= 0.5 * i64::MAX as f64 {
            return Err(FitError::Overflow { index, scale });
        }
    }
    let mut search = Search {
        target,
        basis,
        units,
        symmetry: symmetry(target).filter(|_| {
            let (lo, hi) = target.domain().hull();
            basis == Basis::Chebyshev || lo == -hi
        }),
        reach: [0, 0],
        nodes: 0,
        is_sure: true,
        incumbent: naive.clone(),
        error: f64::INFINITY,
    };
    let naive_error = target.measure(|x| search.eval(&naive, x), &[]).max_error;
    search.error = naive_error;
    // Narrow passes come first: what they find cuts the branches of the wide one.
    for reach in PASSES {
        search.reach = reach;
        search.nodes = 0;
        search.branch(&mut vec![0.0; degree + 1], degree);
    }
    let numerators = search.incumbent.clone();
    let coefficients = numerators
        .iter()
        .zip(&search.units)
        .map(|(n, unit)| n * unit)
        .collect();
    let (lo, hi) = target.domain().hull();
    let polynomial = Polynomial::new(basis, lo, hi, coefficients)?;
    Ok(DyadicFit {
        numerators: numerators.iter().map(|&n| n as i64).collect(),
        scales: scales.to_vec(),
        measured: target.measure(|x| polynomial.eval(x), &[]),
        polynomial,
        naive_error,
        real_error: best.measured.max_error,
        is_complete: search.is_sure && search.nodes < MAX_NODES,
    })
}

struct Search<'a> {
    target: &'a Target<'a>,
    basis: Basis,
    /// The value of a numerator's unit.
    units: Vec<f64>,
    /// See [`symmetry`].
    symmetry: Option<(usize, f64)>,
    /// See [`PASSES`].
    reach: [u32; 2],
    /// Best polynomials computed in this pass.
    nodes: usize,
    /// Whether all branches left out have a bound that says so.
    is_sure: bool,
    /// The best numerators so far, integers, and their error.
    incumbent: Vec<f64>,
    error: f64,
}

/// The best real polynomial once the higher coefficients are set.
struct Rest {
    /// A lower bound of the error of any numerators.
    bound: f64,
    /// The best real value of the highest free numerator.
    numerator: f64,
    /// The error of that polynomial; for a constant, what is added to it is the distance from the real value.
    error: f64,
}

impl Search<'_> {
    fn eval(&self, numerators: &[f64], x: f64) -> f64 {
        let (lo, hi) = self.target.domain().hull();
        let coefficients = numerators.iter().zip(&self.units).map(|(n, unit)| n * unit);
        match self.basis {
            Basis::Monomial => coefficients.rev().fold(0.0, |value, c| value * x + c),
            Basis::Chebyshev => {
                let u = ((x - lo) + (x - hi)) / (hi - lo);
                let (mut sum, mut here, mut next) = (0.0, 1.0, u);
                for c in coefficients {
                    sum += c * here;
                    (here, next) = (next, 2.0 * u * next - here);
                }
                sum
            }
        }
    }

    /// Sets the numerators from `index` down; those above are set already, those below are zero.
    fn branch(&mut self, numerators: &mut Vec<f64>, index: usize) {
        let Some(rest) = self.solve(numerators, index) else {
            return;
        };
        if rest.bound >= self.error * (1.0 - WORTH) {
            return;
        }
        let nearest = rest.numerator.round_ties_even();
        if index == 0 {
            let error = rest.error + (nearest - rest.numerator).abs() * self.units[0];
            if error < self.error {
                numerators[0] = nearest;
                self.incumbent.clone_from(numerators);
                self.error = error;
                numerators[0] = 0.0;
            }
            return;
        }
        // Outwards on both sides, the nearer one first; a side ends where its bound is no better than what is known.
        let towards = if rest.numerator >= nearest { 1.0 } else { -1.0 };
        let mut is_open = [true, true];
        for step in 0..=u32::MAX {
            for (side, sign) in [(0, towards), (1, -towards)] {
                is_open[side] &= step <= self.reach[side] && self.nodes < MAX_NODES;
                if !is_open[side] || (step == 0 && side == 1) {
                    continue;
                }
                numerators[index] = nearest + sign * f64::from(step);
                let is_promising = self
                    .solve(numerators, index - 1)
                    .is_some_and(|rest| rest.bound < self.error * (1.0 - WORTH));
                if is_promising {
                    self.branch(numerators, index - 1);
                } else if step > 0 {
                    is_open[side] = false;
                }
            }
            if is_open == [false, false] {
                break;
            }
        }
        numerators[index] = 0.0;
    }

    /// The best real polynomial in the coefficients up to `index`, the others as set.
    fn solve(&mut self, numerators: &[f64], index: usize) -> Option<Rest> {
        if self.nodes >= MAX_NODES {
            return None;
        }
        self.nodes += 1;
        let value = |x: f64| self.target.value(x) - self.eval(numerators, x);
        let weight = |x: f64| self.target.weight(x);
        let (lo, hi) = self.target.domain().hull();
        // Set terms may be larger than the function and cancel.
        let largest = numerators
            .iter()
            .zip(&self.units)
            .enumerate()
            .map(|(i, (n, unit))| match self.basis {
                Basis::Monomial => (n * unit).abs() * libm::pow(lo.abs().max(hi.abs()), i as f64),
                Basis::Chebyshev => (n * unit).abs(),
            })
            .fold(0.0, f64::max);
        // Still symmetric, if no coefficient of the other parity is set.
        let symmetry = self.symmetry.filter(|&(known, _)| {
            let others = numerators.iter().enumerate().skip(2);
            index >= known && others.clone().all(|(i, n)| i % 2 != known || *n == 0.0)
        });
        let form = match symmetry {
            Some(known) => Form::symmetric(self.target.domain(), index, known),
            None => Form::general(self.target.domain().intervals(), index),
        };
        let curve = Curve {
            value: &value,
            weight: &weight,
            intervals: form.intervals.clone(),
            breaks: self.target.breaks().to_vec(),
            noise: self.target.noise() + 8.0 * f64::EPSILON * largest,
            effort: EFFORT,
        };
        let Some(found) = form.exchange(&curve) else {
            self.is_sure = false;
            return None;
        };
        let top = found.member.get(index).copied().unwrap_or(0.0);
        let leading = match self.basis {
            Basis::Chebyshev => top,
            // T_i has the leading coefficient 2^(i-1), and u = (2x - lo - hi) / (hi - lo).
            Basis::Monomial if index == 0 => top,
            Basis::Monomial => 0.5 * top * libm::pow(4.0 / (hi - lo), index as f64),
        };
        Some(Rest {
            bound: found.level,
            numerator: leading / self.units[index],
            error: found.max_error,
        })
    }
}
