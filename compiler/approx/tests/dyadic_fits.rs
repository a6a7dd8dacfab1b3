//! Dyadic coefficients against published roundings and against all integers near the best real ones.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use zkc_approx::fit::{Domain, DyadicFit, Parity, Target, dyadic_minimax};
use zkc_approx::{Basis, Function};

fn target(text: &str, lo: f64, hi: f64) -> Target<'static> {
    let function: Function = text.parse().unwrap();
    Target::of(&function, Domain::new(lo, hi).unwrap()).unwrap()
}

/// The largest error of the numerators on a grid.
fn error_on_grid(target: &Target<'_>, numerators: &[i64], scales: &[u32], points: u32) -> f64 {
    let (lo, hi) = target.domain().hull();
    (0..=points)
        .map(|i| lo + (hi - lo) * f64::from(i) / f64::from(points))
        .map(|x| {
            let terms = numerators.iter().zip(scales).enumerate();
            let value: f64 = terms
                .map(|(i, (&n, &s))| n as f64 * 2f64.powi(-(s as i32)) * x.powi(i as i32))
                .sum();
            (target.value(x) - value).abs()
        })
        .fold(0.0, f64::max)
}

fn assert_as_said(target: &Target<'_>, fit: &DyadicFit) {
    let found = error_on_grid(target, &fit.numerators, &fit.scales, 20_000);
    let said = fit.measured.max_error;
    assert!(
        found <= said * (1.0 + 1e-9) && found >= said * 0.9999,
        "{found} {said}"
    );
}

#[test]
fn published_roundings_are_matched_or_beaten() {
    // Rounding of each coefficient by itself, and what Sollya's fpminimax finds, to two digits.
    for (text, lo, hi, scales, naive, published) in [
        ("sigmoid", -8.0, 8.0, vec![16; 8], 2.38, 6.0e-2),
        ("exp2", 0.0, 1.0, vec![12; 5], 3.1e-5, 1.2e-5),
    ] {
        let target = target(text, lo, hi);
        let fit = dyadic_minimax(&target, Basis::Monomial, &scales).unwrap();
        assert!((fit.naive_error / naive - 1.0).abs() < 0.02, "{text}");
        let half_a_digit = 0.05 * 10f64.powf(f64::log10(published).floor());
        assert!(
            fit.measured.max_error <= published + half_a_digit,
            "{text}: {:e}",
            fit.measured.max_error
        );
        assert!(fit.is_complete);
        assert_as_said(&target, &fit);
    }
}

#[test]
fn no_integers_nearby_are_better() {
    for (text, lo, hi, scales) in [
        ("exp2", 0.0, 1.0, vec![6, 6, 6]),
        ("sigmoid", -4.0, 4.0, vec![8, 8, 8, 10]),
        ("log", 1.0, 2.0, vec![5, 7, 6]),
        ("gelu", -2.0, 3.0, vec![5, 5, 7]),
        ("exp", -1.0, 1.0, vec![4, 5, 5, 4]),
    ] {
        let target = target(text, lo, hi);
        let fit = dyadic_minimax(&target, Basis::Monomial, &scales).unwrap();
        assert!(fit.is_complete, "{text}");
        // All numerators within a box around those found.
        let mut numerators = fit.numerators.clone();
        let mut least = f64::INFINITY;
        const SIDE: i64 = 9;
        for code in 0..SIDE.pow(scales.len() as u32) {
            let mut rest = code;
            for (n, center) in numerators.iter_mut().zip(&fit.numerators) {
                *n = center + rest % SIDE - SIDE / 2;
                rest /= SIDE;
            }
            least = least.min(error_on_grid(&target, &numerators, &scales, 200));
        }
        // The grid sees a little less than the largest error.
        assert!(
            fit.measured.max_error <= least * (1.0 + 1e-3),
            "{text}: {:e}, but {least:e} is possible",
            fit.measured.max_error
        );
    }
}

#[test]
fn scales_of_their_own_make_up_for_a_wide_domain() {
    let sigmoid = target("sigmoid", -8.0, 8.0);
    // Three bits more per power, since x is up to 8.
    let scales: Vec<u32> = (0..8).map(|i| 10 + 3 * i).collect();
    let fit = dyadic_minimax(&sigmoid, Basis::Monomial, &scales).unwrap();
    assert!(fit.measured.max_error < 1.02 * fit.real_error);
    assert_as_said(&sigmoid, &fit);
    let chebyshev = dyadic_minimax(&sigmoid, Basis::Chebyshev, &[12; 8]).unwrap();
    assert!(chebyshev.measured.max_error < 1.01 * chebyshev.real_error);
    assert_eq!(chebyshev.polynomial.basis(), Basis::Chebyshev);
    // Only 1/2 and odd powers are of use.
    assert!(fit.numerators.iter().skip(2).step_by(2).all(|n| *n == 0));
}

#[test]
fn exact_coefficients_are_found() {
    let cubic = |x: f64| 0.75 - 2.5 * x + 0.125 * x * x * x;
    let domain = Domain::new(-1.0, 3.0).unwrap();
    let cubic = Target::new("cubic", cubic, domain, &[]).unwrap();
    let fit = dyadic_minimax(&cubic, Basis::Monomial, &[3, 2, 0, 4]).unwrap();
    assert_eq!(fit.numerators, [6, -10, 0, 2]);
    assert!(fit.measured.max_error < 1e-14);
}

#[test]
fn impossible_requests_are_refused() {
    let exp = target("exp", 0.0, 1.0);
    let message = |scales: &[u32]| {
        dyadic_minimax(&exp, Basis::Monomial, scales)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        message(&[]),
        "the number of scales must be from 1 to 201, found 0"
    );
    assert_eq!(
        message(&[4, 121]),
        "a scale must be from 0 to 120, found 121"
    );
    assert_eq!(
        message(&[10, 80]),
        "coefficient 1 does not fit in 63 bits at scale 80; use a smaller scale"
    );
    let odd = target("sin", 0.0, 1.0).with_parity(Parity::Odd).unwrap();
    assert!(dyadic_minimax(&odd, Basis::Monomial, &[8; 4]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, rng_seed: RngSeed::Fixed(7), ..ProptestConfig::default() })]

    /// Between the real optimum and rounding; finer coefficients are not worse.
    #[test]
    fn errors_are_in_order(lo in -3.0f64..0.0, width in 0.5f64..5.0, degree in 0usize..6, scale in 2u32..20) {
        let target = target("silu", lo, lo + width);
        let fit = |scale| dyadic_minimax(&target, Basis::Monomial, &vec![scale; degree + 1]).unwrap();
        let (coarse, fine) = (fit(scale), fit(scale + 1));
        for fit in [&coarse, &fine] {
            prop_assert!(fit.measured.max_error <= fit.naive_error * (1.0 + 1e-9));
            prop_assert!(fit.measured.max_error >= fit.real_error * (1.0 - 1e-5) - 1e-14);
        }
        if fine.is_complete {
            prop_assert!(fine.measured.max_error <= coarse.measured.max_error * (1.0 + 2e-5));
        }
    }
}
