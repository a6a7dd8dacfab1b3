//! What is to be fitted: a function on a domain, possibly with a weight and a parity.

use super::domain::{Domain, check, kinks};
use super::error::FitError;
use super::extrema::{largest, local_extrema, samples};
use crate::function::Function;

/// Samples per interval for the checks of a new target.
const CHECKS: usize = 64;

/// Equal parts of each interval, and samples per part and gap between marks, of the measurement of an error.
const PARTS: usize = 16;
const MEASURE: usize = 64;

/// Points at which the mean error is taken.
const MEAN_POINTS: usize = 4096;

/// Errors below this part of the largest magnitude are rounding noise of doubles.
pub(super) const FLOOR: f64 = 1.0 / (1u64 << 47) as f64;

/// Which powers a polynomial may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Parity {
    /// All powers; but where the domain is symmetric and the function is even or odd about its middle up to a line or
    /// a constant, only those powers are looked for, since the best polynomial has no others.
    #[default]
    Detect,
    /// All powers.
    None,
    /// Even powers of `x`. The domain must lie on one side of zero, or the function be even on a domain symmetric about zero.
    Even,
    /// Odd powers of `x`. The domain must lie on one side of zero, or the function be odd on a domain symmetric about zero.
    Odd,
}

/// A function on a domain, to be fitted with small weighted error `|w(x) (f(x) - p(x))|`.
pub struct Target<'a> {
    name: String,
    value: Box<dyn Fn(f64) -> f64 + Send + Sync + 'a>,
    weight: Option<Box<dyn Fn(f64) -> f64 + Send + Sync + 'a>>,
    domain: Domain,
    breaks: Vec<f64>,
    parity: Parity,
    magnitude: f64,
}

/// The error of an approximation, found by sampling: good to several digits, not a certified bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// The largest weighted error.
    pub max_error: f64,
    /// Where it is reached.
    pub max_at: f64,
    /// The mean of the weighted error's magnitude over the domain.
    pub mean_error: f64,
}

impl<'a> Target<'a> {
    /// A named function. Fails where it is undefined, unbounded, discontinuous or not finite in doubles on the domain.
    pub fn of(function: &Function, domain: Domain) -> Result<Self, FitError> {
        function.validate()?;
        for &(lo, hi) in domain.intervals() {
            check(function, lo, hi)?;
        }
        let breaks = domain
            .intervals()
            .iter()
            .flat_map(|&(lo, hi)| kinks(function, lo, hi))
            .collect();
        let function = *function;
        Target::build(
            function.to_string(),
            Box::new(move |x| function.eval_f64(x)),
            domain,
            breaks,
        )
    }

    /// Any function that is continuous and finite on the domain. `breaks` are the places, if any, where a derivative
    /// jumps, and enough others that the function does not turn more than a few times between them. The name is for
    /// messages.
    pub fn new(
        name: &str,
        value: impl Fn(f64) -> f64 + Send + Sync + 'a,
        domain: Domain,
        breaks: &[f64],
    ) -> Result<Self, FitError> {
        Target::build(name.to_owned(), Box::new(value), domain, breaks.to_vec())
    }

    fn build(
        name: String,
        value: Box<dyn Fn(f64) -> f64 + Send + Sync + 'a>,
        domain: Domain,
        breaks: Vec<f64>,
    ) -> Result<Self, FitError> {
        let mut magnitude = 0.0f64;
        for x in samples(domain.intervals(), &breaks, CHECKS)
            .into_iter()
            .flatten()
        {
            let found = value(x);
            if !found.is_finite() {
                return Err(FitError::NotFinite {
                    name,
                    x,
                    value: found,
                });
            }
            magnitude = magnitude.max(found.abs());
        }
        Ok(Target {
            name,
            value,
            weight: None,
            domain,
            breaks,
            parity: Parity::Detect,
            magnitude,
        })
    }

    /// The same target with errors multiplied by `weight(x)`, which must be positive and finite on the domain.
    pub fn with_weight(
        mut self,
        weight: impl Fn(f64) -> f64 + Send + Sync + 'a,
    ) -> Result<Self, FitError> {
        let mut magnitude = 0.0f64;
        for x in self.samples(CHECKS) {
            let found = weight(x);
            if !(found > 0.0 && found.is_finite()) {
                return Err(FitError::Weight { x, value: found });
            }
            magnitude = magnitude.max(found * (self.value)(x).abs());
        }
        self.magnitude = magnitude;
        self.weight = Some(Box::new(weight));
        Ok(self)
    }

    /// The same target with a choice of powers.
    pub fn with_parity(mut self, parity: Parity) -> Result<Self, FitError> {
        if let Parity::Even | Parity::Odd = parity {
            let (lo, hi) = self.domain.hull();
            if lo < 0.0 && hi > 0.0 {
                let refused = |reason| FitError::Parity {
                    name: self.name.clone(),
                    reason,
                };
                if lo != -hi || !self.domain.is_symmetric() {
                    return Err(refused(
                        "the domain has both signs and is not symmetric about zero",
                    ));
                }
                let sign = if parity == Parity::Even { 1.0 } else { -1.0 };
                let off = |x: f64| self.weight(x) * ((self.value)(x) - sign * (self.value)(-x));
                if self
                    .samples(CHECKS)
                    .any(|x| off(x).abs() > FLOOR * self.magnitude)
                {
                    return Err(refused("the values at x and -x do not go together"));
                }
            }
        }
        self.parity = parity;
        Ok(self)
    }

    /// The name used in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The set on which the function is fitted.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// The function's value.
    pub fn value(&self, x: f64) -> f64 {
        (self.value)(x)
    }

    /// The weight of an error at a point, 1 unless one was given.
    pub fn weight(&self, x: f64) -> f64 {
        self.weight.as_ref().map_or(1.0, |weight| weight(x))
    }

    pub(super) fn breaks(&self) -> &[f64] {
        &self.breaks
    }

    pub(super) fn parity(&self) -> Parity {
        self.parity
    }

    /// Weighted errors up to this are noise.
    pub(super) fn floor(&self) -> f64 {
        FLOOR * self.magnitude
    }

    /// What rounding adds to a weighted error, at most and roughly.
    pub(super) fn noise(&self) -> f64 {
        8.0 * f64::EPSILON * self.magnitude
    }

    fn samples(&self, per_gap: usize) -> impl Iterator<Item = f64> {
        samples(self.domain.intervals(), &self.breaks, per_gap)
            .into_iter()
            .flatten()
    }

    /// The error of any approximation of the target. `marks` are places next to which to look more closely.
    pub fn measure(&self, approximation: impl Fn(f64) -> f64, marks: &[f64]) -> Measured {
        let error = |x: f64| self.weight(x) * ((self.value)(x) - approximation(x));
        let parts = (self.domain.intervals().iter()).flat_map(|&(lo, hi)| {
            (1..PARTS).map(move |i| lo + (hi - lo) * (i as f64 / PARTS as f64))
        });
        let marks: Vec<f64> = (self.breaks.iter().chain(marks).copied())
            .chain(parts)
            .collect();
        let points = samples(self.domain.intervals(), &marks, MEASURE);
        let (max_at, max_error) = largest(&local_extrema(&error, &points))
            .map_or((self.domain.hull().0, 0.0), |e| (e.x, e.value.abs()));
        let mut sum = 0.0;
        let mut count = 0usize;
        for &(lo, hi) in self.domain.intervals() {
            let part = (hi - lo) / self.domain.length() * MEAN_POINTS as f64;
            let points = (part as usize).max(1);
            count += points;
            for i in 0..points {
                sum += error(lo + (hi - lo) * (i as f64 + 0.5) / points as f64).abs();
            }
        }
        Measured {
            max_error,
            max_at,
            mean_error: sum / count as f64,
        }
    }
}
