//! Cutting a range of fixed-point inputs where a function turns.

use crate::function::Function;
use crate::number::f64_parts;

/// Consecutive inputs, on all of which the function is monotone, or about which nothing is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Stretch {
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) monotone: bool,
}

/// Cuts the integers from `lo` to `hi` into stretches of at most `longest` inputs.
pub(crate) fn stretches(
    function: &Function,
    in_scale: u32,
    lo: i64,
    hi: i64,
    longest: u64,
) -> Vec<Stretch> {
    let unit = 2f64.powi(-(in_scale as i32));
    // The conversions round; one double outwards covers that.
    let pieces =
        function.monotone_pieces((lo as f64).next_down() * unit, (hi as f64).next_up() * unit);
    let mut stretches = Vec::new();
    let mut push = |from: i64, to: i64, monotone: bool| {
        let mut from = from;
        while from <= to {
            let end = to.min(from.saturating_add_unsigned(longest - 1));
            stretches.push(Stretch {
                from,
                to: end,
                monotone,
            });
            if end == i64::MAX {
                break;
            }
            from = end + 1;
        }
    };
    let mut next = i128::from(lo);
    for piece in pieces {
        // The integers inside the piece that are not covered yet. Both ends are clamped to [lo, hi + 1].
        let from = ceil_scaled(piece.from, in_scale).clamp(next, i128::from(hi) + 1);
        let to = -ceil_scaled(-piece.to, in_scale);
        let to = to.clamp(i128::from(lo) - 1, i128::from(hi));
        if from > to {
            continue;
        }
        // All within [lo, hi], so the casts keep them.
        if next < from {
            push(next as i64, (from - 1) as i64, false);
        }
        push(from as i64, to as i64, true);
        next = to + 1;
    }
    if next <= i128::from(hi) {
        push(next as i64, hi, false);
    }
    stretches
}

/// The smallest integer not below `x * 2^scale`, cut to about `±2^100`.
fn ceil_scaled(x: f64, scale: u32) -> i128 {
    const LIMIT: i128 = 1 << 100;
    if x.is_nan() || x.is_infinite() {
        return if x > 0.0 { LIMIT } else { -LIMIT };
    }
    let (negative, magnitude, exponent) = f64_parts(x);
    let magnitude = i128::from(magnitude);
    let signed = if negative { -magnitude } else { magnitude };
    let shift = exponent + i64::from(scale);
    if shift >= 0 {
        // The magnitude has at most 53 bits.
        if shift > 60 && signed != 0 {
            signed.signum() * LIMIT
        } else {
            (signed << shift.min(60)).clamp(-LIMIT, LIMIT)
        }
    } else {
        // `>>` rounds down; 127 places leave only the sign.
        -((-signed) >> (-shift).min(127))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONGEST: u64 = 1024;

    #[test]
    fn ceil_of_scaled_doubles() {
        assert_eq!(ceil_scaled(0.0, 8), 0);
        assert_eq!(ceil_scaled(1.5, 1), 3);
        assert_eq!(ceil_scaled(1.25, 1), 3);
        assert_eq!(ceil_scaled(-1.25, 1), -2);
        assert_eq!(ceil_scaled(5e-324, 120), 1);
        assert_eq!(ceil_scaled(-5e-324, 120), 0);
        assert_eq!(ceil_scaled(f64::INFINITY, 0), 1 << 100);
        assert_eq!(ceil_scaled(-1e300, 0), -(1 << 100));
        assert_eq!(ceil_scaled(3.0, 59), 3 << 59);
    }

    #[test]
    fn stretches_cover_the_range_once() {
        let stretches = |text: &str, in_scale: u32, lo: i64, hi: i64| {
            stretches(&text.parse().unwrap(), in_scale, lo, hi, LONGEST)
        };
        for (text, in_scale, lo, hi) in [
            ("gelu", 8, -2048, 2047),
            ("gelu", 60, -1 << 60, (-1 << 60) + 5000),
            ("sin", 8, -10_000, 9_999),
            ("reciprocal", 3, -5, 5),
            ("floor", 0, i64::MAX - 10, i64::MAX),
            ("floor", 0, i64::MIN, i64::MIN + 3000),
            ("tan", 0, 7, 7),
        ] {
            let stretches = stretches(text, in_scale, lo, hi);
            assert_eq!(stretches[0].from, lo, "{text}");
            assert_eq!(stretches[stretches.len() - 1].to, hi, "{text}");
            for pair in stretches.windows(2) {
                assert_eq!(pair[0].to + 1, pair[1].from, "{text}");
            }
            assert!(stretches.iter().all(|s| s.to.abs_diff(s.from) < LONGEST));
        }
        let around_the_pole = stretches("reciprocal", 3, -5, 5);
        assert_eq!(around_the_pole.len(), 3);
        assert_eq!((around_the_pole[1].from, around_the_pole[1].to), (0, 0));
        assert!(!around_the_pole[1].monotone);
        let around_the_minimum = stretches("gelu", 8, -500, 500);
        assert!(around_the_minimum.iter().all(|s| s.monotone));
        assert_eq!(around_the_minimum.len(), 2);
    }
}
