//! Composites of odd polynomials that approximate the sign, and by `x (1 + sign x) / 2` the positive part.

use super::domain::Domain;
use super::error::FitError;
use super::exchange::THOROUGH;
use super::extrema::{largest, local_extrema, samples};
use super::odd_cost::{OddCost, odd_cost};
use super::remez::best_polynomial;
use super::target::{Parity, Target};
use crate::polynomial::Polynomial;

/// Most stages of a composite.
pub const MAX_STAGES: usize = 32;

/// Halvings, on a logarithmic scale, of a bracket of the best gap from [`STRIDE`] on.
const HALVINGS: usize = 40;

/// Steps towards a bracket of the best gap.
const STRIDE: f64 = 0.25;

/// Errors of a stage from which on the next one would have an interval with too few doubles.
const SHARPEST: f64 = 1e-9;

/// Odd polynomials, each applied to the value of the one before, from the first stage on.
///
/// Both errors belong to the same polynomial `p`, read in two ways. They are far apart: near zero `p` is far from the
/// sign, but there the error of `x (1 + p(x)) / 2` has the small factor `x`.
#[derive(Clone, Debug, PartialEq)]
pub struct CompositeFit {
    /// The stages; each on `[-b, b]` with `b` the largest value of the one before, the first one on `[-1, 1]`.
    pub stages: Vec<Polynomial>,
    /// The smallest `|x|` at which the composite is meant to be the sign.
    pub gap: f64,
    /// The largest `|p(x) - sign x|` for `gap <= |x| <= 1`.
    pub sign_error: f64,
    /// The largest `|x (1 + p(x)) / 2 - max(0, x)|` for `|x| <= 1`.
    pub relu_error: f64,
    /// Multiplications and depth of all stages, without the final product by `x`.
    pub cost: OddCost,
}

impl CompositeFit {
    /// The value of the composite.
    pub fn eval(&self, x: f64) -> f64 {
        self.stages.iter().fold(x, |value, stage| stage.eval(value))
    }
}

/// The composite of stages of these odd degrees that is closest to the sign for `gap <= |x| <= 1`.
///
/// Each stage is the best odd polynomial on the interval `[1 - e, 1 + e]` that the one before leaves. No composite of
/// odd polynomials of these degrees has a smaller error (E. Lee, J.-W. Lee, J.-S. No, Y.-S. Kim, "Minimax approximation
/// of sign function by composite polynomial for homomorphic comparison", IACR ePrint 2020/834).
pub fn composite_for_sign(degrees: &[usize], gap: f64) -> Result<CompositeFit, FitError> {
    let cost = cost_of(degrees)?;
    if !(gap > 0.0 && gap < 1.0) {
        return Err(FitError::Gap { found: gap });
    }
    let mut stages = Vec::with_capacity(degrees.len());
    let (mut lo, mut hi) = (gap, 1.0);
    let mut error = 1.0;
    for (index, &degree) in degrees.iter().enumerate() {
        if error < SHARPEST {
            return Err(FitError::SpareStage { index, error });
        }
        let target =
            Target::new("sign", |_| 1.0, Domain::new(lo, hi)?, &[])?.with_parity(Parity::Odd)?;
        let fit = best_polynomial(&target, degree, THOROUGH)?;
        // All values of the stage, up to their rounding, are in the next interval.
        error = fit.measured.max_error;
        (lo, hi) = (1.0 - error, 1.0 + error);
        stages.push(fit.polynomial);
    }
    let mut composite = CompositeFit {
        stages,
        gap,
        sign_error: error,
        relu_error: 0.0,
        cost,
    };
    composite.relu_error = composite.measure_relu();
    Ok(composite)
}

/// The composite of stages of these odd degrees with the smallest error of `x (1 + p(x)) / 2` on `[-1, 1]`.
///
/// Among the composites of [`composite_for_sign`] it is the one whose gap balances the error right of the gap, which
/// is largest at 1 and there half of the sign's, with the one left of it, which grows with the gap.
pub fn composite_for_relu(degrees: &[usize]) -> Result<CompositeFit, FitError> {
    cost_of(degrees)?;
    let is_too_large = |gap: f64| match composite_for_sign(degrees, gap) {
        Ok(composite) => Ok(composite.relu_error > 0.5 * composite.sign_error),
        Err(FitError::SpareStage { .. }) => Ok(true),
        Err(other) => Err(other),
    };
    let (mut small, mut large) = (STRIDE, 1.0);
    while is_too_large(small)? {
        (small, large) = (small * STRIDE, small);
    }
    for _ in 0..HALVINGS {
        let gap = (small * large).sqrt();
        if is_too_large(gap)? {
            large = gap;
        } else {
            small = gap;
        }
    }
    composite_for_sign(degrees, small)
}

fn cost_of(degrees: &[usize]) -> Result<OddCost, FitError> {
    if !(1..=MAX_STAGES).contains(&degrees.len()) {
        return Err(FitError::Count {
            what: "the number of stages",
            min: 1,
            max: MAX_STAGES,
            found: degrees.len(),
        });
    }
    degrees
        .iter()
        .try_fold(OddCost::default(), |cost, &degree| {
            Ok(cost.plus(odd_cost(degree)?))
        })
}

impl CompositeFit {
    /// Right of the gap the error of the sign alternates between its extremes, also at 1, so that the product with
    /// `x / 2` is largest there. Left of the gap the stages rise.
    fn measure_relu(&self) -> f64 {
        let error = |x: f64| 0.5 * x * (1.0 - self.eval(x));
        let left = largest(&local_extrema(
            &error,
            &samples(&[(0.0, self.gap)], &[], 64),
        ));
        left.map_or(0.0, |extremum| extremum.value.abs())
            .max(0.5 * self.sign_error)
    }
}
