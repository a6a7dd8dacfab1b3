//! Real numbers as integers of a scale, exactly.

/// The integer nearest to `value * 2^scale`, ties to even. The computation is exact for every
/// double, subnormal numbers included.
///
/// `None` when `value` is not finite or the result needs more than 127 bits.
pub fn quantize(value: f64, scale: u32) -> Option<i128> {
    if !value.is_finite() {
        return None;
    }
    let bits = value.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    let (mantissa, exponent) = match (bits >> 52) & 0x7ff {
        0 => (u128::from(fraction), -1074),
        e => (u128::from(fraction | (1 << 52)), e as i32 - 1075),
    };
    if mantissa == 0 {
        return Some(0);
    }
    let shift = i64::from(exponent) + i64::from(scale);
    let magnitude = if shift >= 0 {
        let shift = u32::try_from(shift)
            .ok()
            .filter(|s| *s < mantissa.leading_zeros())?;
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

/// `mantissa / 2^shift`, ties to even; the mantissa has at most 53 bits.
fn round_half_even(mantissa: u128, shift: u64) -> u128 {
    if shift > 54 {
        // Below one half.
        return 0;
    }
    let (quotient, half) = (mantissa >> shift, 1u128 << (shift - 1));
    match (mantissa & ((1 << shift) - 1)).cmp(&half) {
        std::cmp::Ordering::Less => quotient,
        std::cmp::Ordering::Greater => quotient + 1,
        std::cmp::Ordering::Equal => quotient + (quotient & 1),
    }
}

/// The real number that the integer `n` of a scale stands for, rounded to the nearest double.
pub fn dequantize(n: i128, scale: u32) -> f64 {
    // Two steps, each exact, reach every scale that types allow.
    let half = (scale / 2) as i32;
    n as f64 * 2f64.powi(-half) * 2f64.powi(half - scale as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_to_even() {
        for (value, scale, want) in [
            (0.5, 0, 0),
            (1.5, 0, 2),
            (-2.5, 0, -2),
            (-0.75, 1, -2),
            (0.25, 1, 0),
            (0.1, 8, 26),
            (1e-300, 8, 0),
            (f64::from_bits(1), 1074, 1),
            (f64::from_bits(1), 1073, 0),
            (f64::from_bits(3), 1073, 2),
            (0.499_999_999_999_999_94, 0, 0),
            (4_503_599_627_370_497.5, 0, 4_503_599_627_370_498),
        ] {
            assert_eq!(quantize(value, scale), Some(want), "{value} at {scale}");
        }
    }

    #[test]
    fn what_does_not_fit_is_none() {
        assert_eq!(quantize(f64::NAN, 0), None);
        assert_eq!(quantize(f64::NEG_INFINITY, 0), None);
        assert_eq!(quantize(1.0, 127), None);
        assert_eq!(quantize(-1.0, 126), Some(-(1 << 126)));
        assert_eq!(quantize(f64::MAX, u32::MAX), None);
        assert_eq!(quantize(0.0, u32::MAX), Some(0));
    }

    #[test]
    fn back_and_forth() {
        for scale in [0, 1, 7, 16, 40] {
            for n in (-70_000..70_000).step_by(37) {
                assert_eq!(quantize(dequantize(n, scale), scale), Some(n));
            }
        }
        assert_eq!(dequantize(1 << 100, 500), 2f64.powi(-400));
    }
}
