//! Piecewise polynomials against published errors, asymptotic formulas and a separate search for better knots.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use zkc_approx::fit::{
    Domain, FitError, PiecewiseFit, Target, free_pieces, minimax, uniform_pieces,
};
use zkc_approx::{Basis, Function};

fn target(text: &str, lo: f64, hi: f64) -> Target<'static> {
    let function: Function = text.parse().unwrap();
    Target::of(&function, Domain::new(lo, hi).unwrap()).unwrap()
}

/// Reference errors (113 bits), to two digits, for the columns below.
#[rustfmt::skip]
const TABLE: &[(&str, f64, f64, [f64; 11])] = &[
    ("sigmoid", -8.0, 8.0, [3.7e-4, 2.3e-5, 1.5e-6, 8.3e-5, 5.2e-6, 3.2e-7, 4.9e-4, 1.0e-5, 1.6e-7, 3.3e-5, 1.6e-7]),
    ("gelu", -8.0, 8.0, [3.1e-3, 1.9e-4, 1.2e-5, 1.2e-4, 7.8e-6, 4.8e-7, 3.2e-3, 6.2e-5, 9.9e-7, 2.7e-4, 2.0e-6]),
    ("exp", -16.0, 0.0, [3.5e-3, 2.4e-4, 1.5e-5, 6.1e-5, 3.8e-6, 2.4e-7, 3.2e-3, 7.2e-5, 1.2e-6, 2.0e-4, 1.1e-6]),
    ("silu", -8.0, 8.0, [1.9e-3, 1.2e-4, 7.6e-6, 1.9e-4, 1.2e-5, 7.6e-7, 1.3e-3, 2.5e-5, 3.9e-7, 1.1e-4, 6.2e-7]),
    ("erf", -3.0, 3.0, [5.3e-4, 3.3e-5, 2.1e-6, 1.5e-4, 9.0e-6, 5.6e-7, 5.5e-4, 9.6e-6, 1.5e-7, 2.8e-5, 1.1e-7]),
    ("reciprocal", 1.0, 2.0, [3.0e-5, 1.9e-6, 1.2e-7, 1.0e-5, 6.5e-7, 4.1e-8, 6.8e-6, 1.2e-7, 1.8e-9, 1.0e-7, 4.5e-10]),
    ("rsqrt", 1.0, 4.0, [9.7e-5, 6.3e-6, 4.0e-7, 1.6e-5, 9.8e-7, 6.1e-8, 4.7e-5, 9.3e-7, 1.5e-8, 1.8e-6, 9.3e-9]),
];

/// Degree, number of pieces, free knots.
#[rustfmt::skip]
const COLUMNS: [(usize, usize, bool); 11] = [
    (1, 64, false), (1, 256, false), (1, 1024, false), (1, 64, true), (1, 256, true), (1, 1024, true),
    (2, 16, false), (2, 64, false), (2, 256, false), (3, 16, false), (3, 64, false),
];

fn fit(target: &Target<'_>, degree: usize, count: usize, free: bool) -> PiecewiseFit {
    if free {
        free_pieces(target, degree, count).unwrap()
    } else {
        uniform_pieces(target, degree, count).unwrap()
    }
}

#[test]
fn errors_are_those_of_the_table() {
    for (text, lo, hi, row) in TABLE {
        let target = target(text, *lo, *hi);
        for (&(degree, count, free), &expected) in COLUMNS.iter().zip(row) {
            let fit = fit(&target, degree, count, free);
            assert_eq!(fit.pieces.len(), count);
            let found = fit.measured.max_error;
            // Half of the second digit.
            let slack = 0.5000001 * 10f64.powf(expected.log10().floor() - 1.0);
            assert!(
                (found - expected).abs() <= slack,
                "{text}, {count} of degree {degree}, free: {free}: {found:e} instead of {expected:e}"
            );
            let at = fit.measured.max_at;
            let there = (target.value(at) - fit.eval(at)).abs();
            // On an inner knot the value is that of the other piece.
            assert!(fit.knots.contains(&at) || there == found, "{text} at {at}");
        }
    }
}

#[test]
fn asymptotic_formulas_hold() {
    // sqrt on [0, 1]: the integral of the second derivative's root is 2; the first piece is about 4e-12 long.
    let sqrt = free_pieces(&target("sqrt", 0.0, 1.0), 1, 1024).unwrap();
    let expected = 0.25 / 1024.0 / 1024.0;
    assert!((sqrt.measured.max_error / expected - 1.0).abs() < 1e-2);
    // exp on [-16, 0]: all derivatives are e^x, with maximum 1 and integral of e^(x/(d+1)) (d+1)(1 - e^(-16/(d+1))).
    let target = target("exp", -16.0, 0.0);
    for (degree, count) in [(0, 1024), (1, 1024), (2, 512), (3, 256)] {
        let order = degree as f64 + 1.0;
        let factorial: f64 = (1..=degree + 1).map(|i| i as f64).product();
        let constant = 2f64.powf(2.0 * degree as f64 + 1.0) * factorial;
        let uniform = (16.0 / count as f64).powf(order) / constant;
        let root = order * (1.0 - (-16.0 / order).exp());
        let free = (root / count as f64).powf(order) / constant;
        for (is_free, expected) in [(false, uniform), (true, free)] {
            let found = fit(&target, degree, count, is_free).measured.max_error;
            // The largest derivative is at the end of a piece, not in its middle.
            let slack = if is_free { 1e-3 } else { 10.0 / count as f64 };
            assert!(
                (found / expected - 1.0).abs() < slack,
                "{degree} {is_free}: {}",
                found / expected
            );
        }
    }
}

/// How many pieces it takes for an error, each as long as possible by plain bisection.
fn pieces_needed(text: &str, lo: f64, hi: f64, degree: usize, error: f64) -> usize {
    let mut from = lo;
    for count in 1.. {
        let is_enough = |end: f64| {
            let fit = minimax(&target(text, from, end), degree);
            fit.is_ok_and(|fit| fit.measured.max_error <= error)
        };
        if is_enough(hi) {
            return count;
        }
        let (mut short, mut long) = (from, hi);
        while long - short > 1e-7 {
            let middle = 0.5 * (short + long);
            if middle - from < 1e-6 || is_enough(middle) {
                short = middle;
            } else {
                long = middle;
            }
        }
        from = short;
    }
    unreachable!("the loop returns")
}

#[test]
fn no_other_knots_are_better() {
    for (text, lo, hi, degree, count) in [
        ("gelu", -8.0, 8.0, 1, 64),
        ("silu", -8.0, 8.0, 1, 20),
        ("sigmoid", -8.0, 8.0, 2, 15),
        ("erf", -3.0, 3.0, 0, 9),
        ("rsqrt", 1.0, 4.0, 3, 7),
        ("sin", 0.0, 9.0, 1, 17),
        ("elu(alpha=1.5)", -5.0, 3.0, 1, 8),
    ] {
        let fit = free_pieces(&target(text, lo, hi), degree, count).unwrap();
        let found = fit.measured.max_error;
        assert!(pieces_needed(text, lo, hi, degree, 1.0005 * found) <= count);
        assert!(
            pieces_needed(text, lo, hi, degree, 0.999 * found) > count,
            "{text}: {count} pieces of degree {degree} do better than {found:e}"
        );
    }
}

#[test]
fn smooth_functions_are_balanced() {
    for (text, lo, hi, degree, count) in [
        ("sigmoid", -8.0, 8.0, 1, 100),
        ("exp", -16.0, 0.0, 2, 33),
        ("rsqrt", 1.0, 4.0, 3, 10),
        ("reciprocal", 1.0, 2.0, 0, 50),
        ("sqrt", 0.0, 1.0, 1, 30),
    ] {
        let fit = free_pieces(&target(text, lo, hi), degree, count).unwrap();
        assert_eq!(fit.pieces.len(), count, "{text}");
        let least = fit.errors.iter().copied().fold(f64::INFINITY, f64::min);
        assert!(least >= 0.999 * fit.measured.max_error, "{text}");
        assert!(fit.knots.windows(2).all(|pair| pair[0] < pair[1]));
    }
}

#[test]
fn kinks_take_a_knot() {
    // Two lines are the function itself.
    for text in ["relu", "abs", "leaky_relu(alpha=0.1)"] {
        for count in [2, 5] {
            let fit = free_pieces(&target(text, -1.0, 2.0), 1, count).unwrap();
            assert!(fit.measured.max_error < 1e-13, "{text}");
            assert!(fit.pieces.len() <= 3, "{text}: {}", fit.pieces.len());
        }
    }
    let zero = free_pieces(&target("relu", -2.0, -1.0), 1, 4).unwrap();
    assert_eq!((zero.measured.max_error, zero.pieces.len()), (0.0, 1));
    // A parabola between two lines.
    let hardswish = free_pieces(&target("hardswish", -8.0, 8.0), 2, 3).unwrap();
    assert!(hardswish.measured.max_error < 1e-6);
    let uniform = uniform_pieces(&target("relu", -1.0, 1.0), 1, 3).unwrap();
    // |x|/2 on [-1/3, 1/3] less its best constant.
    assert!((uniform.measured.max_error - 1.0 / 12.0).abs() < 1e-9);
}

#[test]
fn values_come_from_the_right_piece() {
    let steps = uniform_pieces(&target("exp", 0.0, 4.0), 0, 4).unwrap();
    assert_eq!(steps.knots, [0.0, 1.0, 2.0, 3.0, 4.0]);
    for (x, piece) in [
        (0.0, 0),
        (0.5, 0),
        (1.0, 1),
        (2.5, 2),
        (4.0, 3),
        (5.0, 3),
        (-1.0, 0),
    ] {
        assert_eq!(steps.eval(x), steps.pieces[piece].eval(x), "{x}");
    }
    // The best constant is in the middle of the values.
    assert!((steps.pieces[0].eval(0.0) - 0.5 * (1.0 + 1f64.exp())).abs() < 1e-12);
}

#[test]
fn pieces_count_from_their_left_knots() {
    let fit = free_pieces(&target("gelu", -3.0, 4.0), 3, 12).unwrap();
    let local = fit.from_left_knots().unwrap();
    for ((piece, local), ends) in fit.pieces.iter().zip(&local).zip(fit.knots.windows(2)) {
        assert_eq!(local.basis(), Basis::Monomial);
        for part in [0.0, 0.3, 1.0] {
            let t = part * (ends[1] - ends[0]);
            assert!((local.eval(t) - piece.eval(ends[0] + t)).abs() < 1e-13);
        }
    }
}

#[test]
fn impossible_requests_are_refused() {
    let tanh = target("tanh", -1.0, 1.0);
    assert_eq!(
        free_pieces(&tanh, 9, 4).unwrap_err().to_string(),
        "the degree of pieces must be from 0 to 7, found 9"
    );
    assert!(uniform_pieces(&tanh, 1, 0).is_err());
    assert!(uniform_pieces(&tanh, 1, 1 << 20).is_err());
    let far = target("sin", 1e6, 1e6 + 1.0);
    assert!(matches!(
        uniform_pieces(&far, 1, 1 << 15),
        Err(FitError::Narrow { .. })
    ));
    let union = Domain::union(&[(-2.0, -1.0), (1.0, 2.0)]).unwrap();
    let union = Target::of(&Function::Reciprocal, union).unwrap();
    assert_eq!(
        free_pieces(&union, 1, 4).unwrap_err().to_string(),
        "the number of intervals to cut must be from 1 to 1, found 2"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, rng_seed: RngSeed::Fixed(5), ..ProptestConfig::default() })]

    /// The knots of `f(a x + b)` are those of `f`, moved; errors scale with the function.
    #[test]
    fn affine_changes(
        scale in 0.1f64..10.0, shift in -5.0f64..5.0, factor in 0.01f64..100.0, degree in 0usize..4, count in 1usize..12,
    ) {
        let direct = free_pieces(&target("exp", -3.0, 2.0), degree, count).unwrap();
        let domain = Domain::new((-3.0 - shift) / scale, (2.0 - shift) / scale).unwrap();
        let moved = Target::new("moved", |x| factor * Function::Exp.eval_f64(scale * x + shift), domain, &[]).unwrap();
        let moved = free_pieces(&moved, degree, count).unwrap();
        let ratio = moved.measured.max_error / (factor * direct.measured.max_error);
        prop_assert!((ratio - 1.0).abs() < 2e-3);
        for (found, expected) in moved.knots.iter().zip(&direct.knots) {
            prop_assert!((scale * found + shift - expected).abs() < 5e-3);
        }
    }

    /// One piece more is never worse, and free knots never worse than uniform ones.
    #[test]
    fn more_freedom_is_not_worse(lo in -6.0f64..0.0, width in 0.5f64..8.0, degree in 0usize..4, count in 1usize..20) {
        let target = target("mish", lo, lo + width);
        let error = |count, free| fit(&target, degree, count, free).measured.max_error * (1.0 - 1e-3) - 1e-14;
        prop_assert!(error(count + 1, true) <= fit(&target, degree, count, true).measured.max_error);
        prop_assert!(error(count, true) <= fit(&target, degree, count, false).measured.max_error);
    }
}
