//! Certificates of programs against high-precision enclosures.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive};
use zkc_approx::{
    Certificate, EXHAUSTIVE_ARGUMENTS, Program, ProgramRequest, certify_program, fit_program,
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
