//! Best rational functions against published errors and against the alternation theorem.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use zkc_approx::Function;
use zkc_approx::fit::{Domain, FitError, Parity, RationalFit, Target, minimax, rational_minimax};

fn target(text: &str, lo: f64, hi: f64) -> Target<'static> {
    let function: Function = text.parse().unwrap();
    Target::of(&function, Domain::new(lo, hi).unwrap()).unwrap()
}

/// Asserts that the error alternates often enough for a fit within 1e-4 of the best one, on a grid of its own: where
/// the error of p/q alternates `m + n + 2 - defect` times, no other quotient is below the lowest of those extrema.
fn assert_best(target: &Target<'_>, fit: &RationalFit, (m, n): (usize, usize)) {
    let (lo, hi) = target.domain().hull();
    let mut runs: Vec<f64> = Vec::new();
    let mut points: Vec<f64> = (0..=200_000)
        .map(|i| f64::from(i) / 200_000.0)
        // Crowded at the ends and in the middle, where references are.
        .flat_map(|t| {
            [
                lo + (hi - lo) * t.powi(4),
                hi - (hi - lo) * t,
                0.5 * (hi - lo) * t.powi(4),
                -0.5 * (hi - lo) * t.powi(4),
            ]
        })
        .filter(|x| lo <= *x && *x <= hi)
        .collect();
    points.sort_by(f64::total_cmp);
    for x in points {
        assert!(fit.denominator.eval(x) > 0.0);
        let error = target.value(x) - fit.eval(x);
        if error.abs() <= 1e-15 {
            continue;
        }
        match runs.last_mut() {
            Some(last) if (*last < 0.0) == (error < 0.0) => {
                if error.abs() > last.abs() {
                    *last = error;
                }
            }
            _ => runs.push(error),
        }
    }
    let defect = (m - fit.numerator.degree()).min(n - fit.denominator.degree());
    let bound = runs
        .windows(m + n + 2 - defect)
        .map(|window| window.iter().map(|e| e.abs()).fold(f64::INFINITY, f64::min))
        .fold(0.0, f64::max);
    let found = fit.measured.max_error;
    assert!(
        found <= bound * (1.0 + 1e-4) + 4e-15,
        "{} {m}/{n}: {found:e}, but only {bound:e} is certain",
        target.name()
    );
}

#[test]
fn errors_are_those_of_the_table() {
    // Computed with BRASIL in doubles, to two digits.
    let sigmoid = target("sigmoid", -8.0, 8.0);
    for (degree, expected) in [
        (3, 2.6e-3),
        (4, 1.5e-4),
        (5, 5.4e-6),
        (6, 1.4e-7),
        (8, 4.4e-11),
    ] {
        let fit = rational_minimax(&sigmoid, degree, degree).unwrap();
        let half_a_digit = 0.05 * 10f64.powf(f64::log10(expected).floor());
        assert!(
            (fit.measured.max_error - expected).abs() <= half_a_digit,
            "{degree}: {:e}",
            fit.measured.max_error
        );
        assert_best(&sigmoid, &fit, (degree, degree));
    }
    // R. S. Varga, A. Ruttan, A. J. Carpenter, "Numerical results on best uniform rational approximation of |x|".
    let abs = target("abs", -1.0, 1.0);
    for (degree, expected) in [
        (2, 0.043689),
        (4, 0.0085015),
        (6, 0.0022821),
        (8, 0.00073656),
    ] {
        let fit = rational_minimax(&abs, degree, degree).unwrap();
        assert!(
            (fit.measured.max_error / expected - 1.0).abs() < 2e-5,
            "{degree}"
        );
    }
    // sqrt is |x| seen from x^2.
    let sqrt = rational_minimax(&target("sqrt", 0.0, 1.0), 3, 3).unwrap();
    assert!((sqrt.measured.max_error / 0.0022821 - 1.0).abs() < 2e-5);
}

#[test]
fn errors_alternate() {
    for (text, lo, hi, m, n) in [
        ("exp", -1.0, 1.0, 3, 2),
        ("exp", -16.0, 0.0, 4, 4),
        ("exp", -16.0, 0.0, 0, 3),
        ("gelu", -4.0, 4.0, 4, 3),
        ("gelu", -4.0, 4.0, 4, 4),
        ("gelu", -8.0, 8.0, 6, 6),
        ("silu", -8.0, 8.0, 5, 5),
        ("softplus", -8.0, 8.0, 5, 4),
        ("tanh", -4.0, 4.0, 3, 4),
        ("tanh", -4.0, 4.0, 4, 5),
        ("sigmoid", -8.0, 8.0, 3, 4),
        ("erf", -3.0, 3.0, 5, 4),
        ("rsqrt", 1.0, 4.0, 2, 2),
        ("log", 0.1, 2.0, 3, 3),
        ("tan", -1.5, 1.5, 3, 2),
        ("relu", -1.0, 1.0, 4, 4),
        ("relu", -1.0, 1.0, 3, 2),
        ("cos", -2.0, 2.0, 3, 4),
        ("sin", 0.0, 2.0, 2, 2),
    ] {
        let target = target(text, lo, hi);
        let fit = rational_minimax(&target, m, n).unwrap();
        assert_best(&target, &fit, (m, n));
        assert_eq!(fit.denominator.coefficients()[0], 1.0);
        assert!(fit.measured.mean_error < fit.measured.max_error);
    }
}

#[test]
fn polynomials_are_quotients_by_one() {
    for (text, degree) in [("exp", 4), ("gelu", 6), ("tanh", 5), ("sigmoid", 0)] {
        let target = target(text, -2.0, 2.0);
        let quotient = rational_minimax(&target, degree, 0).unwrap();
        let polynomial = minimax(&target, degree).unwrap();
        assert_eq!(quotient.denominator.degree(), 0);
        for (a, b) in quotient
            .numerator
            .coefficients()
            .iter()
            .zip(polynomial.polynomial.coefficients())
        {
            assert!(
                (a - b).abs() < 1e-7 * polynomial.measured.max_error.max(1e-7),
                "{text}"
            );
        }
    }
}

#[test]
fn five_over_five_beats_a_polynomial_of_degree_25() {
    let sigmoid = target("sigmoid", -8.0, 8.0);
    let quotient = rational_minimax(&sigmoid, 5, 5).unwrap();
    let polynomial = minimax(&sigmoid, 25).unwrap();
    assert!(3.0 * quotient.measured.max_error < polynomial.measured.max_error);
}

#[test]
fn limits_are_said() {
    let reciprocal = target("reciprocal", 1.0, 2.0);
    let exact = rational_minimax(&reciprocal, 0, 1).unwrap();
    assert!(exact.measured.max_error < 1e-15);
    assert!(matches!(
        rational_minimax(&reciprocal, 3, 4),
        Err(FitError::RationalBeyondDoubles {
            reachable_numerator: 0,
            reachable_denominator: 1,
            ..
        })
    ));
    let exp = target("exp", -1.0, 1.0);
    assert!(
        rational_minimax(&exp, 8, 8)
            .unwrap_err()
            .to_string()
            .starts_with("degrees 8/8 for `exp` are beyond what doubles can find: ")
    );
    // The reference crowds at the root's branch point.
    assert!(matches!(
        rational_minimax(&target("sqrt", 0.0, 1.0), 12, 12),
        Err(FitError::NotConverged { .. })
    ));
    assert_eq!(
        rational_minimax(&exp, 21, 3).unwrap_err().to_string(),
        "the degree of a numerator or denominator must be from 0 to 20, found 21"
    );
    let odd = target("sin", 0.0, 1.0).with_parity(Parity::Odd).unwrap();
    assert!(rational_minimax(&odd, 2, 2).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, rng_seed: RngSeed::Fixed(11), ..ProptestConfig::default() })]

    /// Errors scale with the function and do not see where its domain lies.
    #[test]
    fn affine_changes(
        scale in 0.1f64..10.0, shift in -20.0f64..20.0, factor in 0.01f64..100.0, m in 0usize..4, n in 0usize..4,
    ) {
        let direct = rational_minimax(&target("softplus", -3.0, 2.0), m, n).unwrap();
        let domain = Domain::new((-3.0 - shift) / scale, (2.0 - shift) / scale).unwrap();
        let moved = |x: f64| factor * Function::Softplus.eval_f64(scale * x + shift);
        let moved = rational_minimax(&Target::new("moved", moved, domain, &[]).unwrap(), m, n).unwrap();
        let ratio = moved.measured.max_error / (factor * direct.measured.max_error);
        prop_assert!((ratio - 1.0).abs() < 1e-5, "{}", ratio);
    }

    /// The reciprocal of the exponential is its mirror image: m/n with relative errors becomes n/m.
    #[test]
    fn relative_errors_of_reciprocals(width in 0.5f64..3.0, m in 0usize..4, n in 0usize..4) {
        let relative = || target("exp", -width, width).with_weight(|x| libm_exp(-x)).unwrap();
        let (one, other) = (
            rational_minimax(&relative(), m, n).unwrap().measured.max_error,
            rational_minimax(&relative(), n, m).unwrap().measured.max_error,
        );
        // Relative errors of a quotient and of its reciprocal differ by the square of either.
        prop_assert!((one - other).abs() <= 2.1 * one * other + 1e-13);
    }
}

fn libm_exp(x: f64) -> f64 {
    Function::Exp.eval_f64(x)
}
