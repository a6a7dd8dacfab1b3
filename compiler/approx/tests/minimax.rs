//! Best polynomials against published errors and against the alternation theorem.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use zkc_approx::fit::{Domain, FitError, MAX_DEGREE, Parity, PolynomialFit, Target, minimax};
use zkc_approx::{Basis, Function};

fn target_on(text: &str, domain: Domain) -> Target<'static> {
    let function: Function = text.parse().unwrap();
    Target::of(&function, domain).unwrap()
}

fn target(text: &str, lo: f64, hi: f64) -> Target<'static> {
    target_on(text, Domain::new(lo, hi).unwrap())
}

/// A lower bound of the best error of polynomials of the given degree, without a look at how the fit was found: where
/// the error alternates `degree + 2` times, no polynomial is below the lowest of those extrema (de la Vallée Poussin).
fn alternation_bound(target: &Target<'_>, fit: &PolynomialFit, degree: usize, noise: f64) -> f64 {
    // Of each stretch of one sign, the largest error; uniform points and ones that crowd at the ends.
    let mut points = Vec::new();
    for &(lo, hi) in target.domain().intervals() {
        for i in 0..=40_000 {
            let t = f64::from(i) / 40_000.0;
            points.push(lo + (hi - lo) * t);
            points.push(lo + (hi - lo) * 0.5 * (1.0 - (std::f64::consts::PI * t).cos()));
        }
        let kinks = [-3.0, -2.5, 0.0, 2.5, 3.0];
        points.extend(kinks.into_iter().filter(|&kink| lo < kink && kink < hi));
    }
    points.sort_by(f64::total_cmp);
    let mut runs: Vec<f64> = Vec::new();
    for x in points {
        let error = target.weight(x) * (target.value(x) - fit.polynomial.eval(x));
        if error.abs() <= 0.25 * noise {
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
    runs.windows(degree + 2)
        .map(|window| window.iter().map(|e| e.abs()).fold(f64::INFINITY, f64::min))
        .fold(0.0, f64::max)
}

/// Asserts that the fit is within 1e-4 of the best, up to the rounding of doubles.
fn assert_best(target: &Target<'_>, fit: &PolynomialFit, degree: usize) {
    let noise = 1e-14 * target.value(target.domain().hull().1).abs().max(1.0);
    let bound = alternation_bound(target, fit, degree, noise);
    let found = fit.measured.max_error;
    assert!(
        found <= bound * (1.0 + 1e-4) + noise,
        "{} degree {degree}: {found:e}, but only {bound:e} is certain",
        target.name()
    );
    assert!((fit.lower_bound - bound).abs() <= 1e-4 * bound + noise);
}

const DEGREES: [usize; 8] = [3, 5, 7, 9, 11, 15, 19, 25];

/// Certified minimax errors to two digits (Sollya 8), for the degrees above. Zero: not known.
#[rustfmt::skip]
const TABLE: &[(&str, f64, f64, [f64; 8])] = &[
    ("sigmoid", -8.0, 8.0, [8.9e-2, 4.1e-2, 1.9e-2, 8.8e-3, 4.1e-3, 8.8e-4, 1.9e-4, 1.9e-5]),
    ("tanh", -4.0, 4.0, [1.8e-1, 8.2e-2, 3.8e-2, 1.8e-2, 8.1e-3, 1.8e-3, 3.8e-4, 3.8e-5]),
    ("gelu", -4.0, 4.0, [2.3e-1, 8.5e-2, 3.0e-2, 9.8e-3, 2.8e-3, 1.7e-4, 6.5e-6, 2.7e-8]),
    ("gelu", -8.0, 8.0, [5.0e-1, 2.6e-1, 1.6e-1, 9.5e-2, 5.8e-2, 1.9e-2, 5.6e-3, 6.3e-4]),
    ("exp", -16.0, 0.0, [1.4e-1, 3.7e-2, 6.6e-3, 8.6e-4, 8.3e-5, 3.6e-7, 6.6e-10, 1.4e-14]),
    ("erf", -3.0, 3.0, [1.4e-1, 5.2e-2, 1.7e-2, 5.3e-3, 1.4e-3, 8.1e-5, 3.2e-6, 1.4e-8]),
    ("silu", -8.0, 8.0, [4.7e-1, 1.9e-1, 8.8e-2, 4.1e-2, 1.9e-2, 4.1e-3, 8.7e-4, 8.8e-5]),
    ("softplus", -8.0, 8.0, [2.6e-1, 7.8e-2, 2.7e-2, 1.0e-2, 4.0e-3, 6.6e-4, 1.1e-4, 8.9e-6]),
    ("reciprocal", 1.0, 2.0, [1.3e-3, 3.7e-5, 1.1e-6, 3.2e-8, 9.5e-10, 8.2e-13, 7.1e-16, 1.8e-20]),
    ("rsqrt", 1.0, 4.0, [5.2e-3, 4.8e-4, 4.7e-5, 4.7e-6, 4.8e-7, 5.1e-9, 5.7e-11, 6.9e-14]),
    ("exp2", 0.0, 1.0, [1.1e-4, 1.1e-7, 5.7e-11, 1.9e-14, 0.0, 0.0, 0.0, 0.0]),
    ("relu", -1.0, 1.0, [6.2e-2, 3.4e-2, 2.3e-2, 1.7e-2, 1.4e-2, 1.0e-2, 7.8e-3, 5.8e-3]),
];

/// What a number printed with two digits may be away from the exact one.
fn half_a_digit(printed: f64) -> f64 {
    0.5000001 * 10f64.powf(printed.log10().floor() - 1.0)
}

#[test]
fn errors_are_those_of_the_table() {
    for (text, lo, hi, row) in TABLE {
        let target = target(text, *lo, *hi);
        for (&degree, &expected) in DEGREES.iter().zip(row) {
            let fit = match minimax(&target, degree) {
                Ok(fit) => fit,
                Err(FitError::BeyondDoubles { reachable, .. }) => {
                    // Below the resolution of doubles, and only there.
                    assert!(expected < 1e-14 && reachable < degree, "{text} {degree}");
                    continue;
                }
                Err(other) => panic!("{text} {degree}: {other}"),
            };
            // Evaluating function and polynomial alone costs about as much as this.
            let noise = 2e-15;
            assert!(
                (fit.measured.max_error - expected).abs() <= half_a_digit(expected) + noise,
                "{text} {degree}: {:e} instead of {expected:e}",
                fit.measured.max_error
            );
            assert_best(&target, &fit, degree);
        }
    }
}

#[test]
fn relu_is_at_least_a_tenth_below_caratheodory_fejer() {
    let target = target("relu", -1.0, 1.0);
    let relu = TABLE[TABLE.len() - 1].3;
    // Errors of Carathéodory-Fejér polynomials over the certified minimax errors.
    for (degree, ratio) in [(3, 1.12), (7, 1.15), (15, 1.25), (19, 1.32), (25, 1.44)] {
        let best = relu[DEGREES.iter().position(|d| *d == degree).unwrap()];
        let fit = minimax(&target, degree).unwrap();
        let best = best + half_a_digit(best);
        assert!(
            fit.measured.max_error <= 0.9 * ratio * best,
            "{degree}: {:e}",
            fit.measured.max_error
        );
    }
}

#[test]
fn kinks_roots_and_high_degrees_converge() {
    for (text, lo, hi, degree) in [
        ("relu", -1.0, 2.0, 20),
        ("abs", -1.0, 1.0, 60),
        ("relu", -0.1, 3.0, 40),
        ("sqrt", 0.0, 1.0, 12),
        ("hardswish", -8.0, 8.0, 15),
        ("hardsigmoid(alpha=0.2, beta=0.5)", -8.0, 5.0, 15),
        ("asin", -1.0, 1.0, 9),
        ("acos", -1.0, 1.0, 10),
        ("selu(alpha=1.67, gamma=1.05)", -4.0, 4.0, 14),
        ("sin", -20.0, 20.0, 31),
        ("log", 1e-3, 1.0, 16),
        ("sigmoid", -8.0, 8.0, 0),
        ("sigmoid", -8.0, 8.0, 1),
        ("sigmoid", -8.0, 8.0, 2),
        ("gelu", -8.0, 8.0, 1),
        ("cos", -3.0, 3.0, 0),
        ("cos", -3.0, 3.0, 1),
        ("sigmoid", -40.0, 40.0, MAX_DEGREE),
    ] {
        let target = target(text, lo, hi);
        let fit = minimax(&target, degree).unwrap();
        assert_best(&target, &fit, degree);
    }
}

#[test]
fn symmetric_functions_have_polynomials_of_their_parity() {
    let coefficients = |text: &str, lo: f64, hi: f64, degree: usize| {
        let fit = minimax(&target(text, lo, hi), degree).unwrap();
        fit.polynomial.coefficients().to_vec()
    };
    let tanh = coefficients("tanh", -4.0, 4.0, 9);
    assert!(tanh.iter().step_by(2).all(|c| *c == 0.0));
    let sigmoid = coefficients("sigmoid", -4.0, 4.0, 8);
    assert_eq!(sigmoid.len(), 8);
    assert!(sigmoid[2..].iter().step_by(2).all(|c| *c == 0.0));
    let silu = coefficients("silu", -4.0, 4.0, 8);
    assert!(silu[3..].iter().step_by(2).all(|c| *c == 0.0) && silu[1] == 2.0);
    // About a middle other than zero.
    let cos = coefficients("cos", 0.0, 2.0 * std::f64::consts::PI, 9);
    assert!(cos.iter().skip(1).step_by(2).all(|c| c.abs() < 1e-14));
    // The general exchange finds an error as small.
    for (text, degree) in [
        ("tanh", 9),
        ("silu", 8),
        ("abs", 12),
        ("sin", 5),
        ("sin", 6),
    ] {
        let free = target(text, -2.0, 2.0).with_parity(Parity::None).unwrap();
        let best = minimax(&target(text, -2.0, 2.0), degree).unwrap();
        let general = minimax(&free, degree).unwrap();
        let ratio = general.measured.max_error / best.measured.max_error;
        assert!((ratio - 1.0).abs() < 1e-4, "{text}: {ratio}");
    }
}

#[test]
fn parity_may_be_asked_for() {
    let one_side = || target("exp", 0.25, 1.0);
    for (parity, first) in [(Parity::Even, 0), (Parity::Odd, 1)] {
        let fit = minimax(&one_side().with_parity(parity).unwrap(), 7).unwrap();
        assert_eq!(fit.polynomial.domain(), (-1.0, 1.0));
        let others = fit.polynomial.coefficients().iter().skip(1 - first);
        assert!(others.step_by(2).all(|c| *c == 0.0));
        // Four free coefficients and the level: the error alternates as that of a cubic.
        assert_best(&one_side(), &fit, 3);
    }
    let left = target("exp", -1.0, -0.5).with_parity(Parity::Odd).unwrap();
    assert_best(&left, &minimax(&left, 5).unwrap(), 2);
    let message = |lo: f64, parity| match target("tanh", lo, 1.0).with_parity(parity) {
        Ok(_) => panic!("refused"),
        Err(error) => error.to_string(),
    };
    assert_eq!(
        message(-1.0, Parity::Even),
        "`tanh` has not the parity asked for: the values at x and -x do not go together"
    );
    assert_eq!(
        message(-2.0, Parity::Odd),
        "`tanh` has not the parity asked for: the domain has both signs and is not symmetric about zero"
    );
}

#[test]
fn unions_of_intervals() {
    // On [-1, -1/2] and [1/2, 1] the sign is fitted as x (5 - 2 x^2) / ..., odd; on the right alone as well.
    let gap = || Domain::union(&[(-1.0, -0.5), (0.5, 1.0)]).unwrap();
    for degree in [1, 3, 7, 15] {
        let both = target_on("sign", gap());
        let fit = minimax(&both, degree).unwrap();
        assert_best(&both, &fit, degree);
        let right = target("sign", 0.5, 1.0).with_parity(Parity::Odd).unwrap();
        let half = minimax(&right, degree).unwrap();
        assert!((half.measured.max_error / fit.measured.max_error - 1.0).abs() < 1e-5);
    }
    // A line through (1/2, 1 - e) and (1, 1 + e): e = 1/3.
    let line = minimax(&target_on("sign", gap()), 1).unwrap();
    assert!((line.measured.max_error - 1.0 / 3.0).abs() < 1e-9);
    let uneven = target_on(
        "reciprocal",
        Domain::union(&[(-3.0, -0.5), (0.25, 0.5), (1.0, 1.5)]).unwrap(),
    );
    for degree in [1, 4, 9, 16] {
        assert_best(&uneven, &minimax(&uneven, degree).unwrap(), degree);
    }
}

#[test]
fn weights_count_in_the_error() {
    // Relative error of the exponential.
    let relative = target("exp", -3.0, 3.0)
        .with_weight(|x| (-x).exp())
        .unwrap();
    for degree in [2, 5, 10] {
        let fit = minimax(&relative, degree).unwrap();
        assert_best(&relative, &fit, degree);
        let plain = minimax(&target("exp", -3.0, 3.0), degree).unwrap();
        let of_plain = relative.measure(|x| plain.polynomial.eval(x), &[]);
        assert!(of_plain.max_error > 1.5 * fit.measured.max_error);
    }
    assert!(matches!(
        target("exp", -1.0, 1.0).with_weight(|x| x),
        Err(FitError::Weight { value, .. }) if value <= 0.0
    ));
}

#[test]
fn measured_errors_are_where_they_are_said_to_be() {
    let target = target("gelu", -4.0, 4.0);
    let fit = minimax(&target, 9).unwrap();
    let at = fit.measured.max_at;
    let there = (target.value(at) - fit.polynomial.eval(at)).abs();
    assert_eq!(there, fit.measured.max_error);
    assert!(fit.measured.mean_error < fit.measured.max_error);
    assert!(fit.measured.mean_error > 0.3 * fit.measured.max_error);
    assert_eq!(fit.polynomial.basis(), Basis::Chebyshev);
    // A line off by x^2 from -1 to 1: mean 1/3.
    let square = Target::new("x^2", |x| x * x, Domain::new(-1.0, 1.0).unwrap(), &[]).unwrap();
    assert!((square.measure(|_| 0.0, &[]).mean_error - 1.0 / 3.0).abs() < 1e-6);
}

#[test]
fn what_is_exact_is_found_exactly_and_not_beyond() {
    let relu = target("relu", 0.0, 3.0);
    assert!(minimax(&relu, 1).unwrap().measured.max_error < 1e-15);
    assert_eq!(
        minimax(&relu, 6).unwrap_err().to_string(),
        "degree 6 for `relu` is beyond what doubles can find: degree 1 already has an error of at most \
         2.1316282072803006e-14, which is rounding noise; use degree 1 or less"
    );
    let zero = target("relu", -2.0, -1.0);
    assert_eq!(minimax(&zero, 0).unwrap().measured.max_error, 0.0);
    assert!(matches!(
        minimax(&zero, 2),
        Err(FitError::BeyondDoubles { reachable: 0, .. })
    ));
    let reciprocal = target("reciprocal", 1.0, 2.0);
    let Err(FitError::BeyondDoubles {
        reachable, floor, ..
    }) = minimax(&reciprocal, 25)
    else {
        panic!("degree 25 has an error of 1.8e-20");
    };
    assert!(minimax(&reciprocal, reachable).unwrap().measured.max_error <= floor);
    assert!(
        minimax(&reciprocal, reachable - 1)
            .unwrap()
            .measured
            .max_error
            > floor
    );
}

#[test]
fn impossible_requests_are_refused() {
    let of = |text: &str, lo: f64, hi: f64| {
        let function: Function = text.parse().unwrap();
        match Target::of(&function, Domain::new(lo, hi).unwrap()) {
            Ok(_) => panic!("{text} on [{lo}, {hi}]"),
            Err(error) => error.to_string(),
        }
    };
    assert!(of("log", 0.0, 1.0).contains("unbounded near 0"));
    assert!(of("tan", 0.0, 2.0).contains("unbounded near 1.57"));
    assert!(of("sign", -1.0, 1.0).contains("jumps at 0"));
    assert!(of("exp", 0.0, 1000.0).ends_with("must be finite in doubles, found inf"));
    assert_eq!(
        minimax(&target("exp", 0.0, 1.0), 201)
            .unwrap_err()
            .to_string(),
        "the degree must be from 0 to 200, found 201"
    );
    let domain = Domain::new(-1.0, 1.0).unwrap();
    assert!(Target::new("nan", |_| f64::NAN, domain, &[]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, rng_seed: RngSeed::Fixed(3), ..ProptestConfig::default() })]

    /// The best polynomial of `f(a x + b)` is that of `f`, moved; the errors are the same.
    #[test]
    fn affine_changes_of_the_variable(scale in 0.1f64..10.0, shift in -20.0f64..20.0, degree in 1usize..12) {
        let direct = minimax(&target("gelu", -3.0, 2.0), degree).unwrap();
        let moved = Domain::new((-3.0 - shift) / scale, (2.0 - shift) / scale).unwrap();
        let gelu = Function::Gelu;
        let moved = Target::new("moved", move |x| gelu.eval_f64(scale * x + shift), moved, &[]).unwrap();
        let moved = minimax(&moved, degree).unwrap();
        prop_assert!((moved.measured.max_error / direct.measured.max_error - 1.0).abs() < 1e-5);
        let (found, expected) = (moved.polynomial.coefficients(), direct.polynomial.coefficients());
        for (found, expected) in found.iter().zip(expected) {
            prop_assert!((found - expected).abs() < 1e-5 * direct.measured.max_error.max(1e-6));
        }
    }

    /// Errors scale with the function, and do not see an added polynomial of the degree.
    #[test]
    fn scaling_and_adding(factor in -1e6f64..1e6, slope in -3.0f64..3.0, degree in 1usize..12) {
        prop_assume!(factor.abs() > 1e-3);
        let domain = || Domain::new(-1.0, 2.5).unwrap();
        let plain = Target::new("e^x", libm_exp, domain(), &[]).unwrap();
        let other = Target::new("other", move |x| factor * (libm_exp(x) + slope * x), domain(), &[]).unwrap();
        let plain = minimax(&plain, degree).unwrap();
        let other = minimax(&other, degree).unwrap();
        let ratio = other.measured.max_error / (factor.abs() * plain.measured.max_error);
        prop_assert!((ratio - 1.0).abs() < 1e-5 + 1e-14 / plain.measured.max_error, "{}", ratio);
    }

    /// Higher degrees are never worse.
    #[test]
    fn errors_fall_with_the_degree(lo in -6.0f64..0.0, width in 0.5f64..8.0, degree in 0usize..14) {
        let target = target("mish", lo, lo + width);
        let (Ok(lower), Ok(higher)) = (minimax(&target, degree), minimax(&target, degree + 1)) else {
            return Ok(());
        };
        prop_assert!(higher.measured.max_error <= lower.measured.max_error * (1.0 + 1e-5) + 1e-14);
    }
}

fn libm_exp(x: f64) -> f64 {
    Function::Exp.eval_f64(x)
}
