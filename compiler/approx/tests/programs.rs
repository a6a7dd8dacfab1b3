//! Programs of piecewise polynomials: their values, their bounds, and the coefficients found for them.

use num_bigint::BigInt;
use num_integer::Integer;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use zkc_approx::{Function, Program, ProgramError, ProgramRequest, fit_program};

fn request(text: &str, in_scale: u32, lo: i64, hi: i64, out_scale: u32) -> ProgramRequest {
    ProgramRequest {
        function: text.parse().unwrap(),
        in_scale,
        lo,
        hi,
        out_scale,
    }
}

/// The value by the formula, in integers of any size.
fn direct(program: &Program, n: i64) -> BigInt {
    let offset = BigInt::from(n) - program.lo;
    let length = BigInt::from(1) << program.segment_bits;
    let (segment, position) = offset.div_mod_floor(&length);
    let segment = usize::try_from(segment).unwrap();
    let width = program.degree + 1;
    let mut value = BigInt::from(0);
    for power in 0..width {
        value += position.pow(power as u32) * program.coefficients[segment * width + power];
    }
    if program.shift == 0 {
        return value;
    }
    let half = BigInt::from(1) << (program.shift - 1);
    (value + half).div_floor(&(BigInt::from(1) << program.shift))
}

prop_compose! {
    fn programs()(
        degree in 0usize..=3,
        segment_bits in 0u32..12,
        shift in 0u32..40,
        lo in -100_000i64..100_000,
        segments in 1usize..6,
    )(
        coefficients in prop::collection::vec(-(1i64 << 25)..(1i64 << 25), segments * (degree + 1)),
        degree in Just(degree), segment_bits in Just(segment_bits), shift in Just(shift), lo in Just(lo),
    ) -> Program {
        Program { function: Function::Tanh, in_scale: 8, out_scale: 8, lo, segment_bits, shift, degree, coefficients }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(0x5e9),
        cases: 400,
        ..ProptestConfig::default()
    })]

    #[test]
    fn values_follow_the_formula_and_reach_the_bounds(program in programs()) {
        let (lo, hi) = program.domain().unwrap();
        let values: Vec<i64> = (lo..=hi).map(|n| program.eval(n).unwrap()).collect();
        let bounds = program.bounds().unwrap();
        prop_assert_eq!(*values.iter().min().unwrap(), bounds.result.0);
        prop_assert_eq!(*values.iter().max().unwrap(), bounds.result.1);
        let step = values.len().div_ceil(50);
        for (n, value) in (lo..=hi).zip(&values).step_by(step) {
            prop_assert_eq!(BigInt::from(*value), direct(&program, n));
        }
        prop_assert_eq!(program.eval(lo - 1), None);
        prop_assert_eq!(program.eval(hi + 1), None);
        let middle = lo + (hi - lo) / 3;
        let part = &values[..=(middle - lo) as usize];
        let on_part = program.bounds_on(lo, middle).unwrap().result;
        prop_assert_eq!(on_part, (*part.iter().min().unwrap(), *part.iter().max().unwrap()));
    }
}

#[test]
fn midpoints_go_up() {
    let program = Program {
        function: Function::Abs,
        in_scale: 0,
        out_scale: 0,
        lo: -2,
        segment_bits: 2,
        shift: 1,
        degree: 1,
        coefficients: vec![-3, 1],
    };
    // (-3, -2, -1, 0) / 2
    let values: Vec<Option<i64>> = (-2..2).map(|n| program.eval(n)).collect();
    assert_eq!(values, [Some(-1), Some(-1), Some(0), Some(0)]);
    assert_eq!(program.bounds().unwrap().polynomial, (-3, 0));
}

/// The largest error of a program before the last rounding, in units of the result, by doubles.
fn error(program: &Program, lo: i64, hi: i64) -> f64 {
    let unit = 2f64.powi(-(program.in_scale as i32));
    let width = program.degree + 1;
    let mut worst = 0.0f64;
    for n in lo..=hi {
        let offset = n.abs_diff(program.lo);
        let segment = (offset >> program.segment_bits) as usize;
        let position = (offset & ((1 << program.segment_bits) - 1)) as f64;
        let coefficients = &program.coefficients[segment * width..(segment + 1) * width];
        let value = coefficients
            .iter()
            .rev()
            .fold(0.0, |sum, &c| sum * position + c as f64);
        let value = value / 2f64.powi(program.shift as i32);
        let exact =
            program.function.eval_f64(n as f64 * unit) * 2f64.powi(program.out_scale as i32);
        worst = worst.max((value - exact).abs());
    }
    worst
}

/// Errors of the best real coefficients (113 bits), to two digits; with 24 fraction bits of the result, rounding the
/// coefficients adds next to nothing.
#[test]
fn coefficients_are_as_good_as_the_best_real_ones() {
    #[rustfmt::skip]
    let cases: [(&str, i64, i64, usize, i64, f64); 13] = [
        ("sigmoid", -8, 8, 1, 64, 3.7e-4), ("sigmoid", -8, 8, 1, 256, 2.3e-5), ("sigmoid", -8, 8, 2, 64, 1.0e-5),
        ("sigmoid", -8, 8, 3, 16, 3.3e-5), ("gelu", -8, 8, 1, 64, 3.1e-3), ("gelu", -8, 8, 2, 64, 6.2e-5),
        ("gelu", -8, 8, 3, 16, 2.7e-4), ("exp", -16, 0, 1, 64, 3.5e-3), ("exp", -16, 0, 2, 64, 7.2e-5),
        ("silu", -8, 8, 3, 16, 1.1e-4), ("silu", -8, 8, 1, 1024, 7.6e-6), ("reciprocal", 1, 2, 1, 64, 3.0e-5),
        ("reciprocal", 1, 2, 2, 16, 6.8e-6),
    ];
    for (text, lo, hi, degree, segments, expected) in cases {
        // Segments of 2^10 arguments.
        let in_scale = 10 + (segments / (hi - lo)).ilog2();
        let request = request(text, in_scale, lo << in_scale, (hi << in_scale) - 1, 24);
        let program = fit_program(&request, 10, degree, None).unwrap();
        assert_eq!(program.segments(), segments as u64);
        let found = error(&program, request.lo, request.hi) / 2f64.powi(24);
        // Half of the second digit, the rounding, and integers missing the ends of segments.
        let slack = 0.5 * 10f64.powf(expected.log10().floor() - 1.0) + 0.01 * expected;
        assert!(
            (found - expected).abs() <= slack,
            "{text} {degree} {segments}: {found:e} instead of {expected:e}"
        );
    }
}

/// A segment over a kink: the best line through it is off by a known amount.
#[test]
fn kinks_within_a_segment_are_met() {
    for kink in [1, 77, 500, 1000] {
        let request = request("relu", 0, -kink, 1023 - kink, 0);
        let program = fit_program(&request, 10, 1, None).unwrap();
        // The chord from end to end, minus the kink, halved.
        let (left, right) = (kink as f64, (1023 - kink) as f64);
        let expected = 0.5 * right * left / 1023.0;
        let found = error(&program, request.lo, request.hi);
        assert!(
            (found - expected).abs() <= 0.26,
            "{kink}: {found} instead of {expected}"
        );
    }
}

#[test]
fn polynomials_are_met_exactly_and_short_ranges_too() {
    let square = request("pow(exponent=2)", 4, -100, 155, 8);
    let program = fit_program(&square, 6, 2, None).unwrap();
    assert!((-100..=155).all(|n| program.eval(n) == Some(n * n)));
    for (degree, hi) in [(0, 3), (1, 4), (2, 5), (3, 3), (3, 6)] {
        let request = request("sin", 2, 3, hi, 12);
        let program = fit_program(&request, 2, degree, None).unwrap();
        assert_eq!(
            program.domain().unwrap(),
            (3, 3 + 4 * program.segments() as i64 - 1)
        );
        if degree == 3 {
            assert!(error(&program, 3, hi) <= 0.2);
        }
    }
}

#[test]
fn malformed_programs_are_refused() {
    let good = fit_program(&request("tanh", 6, -256, 255, 8), 4, 2, None).unwrap();
    good.check().unwrap();
    let message = |change: &dyn Fn(&mut Program)| {
        let mut program = good.clone();
        change(&mut program);
        // Evaluating what is refused must not panic either.
        for n in [i64::MIN, -256, 0, 255, i64::MAX] {
            program.eval(n);
        }
        program.check().unwrap_err().to_string()
    };
    assert_eq!(
        message(&|p| p.degree = 4),
        "the degree must be from 0 to 3, found 4"
    );
    assert_eq!(
        message(&|p| p.segment_bits = 200),
        "the bits of a segment must be from 0 to 52, found 200"
    );
    assert_eq!(
        message(&|p| p.shift = u32::MAX),
        "the shift must be from 0 to 110, found 4294967295"
    );
    assert_eq!(
        message(&|p| p.out_scale = 121),
        "the output scale must be from 0 to 120, found 121"
    );
    assert_eq!(
        message(&|p| p.coefficients.clear()),
        "the number of segments must be from 1 to 1048576, found 0"
    );
    assert!(
        message(&|p| p.coefficients.truncate(95))
            .ends_with("3 coefficients per segment, found 95 in all")
    );
    assert!(message(&|p| p.lo = i64::MAX - 500).ends_with("end beyond 64-bit integers"));
    assert_eq!(
        message(&|p| {
            p.segment_bits = 50;
            p.coefficients[95] = i64::MAX;
        }),
        "the values of segment 31 are too large; use a smaller shift or output scale"
    );
    assert!(
        message(&|p| {
            p.shift = 0;
            p.segment_bits = 40;
            p.coefficients[2] = 1;
        })
        .starts_with("the values of segment 0")
    );
    let outside = good.bounds_on(-256, 256).unwrap_err();
    assert_eq!(
        outside.to_string(),
        "the program is for arguments from -256 to 255, found -256 to 256"
    );
}

#[test]
fn impossible_requests_are_refused() {
    let fit = |request: ProgramRequest, bits: u32, degree: usize| {
        fit_program(&request, bits, degree, None).unwrap_err()
    };
    assert!(matches!(
        fit(request("tanh", 6, 1, 0, 8), 4, 1),
        ProgramError::Empty { .. }
    ));
    assert!(matches!(
        fit(request("log", 6, -3, 50, 8), 4, 1),
        ProgramError::NotFinite { n: -3, .. }
    ));
    assert!(matches!(
        fit(request("exp", 28, -1 << 32, -1, 28), 21, 2),
        ProgramError::Coefficient { .. }
    ));
    assert!(matches!(
        fit(request("tanh", 6, i64::MIN, i64::MAX, 8), 4, 1),
        ProgramError::Limit { .. }
    ));
    assert!(matches!(
        fit(request("tanh", 6, i64::MAX - 2, i64::MAX, 8), 4, 1),
        ProgramError::Domain { .. }
    ));
}
