//! Upper bounds of lengths, in doubles that are rounded up.
//!
//! Sums, products, quotients and roots of doubles are rounded to the nearest by IEEE 754, on every
//! machine alike; the next double above is no less than the exact result.

use crate::zkarith::Interval;

/// A real number, or infinity, that a length does not exceed. Not negative, and no NaN.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(super) struct Norm(f64);

/// The integers of at most this magnitude are doubles.
const EXACT: u128 = 1 << 53;

impl Norm {
    pub(super) const ZERO: Self = Self(0.0);
    pub(super) const ONE: Self = Self(1.0);
    /// No bound.
    pub(super) const INFINITE: Self = Self(f64::INFINITY);

    /// The least double that is no less than an integer, or the one above it.
    pub(super) fn integer(n: u128) -> Self {
        let nearest = Self(n as f64);
        if n <= EXACT { nearest } else { nearest.up() }
    }

    /// The magnitude of an integer that a double is the nearest one to.
    pub(super) fn nearest(x: f64) -> Self {
        let rounded = Self(x.abs());
        if rounded.0 <= EXACT as f64 {
            rounded
        } else {
            rounded.up()
        }
    }

    /// A bound that a computation in doubles, rounded to the nearest, proved.
    pub(super) fn proved(x: f64) -> Self {
        Self(if x.is_nan() {
            f64::INFINITY
        } else {
            x.max(0.0)
        })
        .up()
    }

    pub(super) fn value(self) -> f64 {
        self.0
    }

    /// The greatest integer that is within the bound, at most `i128::MAX`.
    pub(super) fn floor(self) -> i128 {
        // Such a cast drops the fraction, and saturates.
        self.0 as i128
    }

    fn up(self) -> Self {
        Self(self.0.next_up())
    }

    pub(super) fn min(self, other: Self) -> Self {
        if other.0 < self.0 { other } else { self }
    }

    pub(super) fn max(self, other: Self) -> Self {
        if other.0 > self.0 { other } else { self }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        match (self == Self::ZERO, other == Self::ZERO) {
            (true, _) => other,
            (_, true) => self,
            _ => Self(self.0 + other.0).up(),
        }
    }

    pub(super) fn times(self, other: Self) -> Self {
        if self == Self::ZERO || other == Self::ZERO {
            Self::ZERO
        } else if self == Self::ONE {
            other
        } else if other == Self::ONE {
            self
        } else {
            Self(self.0 * other.0).up()
        }
    }

    /// The bound divided by `2^bits`.
    pub(super) fn halved(self, bits: u32) -> Self {
        // Exact as long as the result is a normal double; smaller divisors give upper bounds.
        let exponent = 1023u64.saturating_sub(u64::from(bits)).max(1);
        let quotient = Self(self.0 * f64::from_bits(exponent << 52));
        if quotient.0.is_normal() || self == Self::ZERO {
            quotient
        } else {
            quotient.up()
        }
    }

    /// The bound times `2^bits`.
    pub(super) fn doubled(self, bits: u32) -> Self {
        if self == Self::ZERO {
            return self;
        }
        // Exact, or infinite.
        let exponent = (1023 + u64::from(bits)).min(2047);
        Self(self.0 * f64::from_bits(exponent << 52))
    }

    pub(super) fn root(self) -> Self {
        let root = self.0.sqrt();
        if root * root == self.0 && root.fract() == 0.0 && root < 67_108_864.0 {
            Self(root)
        } else {
            Self(root).up()
        }
    }

    /// The root of the sum of the squares: the length of a vector.
    pub(super) fn length(elements: impl Iterator<Item = Self>) -> Self {
        elements
            .fold(Self::ZERO, |sum, x| sum.plus(x.times(x)))
            .root()
    }

    /// The length of the longest vector with elements in these intervals.
    pub(super) fn of_intervals<'i>(intervals: impl Iterator<Item = &'i Interval>) -> Self {
        Self::length(intervals.map(|i| Self::integer(i.magnitude())))
    }

    /// The greatest of several; zero when there is none.
    pub(super) fn greatest(all: impl Iterator<Item = Self>) -> Self {
        all.fold(Self::ZERO, Self::max)
    }
}
