//! Interval arithmetic: every operation returns an interval that holds the exact results for all operands in its operands.

use crate::number::{Direction, Number};

/// A closed interval `[lower, upper]`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Interval<N> {
    pub(crate) lower: N,
    pub(crate) upper: N,
}

/// Why an expression could not be enclosed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The working precision does not separate an intermediate value from a point where the next step is undefined.
    Imprecise,
    /// A magnitude is beyond what the kernels are made for.
    TooLarge,
}

impl<N: Number> Interval<N> {
    pub(crate) fn point(value: N) -> Self {
        Interval {
            lower: value.clone(),
            upper: value,
        }
    }

    pub(crate) fn integer(value: i128, precision: u32) -> Self {
        Interval::point(N::from_integer(value, precision))
    }

    pub(crate) fn from_f64(value: f64, precision: u32) -> Self {
        Interval::point(N::from_f64(value, precision))
    }

    pub(crate) fn precision(&self) -> u32 {
        self.lower.precision()
    }

    /// The exact value, when there is no other in the interval.
    pub(crate) fn as_point(&self) -> Option<&N> {
        (self.lower == self.upper).then_some(&self.lower)
    }

    pub(crate) fn is_negative(&self) -> bool {
        self.upper.is_negative()
    }

    pub(crate) fn is_positive(&self) -> bool {
        !self.lower.is_negative() && !self.lower.is_zero()
    }

    /// No element is below zero.
    pub(crate) fn is_nonnegative(&self) -> bool {
        !self.lower.is_negative()
    }

    /// The largest magnitude in the interval.
    pub(crate) fn magnitude(&self) -> N {
        let negated = self.lower.negate();
        negated.larger(&self.upper).clone()
    }

    pub(crate) fn negate(&self) -> Self {
        Interval {
            lower: self.upper.negate(),
            upper: self.lower.negate(),
        }
    }

    pub(crate) fn abs(&self) -> Self {
        if self.is_nonnegative() {
            self.clone()
        } else if self.upper.is_negative() {
            self.negate()
        } else {
            Interval {
                lower: N::from_integer(0, self.precision()),
                upper: self.magnitude(),
            }
        }
    }

    pub(crate) fn plus(&self, other: &Self) -> Self {
        Interval {
            lower: self.lower.add(&other.lower, Direction::Down),
            upper: self.upper.add(&other.upper, Direction::Up),
        }
    }

    pub(crate) fn minus(&self, other: &Self) -> Self {
        Interval {
            lower: self.lower.subtract(&other.upper, Direction::Down),
            upper: self.upper.subtract(&other.lower, Direction::Up),
        }
    }

    pub(crate) fn times(&self, other: &Self) -> Self {
        let down = |left: &N, right: &N| left.multiply(right, Direction::Down);
        let up = |left: &N, right: &N| left.multiply(right, Direction::Up);
        if self.is_nonnegative() && other.is_nonnegative() {
            return Interval {
                lower: down(&self.lower, &other.lower),
                upper: up(&self.upper, &other.upper),
            };
        }
        if self.is_negative() {
            return self.negate().times(other).negate();
        }
        if other.is_negative() {
            return self.times(&other.negate()).negate();
        }
        // One of them has zero inside: the extremes are among the products of the ends.
        let ends = [
            (&self.lower, &other.lower),
            (&self.lower, &other.upper),
            (&self.upper, &other.lower),
            (&self.upper, &other.upper),
        ];
        let mut lower = down(ends[0].0, ends[0].1);
        let mut upper = up(ends[0].0, ends[0].1);
        for (left, right) in &ends[1..] {
            lower = lower.smaller(&down(left, right)).clone();
            upper = upper.larger(&up(left, right)).clone();
        }
        Interval { lower, upper }
    }

    /// Fails if zero may be among the divisors.
    pub(crate) fn over(&self, divisor: &Self) -> Result<Self, Failure> {
        if divisor.is_negative() {
            return self.negate().over(&divisor.negate());
        }
        if !divisor.is_positive() {
            return Err(Failure::Imprecise);
        }
        // For a positive divisor the smallest quotient has the smallest dividend,
        // over the largest divisor unless the dividend is negative.
        let (below, above) = (
            if self.lower.is_negative() {
                &divisor.lower
            } else {
                &divisor.upper
            },
            if self.upper.is_negative() {
                &divisor.upper
            } else {
                &divisor.lower
            },
        );
        Ok(Interval {
            lower: self.lower.divide(below, Direction::Down),
            upper: self.upper.divide(above, Direction::Up),
        })
    }

    /// The divisor must not be zero.
    pub(crate) fn over_small(&self, divisor: u32) -> Self {
        Interval {
            lower: self.lower.divide_small(divisor, Direction::Down),
            upper: self.upper.divide_small(divisor, Direction::Up),
        }
    }

    /// Fails if an element may be negative.
    pub(crate) fn square_root(&self) -> Result<Self, Failure> {
        if !self.is_nonnegative() {
            return Err(Failure::Imprecise);
        }
        Ok(Interval {
            lower: self.lower.square_root(Direction::Down),
            upper: self.upper.square_root(Direction::Up),
        })
    }

    /// `self * 2^power`, exactly.
    pub(crate) fn scale(&self, power: i64) -> Self {
        Interval {
            lower: self.lower.scale(power),
            upper: self.upper.scale(power),
        }
    }

    /// All numbers within `radius` (not negative) of an element.
    pub(crate) fn widen(&self, radius: &N) -> Self {
        Interval {
            lower: self.lower.subtract(radius, Direction::Down),
            upper: self.upper.add(radius, Direction::Up),
        }
    }

    /// The image under `x -> max(lower, min(upper, x))`.
    pub(crate) fn clamp(&self, lower: i128, upper: i128) -> Self {
        let precision = self.precision();
        let lower = N::from_integer(lower, precision);
        let upper = N::from_integer(upper, precision);
        let clamp = |value: &N| value.larger(&lower).smaller(&upper).clone();
        Interval {
            lower: clamp(&self.lower),
            upper: clamp(&self.upper),
        }
    }
}
