//! Binary floating point of any precision, on big integers.

use std::cmp::Ordering;

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, Zero};

use crate::dyadic::Dyadic;
use crate::number::{Direction, Fraction, Number};

/// A number with a significand of at most `precision` bits.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Long {
    value: Dyadic,
    precision: u32,
}

impl Long {
    /// `mantissa * 2^exponent`, or a number just above it if `sticky` (by less than `2^exponent`), rounded.
    fn rounded(
        mantissa: BigInt,
        sticky: bool,
        exponent: i64,
        precision: u32,
        direction: Direction,
    ) -> Self {
        let excess = (mantissa.bits() as i64 - i64::from(precision)).max(0);
        // `>>` rounds down, for negative numbers too.
        let floor = &mantissa >> excess as u64;
        let exact = !sticky
            && mantissa
                .trailing_zeros()
                .is_none_or(|zeros| zeros as i64 >= excess);
        let significand = if direction == Direction::Up && !exact {
            floor + 1
        } else {
            floor
        };
        // A carry to `precision + 1` bits leaves a power of two, which the normal form keeps as one bit.
        Long {
            value: Dyadic::new(significand, exponent + excess),
            precision,
        }
    }

    fn common_precision(&self, other: &Self) -> u32 {
        self.precision.max(other.precision)
    }
}

impl Number for Long {
    fn from_parts(negative: bool, magnitude: u128, exponent: i64, precision: u32) -> Self {
        debug_assert!(precision >= 128);
        let magnitude = BigInt::from(magnitude);
        Long {
            value: Dyadic::new(if negative { -magnitude } else { magnitude }, exponent),
            precision,
        }
    }

    fn precision(&self) -> u32 {
        self.precision
    }

    fn is_zero(&self) -> bool {
        self.value.mantissa().is_zero()
    }

    fn is_negative(&self) -> bool {
        self.value.mantissa().is_negative()
    }

    fn negate(&self) -> Self {
        Long {
            value: Dyadic::new(-self.value.mantissa(), self.value.exponent()),
            precision: self.precision,
        }
    }

    fn add(&self, other: &Self, direction: Direction) -> Self {
        let precision = self.common_precision(other);
        let (Some(left_top), Some(right_top)) = (self.top_exponent(), other.top_exponent()) else {
            let sum = if self.is_zero() { other } else { self };
            return Long {
                value: sum.value.clone(),
                precision,
            };
        };
        let (large, small, large_top, small_top) = if left_top >= right_top {
            (self, other, left_top, right_top)
        } else {
            (other, self, right_top, left_top)
        };
        // `large` and every candidate for the rounded sum (even after a cancellation by one bit) are multiples of 2^floor.
        // A summand below 2^floor therefore only says on which side of `large` the sum lies; so does ±2^(floor - 1).
        let floor = large
            .value
            .exponent()
            .min(large_top - i64::from(precision) - 4);
        let stand_in;
        let small = if small_top < floor {
            stand_in = Dyadic::new(small.value.mantissa().signum(), floor - 1);
            &stand_in
        } else {
            &small.value
        };
        let exponent = large.value.exponent().min(small.exponent());
        let sum = (large.value.mantissa() << (large.value.exponent() - exponent) as u64)
            + (small.mantissa() << (small.exponent() - exponent) as u64);
        Long::rounded(sum, false, exponent, precision, direction)
    }

    fn multiply(&self, other: &Self, direction: Direction) -> Self {
        Long::rounded(
            self.value.mantissa() * other.value.mantissa(),
            false,
            self.value.exponent() + other.value.exponent(),
            self.common_precision(other),
            direction,
        )
    }

    fn divide(&self, other: &Self, direction: Direction) -> Self {
        let precision = self.common_precision(other);
        let (numerator, denominator) = (self.value.mantissa(), other.value.mantissa());
        let shift =
            (i64::from(precision) + 2 + denominator.bits() as i64 - numerator.bits() as i64).max(0);
        let (quotient, remainder) = (numerator << shift as u64).div_mod_floor(denominator);
        Long::rounded(
            quotient,
            !remainder.is_zero(),
            self.value.exponent() - other.value.exponent() - shift,
            precision,
            direction,
        )
    }

    fn divide_small(&self, divisor: u32, direction: Direction) -> Self {
        self.divide(
            &Long::from_parts(false, u128::from(divisor), 0, self.precision),
            direction,
        )
    }

    fn square_root(&self, direction: Direction) -> Self {
        debug_assert!(!self.is_negative());
        let mantissa = self.value.mantissa();
        let mut shift = (2 * i64::from(self.precision) + 4 - mantissa.bits() as i64).max(0);
        if (self.value.exponent() - shift).is_odd() {
            shift += 1;
        }
        let radicand = mantissa << shift as u64;
        let root = radicand.sqrt();
        let sticky = &root * &root != radicand;
        Long::rounded(
            root,
            sticky,
            (self.value.exponent() - shift) / 2,
            self.precision,
            direction,
        )
    }

    fn scale(&self, power: i64) -> Self {
        Long {
            value: self.value.scale(power),
            precision: self.precision,
        }
    }

    fn top_exponent(&self) -> Option<i64> {
        self.value.top_exponent()
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.value.cmp(&other.value)
    }

    fn split(&self) -> Option<(i128, Fraction)> {
        self.value.split()
    }

    fn to_f64(&self, direction: Direction) -> f64 {
        self.value.to_f64(direction)
    }

    fn to_dyadic(&self) -> Dyadic {
        self.value.clone()
    }

    fn from_integer(value: i128, precision: u32) -> Self {
        Long {
            value: Dyadic::new(BigInt::from(value), 0),
            precision,
        }
    }
}
