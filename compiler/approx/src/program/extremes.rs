//! The smallest and largest values of an integer polynomial on a range of integers.

/// The extremes of a polynomial of degree at most 3 (constant coefficient first) on the integers from `from` to `to`, exactly.
///
/// The polynomial is monotone between sign changes of its differences `p(t + 1) - p(t)`, which are found in the same way
/// from their own differences. The terms of the polynomial must be so small on `[from, to + 3]` that four times the
/// sum of their magnitudes fits in an `i128`.
pub(super) fn extremes(coefficients: &[i64], from: i128, to: i128) -> (i128, i128) {
    let polynomial: Vec<i128> = coefficients.iter().map(|&c| i128::from(c)).collect();
    let mut least = i128::MAX;
    let mut greatest = i128::MIN;
    for t in turns(&polynomial, from, to) {
        let value = value(&polynomial, t);
        least = least.min(value);
        greatest = greatest.max(value);
    }
    (least, greatest)
}

/// Integers from `from` to `to`, both included and ascending, between neighbours of which the polynomial is monotone.
fn turns(polynomial: &[i128], from: i128, to: i128) -> Vec<i128> {
    if polynomial.len() <= 2 || from == to {
        return vec![from, to];
    }
    let difference = difference(polynomial);
    // A zero counts as rising: a step that changes nothing may belong to either.
    let falls = |t: i128| value(&difference, t) < 0;
    let mut result = vec![from];
    // The difference is monotone between its own turns, so its sign changes at most once from one to the next.
    for pair in turns(&difference, from, to - 1).windows(2) {
        let (mut same, mut other) = (pair[0], pair[1]);
        if falls(same) == falls(other) {
            continue;
        }
        let first = falls(same);
        while other - same > 1 {
            let middle = same + (other - same) / 2;
            if falls(middle) == first {
                same = middle;
            } else {
                other = middle;
            }
        }
        // The first integer from which the polynomial goes the other way.
        result.push(other);
    }
    result.push(to);
    result
}

/// `p(t + 1) - p(t)`.
fn difference(polynomial: &[i128]) -> Vec<i128> {
    // (t + 1)^3 - t^3 = 1 + 3t + 3t^2 and so on.
    const BINOMIAL: [[i128; 3]; 3] = [[1, 0, 0], [1, 2, 0], [1, 3, 3]];
    let mut result = vec![0; polynomial.len() - 1];
    for (power, &coefficient) in polynomial.iter().enumerate().skip(1) {
        for (sum, binomial) in result.iter_mut().zip(BINOMIAL[power - 1]) {
            *sum += binomial * coefficient;
        }
    }
    result
}

fn value(polynomial: &[i128], t: i128) -> i128 {
    polynomial.iter().rev().fold(0, |sum, c| sum * t + c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(0x7e57),
            cases: 2000,
            ..ProptestConfig::default()
        })]

        #[test]
        fn as_by_trying_all(
            coefficients in prop::collection::vec(-2000i64..2000, 1..=4),
            // Makes lower coefficients comparable to what higher powers reach.
            spread in 0u32..14,
            from in 0i128..50,
            length in 0i128..60,
        ) {
            let mut coefficients = coefficients;
            for (power, c) in coefficients.iter_mut().rev().enumerate() {
                *c <<= spread * power as u32 / 2;
            }
            let all = (from..=from + length).map(|t| {
                coefficients.iter().rev().fold(0i128, |sum, &c| sum * t + i128::from(c))
            });
            let expected = (all.clone().min().unwrap(), all.max().unwrap());
            prop_assert_eq!(extremes(&coefficients, from, from + length), expected);
        }
    }
}
