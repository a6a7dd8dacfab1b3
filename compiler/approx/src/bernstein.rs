//! Rigorous ranges of polynomials on `[-1, 1]`.

use crate::interval::Interval;
use crate::number::{Direction, Number};

/// Times an interval is halved at most. Each time divides what the bounds are too wide by some four.
const MAX_DEPTH: u32 = 8;

/// An interval that holds the values of `sum b_k u^k` for all `u` in `[-1, 1]` and all coefficients in the given intervals.
///
/// In the Bernstein basis a polynomial lies between its smallest and largest coefficient, and takes the first and the last
/// one at the ends. The interval is halved (de Casteljau) until no coefficient exceeds the values known to be
/// taken by more than `slack` plus `part` times the largest magnitude among these, or [`MAX_DEPTH`] times.
/// G. T. Cargo, O. Shisha, "The Bernstein form of a polynomial", 1966; J. M. Lane, R. F. Riesenfeld, "Bounds on a
/// polynomial", 1981.
pub(crate) fn range<N: Number>(coefficients: &[Interval<N>], slack: &N, part: &N) -> Interval<N> {
    let whole = to_bernstein(coefficients);
    let mut taken = hull([&whole[0], &whole[whole.len() - 1]]);
    let mut range = taken.clone();
    let mut open = vec![(whole, 0)];
    while let Some((piece, depth)) = open.pop() {
        taken = hull([&taken, &piece[0], &piece[piece.len() - 1]]);
        let bounds = hull(&piece);
        let margin = part
            .multiply(&taken.magnitude(), Direction::Down)
            .add(slack, Direction::Down);
        let allowed = taken.widen(&margin);
        let is_close = bounds.lower.compare(&allowed.lower).is_ge()
            && bounds.upper.compare(&allowed.upper).is_le();
        if is_close || depth == MAX_DEPTH {
            range = hull([&range, &bounds]);
        } else {
            let (left, right) = halves(piece);
            open.push((right, depth + 1));
            open.push((left, depth + 1));
        }
    }
    range
}

/// The smallest interval that holds all of the given ones, of which there is at least one.
fn hull<'a, N: Number + 'a>(intervals: impl IntoIterator<Item = &'a Interval<N>>) -> Interval<N> {
    let mut intervals = intervals.into_iter();
    // Polynomials have at least a constant coefficient.
    let first = intervals
        .next()
        .expect("a hull of no interval was asked for")
        .clone();
    intervals.fold(first, |hull, next| Interval {
        lower: hull.lower.smaller(&next.lower).clone(),
        upper: hull.upper.larger(&next.upper).clone(),
    })
}

/// The Bernstein coefficients on `[-1, 1]` of a polynomial given by its powers.
fn to_bernstein<N: Number>(coefficients: &[Interval<N>]) -> Vec<Interval<N>> {
    // With u = 2v - 1, by Horner's scheme: each step multiplies by 2v - 1 and adds a coefficient.
    let mut powers: Vec<Interval<N>> = Vec::with_capacity(coefficients.len());
    for coefficient in coefficients.iter().rev() {
        let mut carried = None::<Interval<N>>;
        for power in &mut powers {
            let doubled = power.scale(1);
            *power = match carried {
                None => power.negate(),
                Some(below) => below.minus(power),
            };
            carried = Some(doubled);
        }
        powers.extend(carried);
        match powers.first_mut() {
            None => powers.push(coefficient.clone()),
            Some(constant) => *constant = constant.plus(coefficient),
        }
    }
    // v^j = sum_i C(i, j) / C(d, j) B_i: the coefficient of B_i is sum_(j<=i) C(i, j) p_j / C(d, j).
    let degree = powers.len() as u32 - 1;
    let scaled: Vec<Interval<N>> = powers
        .iter()
        .zip(0u32..)
        .map(|(power, j)| power.over_small(binomial(degree, j)))
        .collect();
    (0..=degree)
        .map(|i| {
            let mut sum = scaled[0].clone();
            for (j, term) in (1..=i).zip(&scaled[1..]) {
                let factor = Interval::integer(i128::from(binomial(i, j)), term.precision());
                sum = sum.plus(&term.times(&factor));
            }
            sum
        })
        .collect()
}

fn binomial(n: u32, k: u32) -> u32 {
    (0..k).fold(1, |product, i| product * (n - i) / (i + 1))
}

/// The Bernstein coefficients on the left and on the right half.
fn halves<N: Number>(mut row: Vec<Interval<N>>) -> (Vec<Interval<N>>, Vec<Interval<N>>) {
    let mut left = Vec::with_capacity(row.len());
    let mut right = Vec::with_capacity(row.len());
    while let Some(last) = row.last() {
        left.push(row[0].clone());
        right.push(last.clone());
        row = row
            .windows(2)
            .map(|pair| pair[0].plus(&pair[1]).scale(-1))
            .collect();
    }
    right.reverse();
    (left, right)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;
    use crate::short::Short;

    fn integer(value: i64) -> Short {
        Short::from_integer(value.into(), 128)
    }

    fn range_of(coefficients: &[i64], slack: f64) -> (f64, f64) {
        let coefficients: Vec<Interval<Short>> = coefficients
            .iter()
            .map(|&c| Interval::point(integer(c)))
            .collect();
        let range = range(&coefficients, &Short::from_f64(slack, 128), &integer(0));
        (
            range.lower.to_f64(Direction::Down),
            range.upper.to_f64(Direction::Up),
        )
    }

    #[test]
    fn chebyshev_polynomials_fill_the_unit_interval() {
        for coefficients in [
            vec![1],
            vec![0, 1],
            vec![-1, 0, 2],
            vec![0, -3, 0, 4],
            vec![1, 0, -8, 0, 8],
            vec![0, 5, 0, -20, 0, 16],
            vec![-1, 0, 18, 0, -48, 0, 32],
        ] {
            let (lower, upper) = range_of(&coefficients, 1e-3);
            assert!((1.0..=1.001).contains(&upper), "{coefficients:?}: {upper}");
            if coefficients.len() > 1 {
                assert!(
                    (-1.001..=-1.0).contains(&lower),
                    "{coefficients:?}: {lower}"
                );
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(0xbe57),
            cases: 200,
            ..ProptestConfig::default()
        })]

        #[test]
        fn all_values_are_inside(coefficients in prop::collection::vec(-1000i64..1000, 1..9)) {
            let (lower, upper) = range_of(&coefficients, 1.0);
            let (mut least, mut greatest) = (f64::INFINITY, f64::NEG_INFINITY);
            for i in -500..=500 {
                let u = f64::from(i) / 500.0;
                let value = coefficients.iter().rev().fold(0.0, |sum, &c| sum * u + c as f64);
                least = least.min(value);
                greatest = greatest.max(value);
            }
            prop_assert!(lower <= least + 1e-9 && greatest - 1e-9 <= upper);
            // The slack, and what the grid misses: at most half a step times the slope.
            prop_assert!(lower >= least - 1.1 && upper <= greatest + 1.1);
        }
    }
}
