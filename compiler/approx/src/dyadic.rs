//! Dyadic rationals `m * 2^e` of any size: what inputs, parameters and ends of enclosures are.

use std::cmp::Ordering;
use std::fmt;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

use crate::number::{Direction, Fraction, SPLIT_BITS, directed_f64, f64_parts};

/// An exact number `mantissa * 2^exponent`, kept with an odd mantissa (or as `0 * 2^0`), so equal numbers are equal data.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Dyadic {
    mantissa: BigInt,
    exponent: i64,
}

impl Dyadic {
    /// The number `mantissa * 2^exponent`.
    pub fn new(mantissa: BigInt, exponent: i64) -> Self {
        match mantissa.trailing_zeros() {
            None => Dyadic {
                mantissa,
                exponent: 0,
            },
            Some(0) => Dyadic { mantissa, exponent },
            Some(zeros) => Dyadic {
                mantissa: mantissa >> zeros,
                exponent: exponent + zeros as i64,
            },
        }
    }

    /// The fixed-point number `numerator * 2^-scale`.
    pub fn from_scaled(numerator: i128, scale: u32) -> Self {
        Dyadic::new(BigInt::from(numerator), -i64::from(scale))
    }

    /// A double, exactly; nothing for infinities and NaN.
    pub fn from_f64(value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        let (negative, magnitude, exponent) = f64_parts(value);
        let magnitude = BigInt::from(magnitude);
        Some(Dyadic::new(
            if negative { -magnitude } else { magnitude },
            exponent,
        ))
    }

    /// The odd mantissa (zero for zero).
    pub fn mantissa(&self) -> &BigInt {
        &self.mantissa
    }

    /// The power of two that goes with [`Dyadic::mantissa`].
    pub fn exponent(&self) -> i64 {
        self.exponent
    }

    /// The largest double not above the number (`-inf` below the range of doubles).
    pub fn to_f64_down(&self) -> f64 {
        self.to_f64(Direction::Down)
    }

    /// The smallest double not below the number (`inf` above the range of doubles).
    pub fn to_f64_up(&self) -> f64 {
        self.to_f64(Direction::Up)
    }

    pub(crate) fn to_f64(&self, direction: Direction) -> f64 {
        if self.mantissa.is_zero() {
            return 0.0;
        }
        let magnitude = self.mantissa.magnitude();
        let bits = magnitude.bits() as i64;
        // After the shift the magnitude has exactly 64 bits, so its only digit is the whole of it.
        let (top, sticky) = if bits >= 64 {
            let shifted = magnitude >> (bits - 64) as u64;
            // The mantissa is odd: whatever is shifted out is not zero.
            (shifted.iter_u64_digits().next(), bits > 64)
        } else {
            let shifted = magnitude << (64 - bits) as u64;
            (shifted.iter_u64_digits().next(), false)
        };
        directed_f64(
            self.mantissa.is_negative(),
            top.unwrap_or(0),
            sticky,
            self.exponent + bits - 64,
            direction,
        )
    }

    /// The largest `e` with `2^e <= |self|`; nothing for zero.
    pub(crate) fn top_exponent(&self) -> Option<i64> {
        if self.mantissa.is_zero() {
            None
        } else {
            Some(self.exponent + self.mantissa.bits() as i64 - 1)
        }
    }

    /// `self * 2^power`.
    pub(crate) fn scale(&self, power: i64) -> Self {
        if self.mantissa.is_zero() {
            return self.clone();
        }
        Dyadic {
            mantissa: self.mantissa.clone(),
            exponent: self.exponent + power,
        }
    }

    /// The integer at or below the number and the position above it; nothing when `|self| >= 2^SPLIT_BITS`.
    pub(crate) fn split(&self) -> Option<(i128, Fraction)> {
        let Some(top) = self.top_exponent() else {
            return Some((0, Fraction::Zero));
        };
        if top >= SPLIT_BITS {
            return None;
        }
        if self.exponent >= 0 {
            let integer = &self.mantissa << self.exponent as u64;
            return Some((i128::try_from(integer).ok()?, Fraction::Zero));
        }
        let negative = self.mantissa.is_negative();
        if top < -1 {
            // |self| < 1/2
            return Some(if negative {
                (-1, Fraction::AboveHalf)
            } else {
                (0, Fraction::BelowHalf)
            });
        }
        // Here 2^-1 <= |self| < 2^125 and the mantissa is odd, so the number is no integer.
        let places = self.exponent.unsigned_abs();
        // `>>` on BigInt rounds down.
        let doubled: BigInt = &self.mantissa >> (places - 1);
        let floor = i128::try_from(&doubled >> 1u32).ok()?;
        let upper_half = doubled.bit(0);
        let fraction = match (upper_half, places == 1) {
            (true, true) => Fraction::Half,
            (true, false) => Fraction::AboveHalf,
            (false, _) => Fraction::BelowHalf,
        };
        Some((floor, fraction))
    }

    /// The same number as a fraction; nothing if writing it out would take more than 2^20 bits.
    pub(crate) fn to_rational(&self) -> Option<BigRational> {
        const LIMIT: u64 = 1 << 20;
        let shift = self.exponent.unsigned_abs();
        if shift > LIMIT {
            return None;
        }
        Some(if self.exponent >= 0 {
            BigRational::from_integer(&self.mantissa << shift)
        } else {
            // An odd mantissa and a power of two have no common factor.
            BigRational::new_raw(self.mantissa.clone(), BigInt::one() << shift)
        })
    }
}

impl PartialOrd for Dyadic {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Dyadic {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |number: &Dyadic| number.mantissa.signum();
        let by_sign = sign(self).cmp(&sign(other));
        if by_sign.is_ne() {
            return by_sign;
        }
        let by_magnitude = self.top_exponent().cmp(&other.top_exponent());
        if by_magnitude.is_ne() {
            return if self.mantissa.is_negative() {
                by_magnitude.reverse()
            } else {
                by_magnitude
            };
        }
        // Same sign and top bit: the exponents differ by no more than the mantissas' lengths.
        let low = self.exponent.min(other.exponent);
        let left = &self.mantissa << (self.exponent - low) as u64;
        let right = &other.mantissa << (other.exponent - low) as u64;
        left.cmp(&right)
    }
}

impl fmt::Display for Dyadic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}*2^{}", self.mantissa, self.exponent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dyadic(mantissa: i128, exponent: i64) -> Dyadic {
        Dyadic::new(BigInt::from(mantissa), exponent)
    }

    #[test]
    fn normal_form_makes_equal_numbers_equal() {
        assert_eq!(dyadic(12, -2), dyadic(3, 0));
        assert_eq!(dyadic(0, 77), dyadic(0, 0));
        assert_eq!(Dyadic::from_scaled(-6, 1), dyadic(-3, 0));
    }

    #[test]
    fn doubles_go_through_unchanged() {
        for value in [
            0.0,
            1.0,
            -0.1,
            1e300,
            f64::MIN_POSITIVE,
            5e-324,
            -f64::MAX,
            1.5e-310,
        ] {
            let exact = Dyadic::from_f64(value).unwrap();
            assert_eq!(exact.to_f64_down(), value);
            assert_eq!(exact.to_f64_up(), value);
        }
        assert_eq!(Dyadic::from_f64(f64::NAN), None);
    }

    #[test]
    fn directed_conversion_brackets() {
        let third = dyadic((1 << 100) / 3, -100);
        assert!(third.to_f64_down() < third.to_f64_up());
        assert_eq!(third.to_f64_down().next_up(), third.to_f64_up());
        let negative = dyadic(-((1 << 100) / 3), -100);
        assert_eq!(negative.to_f64_down(), -third.to_f64_up());
        assert_eq!(dyadic(1, 2000).to_f64_down(), f64::MAX);
        assert_eq!(dyadic(1, 2000).to_f64_up(), f64::INFINITY);
        assert_eq!(dyadic(1, -2000).to_f64_down(), 0.0);
        assert_eq!(dyadic(1, -2000).to_f64_up(), 5e-324);
        assert_eq!(dyadic(-1, -2000).to_f64_down(), -5e-324);
        // A carry from the last subnormal to the first normal number.
        let just_below = dyadic((1 << 60) - 1, -1022 - 60);
        assert_eq!(just_below.to_f64_up(), f64::MIN_POSITIVE);
        // A carry into the next power of two.
        let almost_two = dyadic((1 << 60) - 1, -59);
        assert_eq!(almost_two.to_f64_up(), 2.0);
        assert_eq!(almost_two.to_f64_down(), 2.0f64.next_down());
    }

    #[test]
    fn order_follows_the_value() {
        let sorted = [
            dyadic(-1, 100),
            dyadic(-3, 0),
            dyadic(-5, -1),
            dyadic(-1, -90),
            dyadic(0, 0),
            dyadic(1, -90),
            dyadic(5, -1),
            dyadic(3, 0),
            dyadic(7, -1),
            dyadic(1, 100),
        ];
        for pair in sorted.windows(2) {
            assert!(pair[0] < pair[1], "{} {}", pair[0], pair[1]);
        }
    }

    #[test]
    fn split_names_the_midpoint() {
        use Fraction::*;
        for (mantissa, exponent, expected) in [
            (0, 0, (0, Zero)),
            (5, 0, (5, Zero)),
            (5, 3, (40, Zero)),
            (1, -1, (0, Half)),
            (-1, -1, (-1, Half)),
            (3, -1, (1, Half)),
            (-3, -1, (-2, Half)),
            (1, -2, (0, BelowHalf)),
            (3, -2, (0, AboveHalf)),
            (-1, -2, (-1, AboveHalf)),
            (-3, -2, (-1, BelowHalf)),
            (5, -2, (1, BelowHalf)),
            (-5, -2, (-2, AboveHalf)),
            (1, -500, (0, BelowHalf)),
            (-1, -500, (-1, AboveHalf)),
        ] {
            assert_eq!(
                dyadic(mantissa, exponent).split(),
                Some(expected),
                "{mantissa}*2^{exponent}"
            );
        }
        assert_eq!(dyadic(1, SPLIT_BITS).split(), None);
    }
}
