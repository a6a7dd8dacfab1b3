//! What the enclosures compute with: binary floating-point numbers whose operations round in a given direction.
//!
//! Two implementations exist. [`crate::short::Short`] has a significand of 128 bits and is fast;
//! [`crate::long::Long`] has as many bits as asked for. Every operation is done on integers and rounded once,
//! so a result rounded down is never above the exact value and one rounded up never below it.

use std::cmp::Ordering;
use std::fmt::Debug;

use crate::dyadic::Dyadic;

/// The side to which an inexact result is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Towards minus infinity.
    Down,
    /// Towards plus infinity.
    Up,
}

impl Direction {
    /// Whether rounding this way moves a number of this sign away from zero.
    pub(crate) fn is_away_from_zero(self, negative: bool) -> bool {
        (self == Direction::Down) == negative
    }
}

/// Where a number stands between the integer below it and the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fraction {
    /// It is an integer.
    Zero,
    /// Strictly between an integer and the midpoint above it.
    BelowHalf,
    /// It is a midpoint of two integers.
    Half,
    /// Strictly between a midpoint and the integer above it.
    AboveHalf,
}

/// Magnitudes from `2^SPLIT_BITS` on have no integer part in [`Number::split`].
pub(crate) const SPLIT_BITS: i64 = 125;

/// A binary floating-point number of some precision, with an exponent that does not overflow in practice.
///
/// Operations on two numbers work at the larger precision of the two.
pub(crate) trait Number: Clone + Debug + PartialEq {
    /// `magnitude * 2^exponent`, negated if asked for. Exact: `precision` is at least 128 bits.
    fn from_parts(negative: bool, magnitude: u128, exponent: i64, precision: u32) -> Self;

    /// Bits of the significand to which results are rounded.
    fn precision(&self) -> u32;

    fn is_zero(&self) -> bool;

    /// Less than zero.
    fn is_negative(&self) -> bool;

    fn negate(&self) -> Self;

    fn add(&self, other: &Self, direction: Direction) -> Self;

    fn subtract(&self, other: &Self, direction: Direction) -> Self {
        self.add(&other.negate(), direction)
    }

    fn multiply(&self, other: &Self, direction: Direction) -> Self;

    /// The divisor must not be zero.
    fn divide(&self, other: &Self, direction: Direction) -> Self;

    /// The divisor must not be zero.
    fn divide_small(&self, divisor: u32, direction: Direction) -> Self;

    /// The number must not be negative.
    fn square_root(&self, direction: Direction) -> Self;

    /// `self * 2^power`, exactly.
    fn scale(&self, power: i64) -> Self;

    /// The largest `e` with `2^e <= |self|`; nothing for zero.
    fn top_exponent(&self) -> Option<i64>;

    fn compare(&self, other: &Self) -> Ordering;

    /// The integer at or below the number and the position above it; nothing when `|self| >= 2^SPLIT_BITS`.
    fn split(&self) -> Option<(i128, Fraction)>;

    /// The nearest double in the given direction, infinite on overflow.
    fn to_f64(&self, direction: Direction) -> f64;

    /// The same value without a precision.
    fn to_dyadic(&self) -> Dyadic;

    /// An integer, exactly.
    fn from_integer(value: i128, precision: u32) -> Self {
        Self::from_parts(value < 0, value.unsigned_abs(), 0, precision)
    }

    /// A finite double, exactly.
    fn from_f64(value: f64, precision: u32) -> Self {
        let (negative, magnitude, exponent) = f64_parts(value);
        Self::from_parts(negative, u128::from(magnitude), exponent, precision)
    }

    fn smaller<'a>(&'a self, other: &'a Self) -> &'a Self {
        if self.compare(other).is_le() {
            self
        } else {
            other
        }
    }

    fn larger<'a>(&'a self, other: &'a Self) -> &'a Self {
        if self.compare(other).is_ge() {
            self
        } else {
            other
        }
    }
}

/// Sign, magnitude and exponent of a finite double: `value = ±magnitude * 2^exponent`.
pub(crate) fn f64_parts(value: f64) -> (bool, u64, i64) {
    debug_assert!(value.is_finite());
    let bits = value.to_bits();
    // The mask leaves 11 bits, so the cast keeps the value.
    let biased = ((bits >> 52) & 0x7ff) as i64;
    let fraction = bits & ((1 << 52) - 1);
    if biased == 0 {
        (value.is_sign_negative(), fraction, -1074)
    } else {
        (
            value.is_sign_negative(),
            fraction | (1 << 52),
            biased - 1075,
        )
    }
}

/// The double next to `±top * 2^exponent` in the given direction.
///
/// `top` has its highest bit set; `sticky` says that the exact magnitude is larger by less than one unit of `top`.
pub(crate) fn directed_f64(
    negative: bool,
    top: u64,
    sticky: bool,
    exponent: i64,
    direction: Direction,
) -> f64 {
    debug_assert!(top >> 63 == 1);
    let away = direction.is_away_from_zero(negative);
    let highest = exponent.saturating_add(63);
    let magnitude = if highest > 1023 {
        if away { f64::INFINITY } else { f64::MAX }
    } else {
        // 53 bits are kept, fewer below the normal range.
        let dropped = 11 + (-1022 - highest).max(0);
        let (kept, lost) = if dropped >= 64 {
            (0, top)
        } else {
            (top >> dropped, top & ((1 << dropped) - 1))
        };
        let kept = kept + u64::from(away && (sticky || lost != 0));
        // In both cases a carry into bit 53 (or 52) moves the exponent field by itself.
        let bits = if highest < -1022 {
            kept
        } else {
            // `highest` is within [-1022, 1023].
            (((highest + 1023) as u64) << 52) + (kept - (1 << 52))
        };
        f64::from_bits(bits)
    };
    if negative { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use num_bigint::BigInt;
    use num_rational::BigRational;
    use num_traits::{Signed, Zero};
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;
    use crate::long::Long;
    use crate::short::Short;

    fn rational<N: Number>(number: &N) -> BigRational {
        number.to_dyadic().to_rational().unwrap()
    }

    /// Checks that two results enclose the exact one and are as close as the precision allows.
    fn check<N: Number>(what: &str, lower: &N, upper: &N, exact: &BigRational) {
        let (low, high) = (rational(lower), rational(upper));
        assert!(
            low <= *exact && *exact <= high,
            "{what}: {low} {exact} {high}"
        );
        if low == high {
            return;
        }
        // Neighbours: neither has more than 128 bits, and their distance is one unit in the last place.
        let top = upper.top_exponent().max(lower.top_exponent()).unwrap();
        let unit = Dyadic::new(BigInt::from(1), top - i64::from(lower.precision()) + 1);
        let unit = unit.to_rational().unwrap();
        assert!(high - low <= unit, "{what}: not the closest");
        for end in [lower, upper] {
            assert!(
                end.to_dyadic().mantissa().bits() <= u64::from(end.precision()),
                "{what}"
            );
        }
    }

    fn check_operations<N: Number>(left: &N, right: &N, divisor: u32) {
        use Direction::{Down, Up};
        let (a, b) = (rational(left), rational(right));
        check(
            "sum",
            &left.add(right, Down),
            &left.add(right, Up),
            &(&a + &b),
        );
        check(
            "difference",
            &left.subtract(right, Down),
            &left.subtract(right, Up),
            &(&a - &b),
        );
        check(
            "product",
            &left.multiply(right, Down),
            &left.multiply(right, Up),
            &(&a * &b),
        );
        if !b.is_zero() {
            check(
                "quotient",
                &left.divide(right, Down),
                &left.divide(right, Up),
                &(&a / &b),
            );
        }
        check(
            "small quotient",
            &left.divide_small(divisor, Down),
            &left.divide_small(divisor, Up),
            &(&a / BigRational::from_integer(BigInt::from(divisor))),
        );
        assert_eq!(left.compare(right), a.cmp(&b));
        assert_eq!(left.is_negative(), a.is_negative());
        assert_eq!(rational(&left.negate()), -&a);
        assert_eq!(left.split(), left.to_dyadic().split());
        for direction in [Down, Up] {
            assert_eq!(left.to_f64(direction), left.to_dyadic().to_f64(direction));
        }
        let positive = if left.is_negative() {
            left.negate()
        } else {
            left.clone()
        };
        let (low, high) = (positive.square_root(Down), positive.square_root(Up));
        let (low, high) = (rational(&low), rational(&high));
        let radicand = a.abs();
        assert!(&low * &low <= radicand && radicand <= &high * &high);
        assert!(&high - &low <= &high / BigRational::from_integer(BigInt::from(1u128 << 126)));
        if low == high {
            assert_eq!(&low * &low, radicand);
        }
    }

    /// Significands whose bits come in long runs find more carries than uniform ones.
    fn significand() -> impl Strategy<Value = u128> {
        prop_oneof![
            any::<u128>(),
            (0u32..128, 0u32..128).prop_map(|(a, b)| (1u128 << a) ^ (1u128 << b)),
            (0u32..128, 0u32..128).prop_map(|(a, b)| (u128::MAX >> a) & (u128::MAX << b)),
            Just(0),
        ]
    }

    fn exponent() -> impl Strategy<Value = i64> {
        prop_oneof![-8i64..8, -140i64..140, -600i64..600]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4000, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

        #[test]
        fn operations_round_outwards(
            (left, left_exponent, left_negative) in (significand(), exponent(), any::<bool>()),
            (right, right_exponent, right_negative) in (significand(), exponent(), any::<bool>()),
            divisor in prop_oneof![1u32..20, 1u32..=u32::MAX],
        ) {
            let short = |magnitude, exponent, negative| {
                Short::from_parts(negative, magnitude, exponent, Short::PRECISION)
            };
            let long = |magnitude, exponent, negative| {
                Long::from_parts(negative, magnitude, exponent, 128)
            };
            check_operations(
                &short(left, left_exponent, left_negative && left != 0),
                &short(right, right_exponent, right_negative && right != 0),
                divisor,
            );
            check_operations(
                &long(left, left_exponent, left_negative),
                &long(right, right_exponent, right_negative),
                divisor,
            );
        }
    }

    #[test]
    fn summands_of_very_different_size() {
        use Direction::{Down, Up};
        fn check_far<N: Number>() {
            let large = N::from_parts(false, 1, 0, 128);
            let tiny = N::from_parts(false, 1, -(1 << 41), 128);
            assert_eq!(large.add(&tiny, Down), large);
            assert_eq!(large.subtract(&tiny, Up), large);
            let unit = N::from_parts(false, 1, -127, 128);
            assert_eq!(large.add(&tiny, Up), large.add(&unit, Down));
            let below = large.subtract(&N::from_parts(false, 1, -128, 128), Down);
            assert_eq!(large.subtract(&tiny, Down), below);
            assert_eq!(tiny.subtract(&large, Up), below.negate());
        }
        check_far::<Short>();
        check_far::<Long>();
    }

    #[test]
    fn doubles_are_taken_exactly() {
        for value in [0.0, -0.0, 1.0, -0.3, f64::MAX, 5e-324, 1.5e-310] {
            assert_eq!(Short::from_f64(value, 128).to_f64(Direction::Down), value);
            assert_eq!(Long::from_f64(value, 128).to_f64(Direction::Up), value);
        }
    }
}
