//! Binary floating point with a significand of 128 bits, without allocation.

use std::cmp::Ordering;

use num_bigint::BigInt;

use crate::dyadic::Dyadic;
use crate::number::{Direction, Fraction, Number, SPLIT_BITS, directed_f64};

/// The number `±significand * 2^exponent`; the significand's highest bit is set, or all is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Short {
    negative: bool,
    significand: u128,
    exponent: i64,
}

/// A 256-bit magnitude.
#[derive(Clone, Copy)]
struct Double {
    high: u128,
    low: u128,
}

impl Short {
    /// Bits of the significand.
    pub(crate) const PRECISION: u32 = 128;

    const ZERO: Short = Short {
        negative: false,
        significand: 0,
        exponent: 0,
    };

    /// `±magnitude * 2^exponent`, or a number further from zero by less than `2^exponent` if `sticky`, rounded.
    fn rounded(
        negative: bool,
        magnitude: Double,
        sticky: bool,
        exponent: i64,
        direction: Direction,
    ) -> Self {
        let Some(zeros) = magnitude.leading_zeros() else {
            debug_assert!(!sticky, "the operations keep more bits than that");
            return Short::ZERO;
        };
        let normal = magnitude.shift_left(zeros);
        let mut exponent = exponent + 128 - i64::from(zeros);
        let mut significand = normal.high;
        let inexact = sticky || normal.low != 0;
        if inexact && direction.is_away_from_zero(negative) {
            significand = significand.checked_add(1).unwrap_or_else(|| {
                exponent += 1;
                1 << 127
            });
        }
        Short {
            negative,
            significand,
            exponent,
        }
    }

    fn compare_magnitude(&self, other: &Self) -> Ordering {
        match (self.significand, other.significand) {
            (0, 0) => Ordering::Equal,
            (0, _) => Ordering::Less,
            (_, 0) => Ordering::Greater,
            // Both are normal: the exponent decides first.
            (left, right) => (self.exponent, left).cmp(&(other.exponent, right)),
        }
    }
}

impl Number for Short {
    fn from_parts(negative: bool, magnitude: u128, exponent: i64, _precision: u32) -> Self {
        if magnitude == 0 {
            return Short::ZERO;
        }
        let zeros = magnitude.leading_zeros();
        Short {
            negative,
            significand: magnitude << zeros,
            exponent: exponent - i64::from(zeros),
        }
    }

    fn precision(&self) -> u32 {
        Short::PRECISION
    }

    fn is_zero(&self) -> bool {
        self.significand == 0
    }

    fn is_negative(&self) -> bool {
        self.negative
    }

    fn negate(&self) -> Self {
        Short {
            negative: !self.negative && !self.is_zero(),
            ..*self
        }
    }

    fn add(&self, other: &Self, direction: Direction) -> Self {
        if self.is_zero() {
            return *other;
        }
        if other.is_zero() {
            return *self;
        }
        let (large, small) = if self.compare_magnitude(other).is_ge() {
            (self, other)
        } else {
            (other, self)
        };
        // One bit of room above for the carry, 127 below.
        let exponent = large.exponent - 127;
        let left = Double {
            high: large.significand,
            low: 0,
        }
        .shift_right(1)
        .0;
        // The larger magnitude has the larger exponent, so the distance is not negative.
        let distance = (large.exponent - small.exponent).min(1000) as u32;
        let (right, sticky) = Double {
            high: small.significand,
            low: 0,
        }
        .shift_right(1 + distance);
        if large.negative == small.negative {
            Short::rounded(
                large.negative,
                left.plus(right),
                sticky,
                exponent,
                direction,
            )
        } else {
            // What was shifted out of `right` counts too: take one unit more and add back a part of it.
            let mut difference = left.minus(right);
            if sticky {
                difference = difference.minus(Double { high: 0, low: 1 });
            }
            Short::rounded(large.negative, difference, sticky, exponent, direction)
        }
    }

    fn multiply(&self, other: &Self, direction: Direction) -> Self {
        if self.is_zero() || other.is_zero() {
            return Short::ZERO;
        }
        Short::rounded(
            self.negative != other.negative,
            Double::product(self.significand, other.significand),
            false,
            self.exponent + other.exponent,
            direction,
        )
    }

    fn divide(&self, other: &Self, direction: Direction) -> Self {
        debug_assert!(!other.is_zero());
        if self.is_zero() {
            return Short::ZERO;
        }
        let divisor = other.significand;
        // Long division of significand * 2^128 by the divisor, one bit at a time; `remainder < divisor` throughout.
        let high = u128::from(self.significand >= divisor);
        let mut remainder = self.significand - if high == 1 { divisor } else { 0 };
        let mut quotient = 0u128;
        for _ in 0..128 {
            let carry = remainder >> 127 == 1;
            remainder <<= 1;
            quotient <<= 1;
            if carry || remainder >= divisor {
                // With the carry the true remainder is 2^128 more; it is below twice the divisor either way.
                remainder = remainder.wrapping_sub(divisor);
                quotient |= 1;
            }
        }
        Short::rounded(
            self.negative != other.negative,
            Double {
                high,
                low: quotient,
            },
            remainder != 0,
            self.exponent - other.exponent - 128,
            direction,
        )
    }

    fn divide_small(&self, divisor: u32, direction: Direction) -> Self {
        let divisor = u128::from(divisor);
        let high = self.significand / divisor;
        let remainder = self.significand % divisor;
        // Another 64 bits: the quotient has at least 96 + 64 of them.
        let next = (remainder << 64) / divisor;
        let rest = (remainder << 64) % divisor;
        Short::rounded(
            self.negative,
            Double {
                high,
                low: next << 64,
            },
            rest != 0,
            self.exponent - 128,
            direction,
        )
    }

    fn square_root(&self, direction: Direction) -> Self {
        debug_assert!(!self.negative);
        if self.is_zero() {
            return Short::ZERO;
        }
        // A radicand with an even exponent and 255 or 256 bits; its root has 128.
        let odd = self.exponent.rem_euclid(2);
        let radicand = Double {
            high: self.significand,
            low: 0,
        }
        .shift_right(odd as u32)
        .0;
        let exponent = (self.exponent - 128 + odd) / 2;
        // The upper half of the root is the root of the upper half; the other bits are tried one by one.
        let mut root = radicand.high.isqrt() << 64;
        for bit in (0..64).rev() {
            let candidate = root | (1 << bit);
            if Double::product(candidate, candidate)
                .compare(radicand)
                .is_le()
            {
                root = candidate;
            }
        }
        let sticky = Double::product(root, root).compare(radicand).is_ne();
        Short::rounded(
            false,
            Double { high: 0, low: root },
            sticky,
            exponent,
            direction,
        )
    }

    fn scale(&self, power: i64) -> Self {
        if self.is_zero() {
            return Short::ZERO;
        }
        Short {
            exponent: self.exponent + power,
            ..*self
        }
    }

    fn top_exponent(&self) -> Option<i64> {
        (!self.is_zero()).then_some(self.exponent + 127)
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.compare_magnitude(other),
            (true, true) => other.compare_magnitude(self),
        }
    }

    fn split(&self) -> Option<(i128, Fraction)> {
        let Some(top) = self.top_exponent() else {
            return Some((0, Fraction::Zero));
        };
        if top >= SPLIT_BITS {
            return None;
        }
        // |self| < 2^125: the integer part of the magnitude fits, and so does its negation minus one.
        let places = -self.exponent;
        let (integer, fraction) = if places > 128 {
            (0, Fraction::BelowHalf)
        } else {
            // `places` is between 3 and 128 here.
            let half = 1u128 << (places - 1);
            let (integer, rest) = if places == 128 {
                (0, self.significand)
            } else {
                (
                    self.significand >> places,
                    self.significand & ((half << 1) - 1),
                )
            };
            let fraction = match rest.cmp(&half) {
                _ if rest == 0 => Fraction::Zero,
                Ordering::Less => Fraction::BelowHalf,
                Ordering::Equal => Fraction::Half,
                Ordering::Greater => Fraction::AboveHalf,
            };
            (integer as i128, fraction)
        };
        Some(match (self.negative, fraction) {
            (false, fraction) => (integer, fraction),
            (true, Fraction::Zero) => (-integer, Fraction::Zero),
            (true, Fraction::BelowHalf) => (-integer - 1, Fraction::AboveHalf),
            (true, Fraction::Half) => (-integer - 1, Fraction::Half),
            (true, Fraction::AboveHalf) => (-integer - 1, Fraction::BelowHalf),
        })
    }

    fn to_f64(&self, direction: Direction) -> f64 {
        if self.is_zero() {
            return 0.0;
        }
        // The cast keeps the lower half.
        let rest = self.significand as u64;
        directed_f64(
            self.negative,
            (self.significand >> 64) as u64,
            rest != 0,
            self.exponent + 64,
            direction,
        )
    }

    fn to_dyadic(&self) -> Dyadic {
        let magnitude = BigInt::from(self.significand);
        Dyadic::new(
            if self.negative { -magnitude } else { magnitude },
            self.exponent,
        )
    }
}

impl Double {
    /// The product of two 128-bit numbers.
    fn product(left: u128, right: u128) -> Self {
        const MASK: u128 = (1 << 64) - 1;
        let (left_high, left_low) = (left >> 64, left & MASK);
        let (right_high, right_low) = (right >> 64, right & MASK);
        let low = left_low * right_low;
        let cross = left_high * right_low + (low >> 64);
        // Below 2^64 + (2^64 - 1)^2, so no sum here overflows.
        let other_cross = left_low * right_high + (cross & MASK);
        Double {
            high: left_high * right_high + (cross >> 64) + (other_cross >> 64),
            low: (other_cross << 64) | (low & MASK),
        }
    }

    /// Nothing for zero.
    fn leading_zeros(self) -> Option<u32> {
        if self.high != 0 {
            Some(self.high.leading_zeros())
        } else if self.low != 0 {
            Some(128 + self.low.leading_zeros())
        } else {
            None
        }
    }

    /// By at most 255 places, without loss: the places shifted out are zero.
    fn shift_left(self, places: u32) -> Self {
        match places {
            0 => self,
            1..128 => Double {
                high: (self.high << places) | (self.low >> (128 - places)),
                low: self.low << places,
            },
            _ => Double {
                high: self.low << (places - 128),
                low: 0,
            },
        }
    }

    /// The shifted number and whether a one was shifted out.
    fn shift_right(self, places: u32) -> (Self, bool) {
        match places {
            0 => (self, false),
            1..128 => (
                Double {
                    high: self.high >> places,
                    low: (self.low >> places) | (self.high << (128 - places)),
                },
                self.low << (128 - places) != 0,
            ),
            128 => (
                Double {
                    high: 0,
                    low: self.high,
                },
                self.low != 0,
            ),
            129..256 => (
                Double {
                    high: 0,
                    low: self.high >> (places - 128),
                },
                self.low != 0 || self.high << (256 - places) != 0,
            ),
            _ => (Double { high: 0, low: 0 }, self.low != 0 || self.high != 0),
        }
    }

    /// Without overflow, by the callers' choice of places.
    fn plus(self, other: Self) -> Self {
        let (low, carry) = self.low.overflowing_add(other.low);
        Double {
            high: self.high + other.high + u128::from(carry),
            low,
        }
    }

    /// `other` must not be larger.
    fn minus(self, other: Self) -> Self {
        let (low, borrow) = self.low.overflowing_sub(other.low);
        Double {
            high: self.high - other.high - u128::from(borrow),
            low,
        }
    }

    fn compare(self, other: Self) -> Ordering {
        (self.high, self.low).cmp(&(other.high, other.low))
    }
}
