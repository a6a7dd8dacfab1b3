//! Certificates of programs against high-precision enclosures, against each other, and against false claims.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use zkc_approx::{
    Certificate, Certified, CertifyError, EXHAUSTIVE_ARGUMENTS, Function, Program, ProgramRequest,
    certify_program, fit_program, recheck_program,
};

fn request(text: &str, in_scale: u32, lo: i64, hi: i64, out_scale: u32) -> ProgramRequest {
    ProgramRequest {
        function: text.parse().unwrap(),
        in_scale,
        lo,
        hi,
        out_scale,
    }
}

/// `mantissa * 2^exponent`.
fn dyadic(mantissa: &BigInt, exponent: i64) -> BigRational {
    let power = BigInt::from(1) << exponent.unsigned_abs();
    if exponent < 0 {
        BigRational::new(mantissa.clone(), power)
    } else {
        BigRational::from_integer(mantissa * power)
    }
}

/// The largest error over all arguments, from enclosures with 200 bits and exact subtraction.
fn true_error(program: &Program, lo: i64, hi: i64) -> f64 {
    let mut worst = BigRational::from_integer(BigInt::from(0));
    for n in lo..=hi {
        let value = program.eval(n).unwrap();
        let value = dyadic(&BigInt::from(value), -i64::from(program.out_scale));
        let enclosure = program
            .function
            .enclose(n.into(), program.in_scale, 200)
            .unwrap();
        for end in [enclosure.lower, enclosure.upper] {
            let off = (dyadic(end.mantissa(), end.exponent()) - &value).abs();
            worst = worst.max(off);
        }
    }
    worst.to_f64().unwrap()
}

#[test]
fn exhaustive_bounds_are_the_largest_errors() {
    for (text, in_scale, lo, hi, degree) in [
        ("sigmoid", 5, -256, 255, 1),
        ("gelu", 5, -200, 100, 2),
        ("sqrt", 4, 0, 300, 1),
        ("tan", 5, -40, 40, 3),
        ("floor", 3, -40, 40, 0),
        ("hardswish", 4, -80, 80, 1),
    ] {
        let request = request(text, in_scale, lo, hi, 12);
        let program = fit_program(&request, 4, degree, None).unwrap();
        let found = certify_program(&program, lo, hi, EXHAUSTIVE_ARGUMENTS).unwrap();
        assert_eq!(found.certificate, Certificate::Exhaustive);
        let exact = true_error(&program, lo, hi);
        assert!(
            exact <= found.max_error && found.max_error <= exact.next_up().next_up(),
            "{text}: {} instead of {exact}",
            found.max_error
        );
    }
}

/// A range, a format and a program for it: text, input scale, first and last argument (in units), output scale, segment
/// bits, degree. Between 2^12 and 2^16 arguments.
type Case = (&'static str, u32, f64, f64, u32, u32, usize);

#[rustfmt::skip]
const CASES: &[Case] = &[
    ("sigmoid", 12, -8.0, 8.0, 12, 8, 1), ("sigmoid", 10, -8.0, 8.0, 14, 9, 3), ("tanh", 11, -4.0, 4.0, 13, 9, 2),
    ("gelu", 10, -8.0, 8.0, 12, 6, 1), ("gelu_tanh", 10, -8.0, 8.0, 12, 7, 2), ("exp", 10, -16.0, 0.0, 12, 6, 1),
    ("exp2", 10, -4.0, 3.5, 10, 7, 2), ("silu", 10, -8.0, 8.0, 12, 6, 1), ("erf", 11, -3.0, 3.0, 12, 7, 1),
    ("softplus", 10, -8.0, 8.0, 12, 7, 1), ("mish", 10, -8.0, 8.0, 12, 7, 1), ("reciprocal", 13, 1.0, 2.0, 13, 7, 1),
    ("reciprocal", 8, -40.0, -0.5, 12, 4, 1), ("rsqrt", 12, 1.0, 4.0, 14, 6, 1), ("sqrt", 12, 0.0, 4.0, 12, 6, 1),
    ("log", 12, 0.0625, 4.0, 12, 6, 1), ("sin", 11, -4.0, 4.0, 12, 7, 1), ("cos", 11, -4.0, 4.0, 12, 8, 2),
    ("tan", 12, -1.0, 1.0, 12, 6, 1), ("atan", 10, -8.0, 8.0, 12, 6, 1), ("asin", 12, -1.0, 1.0, 12, 6, 1),
    ("acos", 12, -1.0, 1.0, 12, 8, 2), ("sinh", 11, -2.0, 2.0, 12, 6, 1), ("cosh", 11, -2.0, 2.0, 12, 7, 2),
    ("asinh", 11, -2.0, 2.0, 12, 7, 1), ("acosh", 11, 1.0, 5.0, 12, 7, 1), ("atanh", 12, -0.9, 0.9, 12, 6, 1),
    ("pow(exponent=3)", 11, -2.0, 2.0, 12, 6, 1), ("pow(exponent=1.5)", 11, 0.0, 4.0, 12, 7, 1),
    ("hardswish", 10, -8.05, 8.0, 12, 6, 1), ("hardsigmoid(alpha=0.2, beta=0.5)", 10, -4.05, 4.0, 14, 6, 1),
    ("relu", 10, -3.99, 4.0, 12, 6, 1), ("leaky_relu(alpha=0.01)", 10, -3.99, 4.0, 12, 6, 1),
    ("elu(alpha=1.5)", 10, -8.05, 8.0, 12, 6, 1), ("selu(alpha=1.5, gamma=1.1)", 10, -8.0, 8.0, 12, 6, 1),
    ("celu(alpha=2.0)", 10, -8.05, 8.0, 12, 6, 1), ("softsign", 10, -8.05, 8.0, 12, 6, 1),
    ("thresholded_relu(alpha=1.0)", 10, -4.05, 4.0, 12, 6, 1), ("abs", 10, -4.05, 4.0, 12, 6, 1),
    ("sign", 10, -4.05, 4.0, 4, 6, 0), ("floor", 8, -8.0, 8.0, 4, 6, 0), ("round", 8, -8.0, 8.0, 4, 9, 1),
];

#[test]
fn interval_bounds_are_close_to_the_exhaustive_ones() {
    for &(text, in_scale, from, to, out_scale, segment_bits, degree) in CASES {
        let unit = 2f64.powi(in_scale as i32);
        let (lo, hi) = ((from * unit) as i64, (to * unit) as i64 - 1);
        let request = request(text, in_scale, lo, hi, out_scale);
        let program = fit_program(&request, segment_bits, degree, None).unwrap();
        let exhaustive = recheck_program(&program, lo, hi, Certificate::Exhaustive).unwrap();
        let interval = recheck_program(&program, lo, hi, Certificate::Interval).unwrap();
        // Exact programs have neither error.
        let ratio = if interval == 0.0 {
            1.0
        } else {
            interval / exhaustive
        };
        assert!(
            (1.0..=1.1).contains(&ratio),
            "{text}: {exhaustive:e}, {interval:e}, {ratio}"
        );
    }
}

#[test]
fn figures_of_wide_formats() {
    #[rustfmt::skip]
    let cases = [
        // 25-bit arguments and results of the same scale.
        ("sigmoid", 21, -8, 8, 14, 1, 2048, 6.3e-7),
        ("sigmoid", 21, -8, 8, 17, 2, 256, 4.1e-7),
        ("gelu", 21, -8, 8, 16, 2, 512, 3.8e-7),
        ("sigmoid", 20, -8, 8, 13, 1, 2048, 9.0e-7),
        ("sigmoid", 20, -16, 16, 13, 1, 4096, 9.0e-7),
    ];
    for (text, scale, lo, hi, segment_bits, degree, segments, at_most) in cases {
        let (lo, hi) = (lo << scale, (hi << scale) - 1);
        let request = request(text, scale, lo, hi, scale);
        let program = fit_program(&request, segment_bits, degree, None).unwrap();
        assert_eq!(program.segments(), segments);
        let certified = certify_program(&program, lo, hi, EXHAUSTIVE_ARGUMENTS).unwrap();
        assert_eq!(certified.certificate, Certificate::Interval);
        let found = certified.max_error;
        assert!(
            (0.9 * at_most..=at_most).contains(&found),
            "{text}, {segments} of degree {degree}: {found:e}"
        );
        // No bound may be below an error that is there.
        let middle = (lo + hi) / 2;
        let around = recheck_program(
            &program,
            middle - 5000,
            middle + 5000,
            Certificate::Exhaustive,
        );
        assert!(around.unwrap() <= found);
    }
}

/// Exactly linear functions leave only the rounding, however long the range.
#[test]
fn long_ranges_with_a_kink() {
    let program = Program {
        function: Function::LeakyRelu {
            alpha: zkc_approx::Parameter::new(0.25).unwrap(),
        },
        in_scale: 30,
        out_scale: 30,
        lo: -1 << 50,
        segment_bits: 50,
        shift: 2,
        degree: 1,
        coefficients: vec![-1 << 50, 1, 0, 4],
    };
    let (lo, hi) = program.domain().unwrap();
    let found = recheck_program(&program, lo, hi, Certificate::Interval).unwrap();
    assert_eq!(found, 2f64.powi(-31));
}

fn small() -> (Program, i64, i64) {
    let request = request("sigmoid", 7, -1024, 1023, 10);
    (fit_program(&request, 6, 2, None).unwrap(), -1024, 1023)
}

#[test]
fn false_claims_are_refused() {
    let (program, lo, hi) = small();
    for certificate in [Certificate::Exhaustive, Certificate::Interval] {
        let max_error = recheck_program(&program, lo, hi, certificate).unwrap();
        let claim = Certified {
            max_error,
            certificate,
        };
        assert_eq!(claim.recheck(&program, lo, hi), Ok(max_error));
        let is_refused = |claim: Certified, program: &Program| {
            matches!(
                claim.recheck(program, lo, hi),
                Err(CertifyError::Claim { .. })
            )
        };
        for stated in [max_error.next_down(), 0.0, f64::NAN, -1.0] {
            assert!(
                is_refused(
                    Certified {
                        max_error: stated,
                        ..claim
                    },
                    &program
                ),
                "{stated}"
            );
        }
        let loose = Certified {
            max_error: 1.0,
            ..claim
        };
        assert_eq!(loose.recheck(&program, lo, hi), Ok(max_error));
        // A unit above the guard bits: what moves some result by one.
        for segment in 0..program.segments() as usize {
            for power in 0..=2 {
                for sign in [-1, 1] {
                    let mut wrong = program.clone();
                    // Positions stay below 2^q, so higher powers take a little more.
                    let units = if power == 0 { sign } else { 2 * sign };
                    let unit = 1i64 << (program.shift - power as u32 * program.segment_bits);
                    wrong.coefficients[3 * segment + power] += units * unit;
                    assert!(is_refused(claim, &wrong), "{segment} {power} {sign}");
                }
            }
        }
        let change = |change: &dyn Fn(&mut Program)| {
            let mut wrong = program.clone();
            change(&mut wrong);
            assert!(is_refused(claim, &wrong), "{wrong:?}");
        };
        change(&|p| p.function = Function::Erf);
        change(&|p| p.in_scale = 8);
        change(&|p| p.out_scale = 9);
        change(&|p| p.shift -= 1);
        // Other domains: shifted by one segment or argument, and refused where they no longer cover the range.
        change(&|p| {
            p.lo -= 64;
            p.coefficients.extend([1 << (10 + p.shift), 0, 0]);
        });
        for beyond in [(lo - 1, hi), (lo, hi + 1)] {
            assert!(matches!(
                claim.recheck(&program, beyond.0, beyond.1),
                Err(CertifyError::Program(_))
            ));
        }
        let mut shifted = program.clone();
        shifted.lo += 1;
        let moved = recheck_program(&shifted, lo + 1, hi, certificate).unwrap();
        assert!(moved > max_error);
    }
}

#[test]
fn kinds_have_limits() {
    let (program, lo, hi) = small();
    let kind = |limit: u64| {
        certify_program(&program, lo, hi, limit)
            .unwrap()
            .certificate
    };
    assert_eq!(kind(2048), Certificate::Exhaustive);
    assert_eq!(kind(2047), Certificate::Interval);
    let too_many = certify_program(&program, lo, hi, (1 << 22) + 1).unwrap_err();
    assert_eq!(
        too_many,
        CertifyError::TooManyArguments {
            arguments: (1 << 22) + 1
        }
    );
    let request = request("sigmoid", 20, -1 << 22, 1 << 22, 10);
    let wide = fit_program(&request, 18, 1, None).unwrap();
    let refused = recheck_program(&wide, -1 << 22, 1 << 22, Certificate::Exhaustive).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "an exhaustive certificate is for at most 4194304 arguments, found 8388609"
    );
    for kind in [Certificate::Exhaustive, Certificate::Interval] {
        assert!(matches!(
            recheck_program(&program, 1, 0, kind),
            Err(CertifyError::Program(_))
        ));
    }
}

#[test]
fn functions_without_values_or_expansions_are_refused() {
    let constant = |text: &str, in_scale: u32, lo: i64, segment_bits: u32| Program {
        function: text.parse().unwrap(),
        in_scale,
        out_scale: 0,
        lo,
        segment_bits,
        shift: 0,
        degree: 0,
        coefficients: vec![0],
    };
    for kind in [Certificate::Exhaustive, Certificate::Interval] {
        for (text, bits, n) in [("reciprocal", 10, 0), ("log", 10, -512), ("asin", 10, -512)] {
            let error =
                recheck_program(&constant(text, 4, -512, bits), -512, 511, kind).unwrap_err();
            assert!(
                matches!(error, CertifyError::Undefined { n: found, .. } if found == n),
                "{error}"
            );
        }
        // The poles lie between arguments.
        let tangent = recheck_program(&constant("tan", 4, -512, 10), -512, 511, kind).unwrap();
        assert!(tangent > 10.0 && tangent < 1e4, "{tangent}");
    }
    let jumps = constant("floor", 4, 0, 40);
    let error = recheck_program(&jumps, 0, (1 << 40) - 1, Certificate::Interval).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("`floor` has no expansion that can be bounded on the integers from ")
    );
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(0xce47),
        cases: 150,
        ..ProptestConfig::default()
    })]

    /// Programs that are bad in all ways: the interval bound covers what is there, and not much more.
    #[test]
    fn interval_bounds_hold_for_any_coefficients(
        case in 0..CASES.len(),
        from in 0.0f64..0.8,
        segment_bits in 3u32..10,
        degree in 0usize..=3,
        shift in 0u32..20,
        changes in prop::collection::vec((any::<prop::sample::Index>(), -1000i64..1000), 0..8),
    ) {
        let (text, in_scale, least, greatest, _, _, _) = CASES[case];
        let unit = 2f64.powi(in_scale as i32);
        let lo = ((least + from * (greatest - least)) * unit) as i64;
        let hi = (lo + 700).min((greatest * unit) as i64 - 1);
        let mut program = fit_program(&request(text, in_scale, lo, hi, 10), segment_bits, degree, Some(shift)).unwrap();
        for (place, change) in changes {
            let place = place.index(program.coefficients.len());
            program.coefficients[place] += change;
        }
        let exhaustive = recheck_program(&program, lo, hi, Certificate::Exhaustive).unwrap();
        let interval = recheck_program(&program, lo, hi, Certificate::Interval).unwrap();
        prop_assert!(interval >= exhaustive);
        // A unit for the rounding, as integers may miss the worst of both.
        let slack = 2f64.powi(-10);
        prop_assert!(interval <= 1.1 * exhaustive + slack, "{} {:e} {:e}", text, exhaustive, interval);
    }
}

/// Segments so long that the function turns within them: only cut and with their remainders do expansions hold.
#[test]
fn long_segments_are_cut() {
    for (text, in_scale, lo, hi, segment_bits, degree) in [
        ("sin", 8, -40, 40, 14, 2),
        ("gelu", 8, -16, 16, 13, 3),
        ("tanh", 8, -16, 16, 13, 1),
        ("reciprocal", 9, 1, 17, 13, 0),
        ("sqrt", 9, 0, 16, 13, 3),
        ("atan", 8, -30, 30, 14, 3),
    ] {
        let (lo, hi) = (lo << in_scale, (hi << in_scale) - 1);
        let program = fit_program(
            &request(text, in_scale, lo, hi, 17),
            segment_bits,
            degree,
            Some(4),
        );
        let program = program.unwrap();
        let exhaustive = recheck_program(&program, lo, hi, Certificate::Exhaustive).unwrap();
        let interval = recheck_program(&program, lo, hi, Certificate::Interval).unwrap();
        let ratio = interval / exhaustive;
        assert!(
            (1.0..=1.03).contains(&ratio),
            "{text}: {exhaustive:e}, {interval:e}, {ratio}"
        );
    }
}
