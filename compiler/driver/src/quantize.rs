//! Between real numbers and integers of a power-of-two scale, exactly.
//!
//! An integer `n` at scale `s` stands for the real number `n * 2^-s`; `s` may be negative.

use std::cmp::Ordering;

/// The integer nearest to `value * 2^scale`; of two equally near ones the even one.
///
/// `None` when `value` is not finite or the result does not fit an `i128`. The computation is exact for every
/// `f64`, subnormal numbers included.
pub fn quantize(value: f64, scale: i32) -> Option<i128> {
    let (mantissa, exponent) = decompose(value)?;
    if mantissa == 0 {
        return Some(0);
    }
    // Saturation changes nothing: such shifts are too far either way.
    let shift = exponent.saturating_add(scale);
    let magnitude: u128 = if shift >= 0 {
        // The mantissa is not zero, so a shift that keeps all its bits is at most 127 - bit length.
        let shift = u32::try_from(shift).ok()?;
        if shift >= mantissa.leading_zeros() {
            return None;
        }
        mantissa << shift
    } else {
        round_half_even(mantissa, shift.unsigned_abs())
    };
    let magnitude = i128::try_from(magnitude).ok()?;
    Some(if value.is_sign_negative() {
        -magnitude
    } else {
        magnitude
    })
}

/// The real number of the integer `n` at scale `scale`: the nearest `f64`, ties to even.
pub fn dequantize(n: i128, scale: i32) -> f64 {
    // A power of two outside the exponents of f64 is applied in two exact steps; the first rounding is the only
    // one unless the result is subnormal, which no bound of a circuit comes near.
    if n == 0 {
        return 0.0;
    }
    let half = scale / 2;
    n as f64 * 2f64.powi(-half) * 2f64.powi(-(scale - half))
}

/// `value` = sign * mantissa * 2^exponent with an integer mantissa; `None` unless finite.
fn decompose(value: f64) -> Option<(u128, i32)> {
    if !value.is_finite() {
        return None;
    }
    let bits = value.to_bits();
    let exponent_field = ((bits >> 52) & 0x7ff) as i32;
    let fraction = u128::from(bits & ((1 << 52) - 1));
    Some(match exponent_field {
        0 => (fraction, -1074),
        e => (fraction | (1 << 52), e - 1075),
    })
}

/// `mantissa / 2^shift`, ties to even.
fn round_half_even(mantissa: u128, shift: u32) -> u128 {
    if shift >= 127 {
        // A mantissa has at most 53 bits, so the quotient is below one half.
        return 0;
    }
    let quotient = mantissa >> shift;
    let rest = mantissa & ((1u128 << shift) - 1);
    let half = 1u128 << (shift - 1);
    match rest.cmp(&half) {
        Ordering::Less => quotient,
        Ordering::Greater => quotient + 1,
        Ordering::Equal => quotient + (quotient & 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_to_even() {
        assert_eq!(quantize(0.5, 0), Some(0));
        assert_eq!(quantize(1.5, 0), Some(2));
        assert_eq!(quantize(2.5, 0), Some(2));
        assert_eq!(quantize(-0.5, 0), Some(0));
        assert_eq!(quantize(-1.5, 0), Some(-2));
        assert_eq!(quantize(-2.5, 0), Some(-2));
        assert_eq!(quantize(0.25, 1), Some(0));
        assert_eq!(quantize(0.75, 1), Some(2));
    }

    #[test]
    fn is_exact_for_awkward_values() {
        assert_eq!(quantize(0.1, 8), Some(26));
        // The largest f64 below one half rounds down; multiplying or adding 0.5 in floating point would not.
        assert_eq!(quantize(0.499_999_999_999_999_94, 0), Some(0));
        assert_eq!(
            quantize(4_503_599_627_370_497.5, 0),
            Some(4_503_599_627_370_498)
        );
        assert_eq!(quantize(f64::from_bits(1), 1074), Some(1));
        assert_eq!(quantize(f64::from_bits(1), 1073), Some(0));
        assert_eq!(quantize(f64::from_bits(3), 1073), Some(2));
        assert_eq!(quantize(1e-300, 8), Some(0));
        assert_eq!(quantize(-0.0, 4), Some(0));
        assert_eq!(quantize(1024.0, -8), Some(4));
    }

    #[test]
    fn too_large_or_not_finite_is_none() {
        assert_eq!(quantize(f64::NAN, 0), None);
        assert_eq!(quantize(f64::INFINITY, 0), None);
        assert_eq!(quantize(1.0, 127), None);
        assert_eq!(quantize(1.0, 126), Some(1 << 126));
        assert_eq!(quantize(1.5, 126), Some(3 << 125));
        assert_eq!(quantize(f64::MAX, 0), None);
        assert_eq!(quantize(1.0, i32::MAX), None);
        assert_eq!(quantize(f64::MAX, i32::MAX), None);
        assert_eq!(quantize(1.0, i32::MIN), Some(0));
    }

    #[test]
    fn quantizing_a_dequantized_integer_gives_it_back() {
        for scale in [-3, 0, 1, 7, 16, 40] {
            for n in (-70_000..70_000).step_by(37).chain([1 << 52, -(1 << 52)]) {
                assert_eq!(
                    quantize(dequantize(n, scale), scale),
                    Some(n),
                    "{n} at {scale}"
                );
            }
        }
    }
}
