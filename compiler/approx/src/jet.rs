//! Jets: truncated power series with interval coefficients.
//!
//! The jet of `f` at an interval `X` has as coefficient `k` an interval that holds `f^(k)(x) / k!` for every `x` in `X`.
//! Arithmetic and elementary functions of jets follow from the recurrences of formal power series; each step
//! is interval arithmetic, so the inclusion is kept: R. E. Moore, "Interval Analysis" (1966), chapter 11; A. Griewank,
//! A. Walther, "Evaluating Derivatives" (2008), section 13.2, for the recurrences.
//!
//! On a point the coefficients are known to nearly all bits. On an interval they may be much too wide, but close in as the
//! interval shrinks.

mod functions;

use crate::elementary::Elementary;
use crate::interval::{Failure, Interval};
use crate::number::Number;

pub(crate) use functions::{Arguments, taylor};

/// A power series up to some order, from the constant coefficient on.
#[derive(Clone, Debug)]
struct Jet<N> {
    coefficients: Vec<Interval<N>>,
}

impl<N: Number> Jet<N> {
    /// The argument itself: `x` in the interval, with slope 1.
    fn variable(e: &Elementary<N>, x: &Interval<N>, order: usize) -> Self {
        let mut jet = Jet::constant(e, x.clone(), order);
        if let Some(slope) = jet.coefficients.get_mut(1) {
            *slope = e.integer(1);
        }
        jet
    }

    fn constant(e: &Elementary<N>, value: Interval<N>, order: usize) -> Self {
        let mut coefficients = vec![e.integer(0); order + 1];
        coefficients[0] = value;
        Jet { coefficients }
    }

    fn order(&self) -> usize {
        self.coefficients.len() - 1
    }

    /// The constant coefficient: what the values are in.
    fn value(&self) -> &Interval<N> {
        &self.coefficients[0]
    }

    fn map(&self, each: impl Fn(&Interval<N>) -> Interval<N>) -> Self {
        Jet {
            coefficients: self.coefficients.iter().map(each).collect(),
        }
    }

    fn zip(&self, other: &Self, each: impl Fn(&Interval<N>, &Interval<N>) -> Interval<N>) -> Self {
        let pairs = self.coefficients.iter().zip(&other.coefficients);
        Jet {
            coefficients: pairs.map(|(left, right)| each(left, right)).collect(),
        }
    }

    fn negate(&self) -> Self {
        self.map(Interval::negate)
    }

    fn plus(&self, other: &Self) -> Self {
        self.zip(other, Interval::plus)
    }

    fn minus(&self, other: &Self) -> Self {
        self.zip(other, Interval::minus)
    }

    /// `self + value`.
    fn shift(&self, value: &Interval<N>) -> Self {
        let mut jet = self.clone();
        jet.coefficients[0] = jet.coefficients[0].plus(value);
        jet
    }

    /// `self * factor`.
    fn stretch(&self, factor: &Interval<N>) -> Self {
        self.map(|coefficient| coefficient.times(factor))
    }

    /// `self * 2^power`.
    fn scale(&self, power: i64) -> Self {
        self.map(|coefficient| coefficient.scale(power))
    }

    fn times(&self, other: &Self) -> Self {
        let (a, b) = (&self.coefficients, &other.coefficients);
        let coefficients = (0..a.len())
            .map(|k| self.sum((0..=k).map(|j| a[j].times(&b[k - j]))))
            .collect();
        Jet { coefficients }
    }

    /// `y` with `y b = self`: `y_k = (a_k - sum_(j<k) y_j b_(k-j)) / b_0`. Fails if a divisor may be zero.
    fn over(&self, divisor: &Self) -> Result<Self, Failure> {
        let (a, b) = (&self.coefficients, &divisor.coefficients);
        let mut y = vec![a[0].over(&b[0])?];
        for k in 1..a.len() {
            let known = self.sum((0..k).map(|j| y[j].times(&b[k - j])));
            y.push(a[k].minus(&known).over(&b[0])?);
        }
        Ok(Jet { coefficients: y })
    }

    /// `1 / self`.
    fn reciprocal(&self, e: &Elementary<N>) -> Result<Self, Failure> {
        Jet::constant(e, e.integer(1), self.order()).over(self)
    }

    /// `y` with `y^2 = self`: `2 y_0 y_k = a_k - sum_(0<j<k) y_j y_(k-j)`. Fails unless all values are positive.
    fn square_root(&self) -> Result<Self, Failure> {
        let a = &self.coefficients;
        let mut y = vec![a[0].square_root()?];
        let twice = y[0].scale(1);
        for k in 1..a.len() {
            let known = self.sum((1..k).map(|j| y[j].times(&y[k - j])));
            y.push(a[k].minus(&known).over(&twice)?);
        }
        Ok(Jet { coefficients: y })
    }

    /// `y` with `y' = a' y`: `k y_k = sum_(0<j<=k) j a_j y_(k-j)`.
    fn exp(&self, e: &Elementary<N>) -> Result<Self, Failure> {
        let slopes = self.slopes(e);
        let mut y = vec![increasing(self.value(), |x| e.exp(x))?];
        for k in 1..=self.order() {
            y.push(self.next(&slopes, &y, k));
        }
        Ok(Jet { coefficients: y })
    }

    /// Sine and cosine: `s' = a' c`, `c' = -a' s`.
    fn sin_cos(&self, e: &Elementary<N>) -> Result<(Self, Self), Failure> {
        let slopes = self.slopes(e);
        let (sine, cosine) = e.sin_cos(self.value())?;
        let (mut s, mut c) = (vec![sine], vec![cosine]);
        for k in 1..=self.order() {
            let sine = self.next(&slopes, &c, k);
            c.push(self.next(&slopes, &s, k).negate());
            s.push(sine);
        }
        Ok((Jet { coefficients: s }, Jet { coefficients: c }))
    }

    /// The error function: `y' = a' 2/sqrt(pi) e^(-a^2)`.
    fn erf(&self, e: &Elementary<N>) -> Result<Self, Failure> {
        let slopes = self.slopes(e);
        let density = self.bell(e)?.coefficients;
        let mut y = vec![increasing(self.value(), |x| {
            if x.is_negative() {
                Ok(e.erf(&x.negate())?.negate())
            } else {
                e.erf(x)
            }
        })?];
        for k in 1..=self.order() {
            y.push(self.next(&slopes, &density, k));
        }
        Ok(Jet { coefficients: y })
    }

    /// `2/sqrt(pi) e^(-a^2)`.
    fn bell(&self, e: &Elementary<N>) -> Result<Self, Failure> {
        let height = e.integer(2).over(&e.half_pi().scale(1).square_root()?)?;
        Ok(self.times(self).negate().exp(e)?.stretch(&height))
    }

    /// `self^exponent` for positive values: `k a_0 y_k = sum_(0<j<=k) (exponent j - (k - j)) a_j y_(k-j)`.
    fn power(&self, e: &Elementary<N>, exponent: f64) -> Result<Self, Failure> {
        let a = &self.coefficients;
        if !a[0].is_positive() {
            return Err(Failure::Imprecise);
        }
        let exponent = e.real(exponent);
        let value = increasing(&a[0], |x| e.ln(x))?.times(&exponent);
        let mut y = vec![increasing(&value, |x| e.exp(x))?];
        for (k, divisor) in (1..=self.order()).zip(1u32..) {
            let terms = (1..=k).map(|j| {
                let factor = exponent
                    .times(&e.integer(j as i128))
                    .minus(&e.integer((k - j) as i128));
                factor.times(&a[j]).times(&y[k - j])
            });
            y.push(self.sum(terms).over_small(divisor).over(&a[0])?);
        }
        Ok(Jet { coefficients: y })
    }

    /// A jet whose derivative is `self`; its constant coefficient is left at zero.
    fn primitive(&self, e: &Elementary<N>) -> Self {
        let mut coefficients = vec![e.integer(0)];
        let kept = &self.coefficients[..self.order()];
        for (coefficient, divisor) in kept.iter().zip(1u32..) {
            coefficients.push(coefficient.over_small(divisor));
        }
        Jet { coefficients }
    }

    /// `j a_j` for all `j`: the coefficients of `a'`, one place further on.
    fn slopes(&self, e: &Elementary<N>) -> Vec<Interval<N>> {
        let each = self.coefficients.iter().zip(0i128..);
        each.map(|(a, j)| a.times(&e.integer(j))).collect()
    }

    /// Coefficient `k >= 1` of `y` with `y' = a' b`: `k y_k = sum_(0<j<=k) j a_j b_(k-j)`.
    fn next(&self, slopes: &[Interval<N>], b: &[Interval<N>], k: usize) -> Interval<N> {
        // Orders are far below 2^32.
        self.sum((1..=k).map(|j| slopes[j].times(&b[k - j])))
            .over_small(k as u32)
    }

    fn sum(&self, terms: impl Iterator<Item = Interval<N>>) -> Interval<N> {
        let zero = Interval::integer(0, self.value().precision());
        terms.fold(zero, |sum, term| sum.plus(&term))
    }
}

/// The values of an increasing function on an interval, from those at its ends.
fn increasing<N: Number>(
    x: &Interval<N>,
    function: impl Fn(&Interval<N>) -> Result<Interval<N>, Failure>,
) -> Result<Interval<N>, Failure> {
    if x.as_point().is_some() {
        return function(x);
    }
    Ok(Interval {
        lower: function(&Interval::point(x.lower.clone()))?.lower,
        upper: function(&Interval::point(x.upper.clone()))?.upper,
    })
}

#[cfg(test)]
mod tests;
