//! Enclosures against another implementation, against each other and against published digits.

use astro_float::{BigFloat, Consts, RoundingMode};
use num_bigint::BigInt;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::*;

/// Precision of the other implementation.
const BITS: usize = 256;

fn function(text: &str) -> Function {
    text.parse().unwrap()
}

/// The value of the other implementation, as an exact number.
fn exact(value: &BigFloat) -> Dyadic {
    if value.is_zero() {
        return Dyadic::from_scaled(0, 0);
    }
    let (words, _, sign, exponent, _) = value.as_raw_parts().unwrap();
    let mut mantissa = BigInt::from(0);
    for word in words.iter().rev() {
        mantissa = (mantissa << 64u32) + BigInt::from(*word);
    }
    if sign == astro_float::Sign::Neg {
        mantissa = -mantissa;
    }
    Dyadic::new(mantissa, i64::from(exponent) - 64 * words.len() as i64)
}

fn parse(digits: &str) -> Dyadic {
    let mut constants = Consts::new().unwrap();
    let value = BigFloat::parse(
        digits,
        astro_float::Radix::Dec,
        BITS,
        RoundingMode::ToEven,
        &mut constants,
    );
    assert!(!value.is_nan(), "{digits}");
    exact(&value)
}

/// Widens an exact number by `2^-bits` of its magnitude.
fn around(value: &Dyadic, bits: i64) -> (Dyadic, Dyadic) {
    let radius = match value.top_exponent() {
        Some(top) => Long::from_parts(false, 1, top - bits, 512),
        None => Long::from_integer(0, 512),
    };
    let center = Long::from_integer(0, 512);
    let center = center.add(&from_dyadic(value), Direction::Down);
    (
        center.subtract(&radius, Direction::Down).to_dyadic(),
        center.add(&radius, Direction::Up).to_dyadic(),
    )
}

fn from_dyadic(value: &Dyadic) -> Long {
    // Mantissas here have up to 256 bits: two exact halves.
    let negative = value.mantissa() < &BigInt::from(0);
    let magnitude = value.mantissa().magnitude();
    let mut sum = Long::from_integer(0, 512);
    for (index, digit) in magnitude.iter_u64_digits().enumerate() {
        let part = Long::from_parts(
            negative,
            u128::from(digit),
            value.exponent() + 64 * index as i64,
            512,
        );
        sum = sum.add(&part, Direction::Down);
    }
    sum
}

fn check(text: &str, numerator: i128, scale: u32, expected: &Dyadic) {
    let (below, above) = around(expected, 228);
    for precision in [64, 96, 160, 300] {
        let found = function(text).enclose(numerator, scale, precision).unwrap();
        assert!(
            found.lower <= above && below <= found.upper,
            "{text} at {numerator}*2^-{scale}, {precision} bits: {expected} is not in [{}, {}]",
            found.lower,
            found.upper
        );
        let (low, high) = (found.lower.to_f64_down(), found.upper.to_f64_up());
        let size = low.abs().max(high.abs()).max(1.0);
        assert!(high - low <= size * 1e-15, "{text}: [{low}, {high}]");
    }
}

/// The other implementation's name for a function, where it has it.
fn other(text: &str, x: &BigFloat, constants: &mut Consts) -> Option<BigFloat> {
    let rm = RoundingMode::ToEven;
    let one = BigFloat::from_i32(1, BITS);
    Some(match text {
        "exp" => x.exp(BITS, rm, constants),
        "log" => x.ln(BITS, rm, constants),
        "sin" => x.sin(BITS, rm, constants),
        "cos" => x.cos(BITS, rm, constants),
        "tan" => x.tan(BITS, rm, constants),
        "asin" => x.asin(BITS, rm, constants),
        "acos" => x.acos(BITS, rm, constants),
        "atan" => x.atan(BITS, rm, constants),
        "sinh" => x.sinh(BITS, rm, constants),
        "cosh" => x.cosh(BITS, rm, constants),
        "tanh" => x.tanh(BITS, rm, constants),
        "asinh" => x.asinh(BITS, rm, constants),
        "acosh" => x.acosh(BITS, rm, constants),
        "atanh" => x.atanh(BITS, rm, constants),
        "sqrt" => x.sqrt(BITS, rm),
        "reciprocal" => x.reciprocal(BITS, rm),
        "exp2" => BigFloat::from_i32(2, BITS).pow(x, BITS, rm, constants),
        "pow(exponent=2.5)" => x.pow(&BigFloat::from_f64(2.5, BITS), BITS, rm, constants),
        "pow(exponent=-0.75)" => x.pow(&BigFloat::from_f64(-0.75, BITS), BITS, rm, constants),
        "sigmoid" => one
            .add(&x.neg().exp(BITS, rm, constants), BITS, rm)
            .reciprocal(BITS, rm),
        "softplus" => one
            .add(&x.exp(BITS, rm, constants), BITS, rm)
            .ln(BITS, rm, constants),
        _ => return None,
    })
}

const COMPARED: [&str; 21] = [
    "exp",
    "log",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "tanh",
    "asinh",
    "acosh",
    "atanh",
    "sqrt",
    "reciprocal",
    "exp2",
    "pow(exponent=2.5)",
    "pow(exponent=-0.75)",
    "sigmoid",
    "softplus",
];

/// Compares all functions at one point, where defined.
fn compare_at(numerator: i128, scale: u32) {
    let mut constants = Consts::new().unwrap();
    let point = Dyadic::from_scaled(numerator, scale);
    let mut x = BigFloat::from_i128(numerator, BITS);
    if numerator != 0 {
        x.set_exponent(x.exponent().unwrap() - scale as i32);
    }
    for text in COMPARED {
        if !function(text).is_defined_at(&point) {
            continue;
        }
        let value = other(text, &x, &mut constants).unwrap();
        assert!(!value.is_nan(), "{text} at {point}");
        // The sum in softplus rounds before the logarithm, which on the far left leaves no relative precision.
        let expected = exact(&value);
        let (below, above) = if text == "softplus" {
            let slack = Long::from_parts(false, 1, -240, 512);
            let center = from_dyadic(&expected);
            (
                center.subtract(&slack, Direction::Down).to_dyadic(),
                center.add(&slack, Direction::Up).to_dyadic(),
            )
        } else {
            around(&expected, 240)
        };
        for precision in [96, 300] {
            let found = function(text).enclose(numerator, scale, precision).unwrap();
            assert!(
                found.lower <= above && below <= found.upper,
                "{text} at {point}, {precision} bits: {expected} is not in [{}, {}]",
                found.lower,
                found.upper
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn another_implementation_agrees(numerator in -(1i128 << 20)..(1i128 << 20), scale in 14u32..40) {
        compare_at(numerator, scale);
    }

    #[test]
    fn short_and_long_arithmetic_agree(numerator in -(1i128 << 40)..(1i128 << 40), scale in 34u32..60) {
        for name in Function::NAMES {
            let function = name.parse::<Function>()
                .or_else(|_| format!("{name}(alpha=0.7)").parse())
                .or_else(|_| format!("{name}(alpha=0.7, beta=0.3)").parse())
                .or_else(|_| format!("{name}(alpha=1.6, gamma=1.05)").parse())
                .or_else(|_| format!("{name}(exponent=1.7)").parse())
                .unwrap();
            if !function.is_defined_at(&Dyadic::from_scaled(numerator, scale)) {
                continue;
            }
            let short = function.enclose(numerator, scale, 96).unwrap();
            let long = function.enclose(numerator, scale, 200).unwrap();
            prop_assert!(short.lower <= short.upper);
            prop_assert!(short.lower <= long.upper && long.lower <= short.upper, "{}", function);
            // The double stands between, give or take its own error.
            let float = function.eval_f64(Dyadic::from_scaled(numerator, scale).to_f64_down());
            let size = float.abs().max(1.0);
            prop_assert!((long.lower.to_f64_down() - float).abs() <= 1e-13 * size, "{}", function);
            prop_assert!((short.upper.to_f64_up() - float).abs() <= 1e-13 * size, "{}", function);
        }
    }
}

#[test]
fn another_implementation_agrees_at_corners() {
    for (numerator, scale) in [
        (0, 0),
        (1, 0),
        (-1, 0),
        (1, 1),
        (1, 100),
        (-1, 100),
        ((1 << 60) - 1, 60),
        (1 - (1 << 60), 60),
        ((1 << 60) + 1, 60),
        (30, 0),
        (-30, 0),
        (201, 1),
        // Close to pi/2 and to 10 pi.
        (1_768_559_438_007_110, 50),
        (17_685_594_380_071_101, 49),
    ] {
        compare_at(numerator, scale);
    }
}

#[test]
fn published_digits() {
    for (text, numerator, scale, digits) in [
        (
            "erf",
            1,
            0,
            "0.8427007929497148693412206350826092592960669979663029084599378978347173",
        ),
        (
            "erf",
            -1,
            1,
            "-0.5204998778130465376827466538919645287364515757579637000588057256471935",
        ),
        (
            "erf",
            5,
            0,
            "0.9999999999984625402055719651498116565146166211098819496852766200693121",
        ),
        (
            "gelu",
            1,
            0,
            "0.8413447460685429485852325456320379224779129667266043909873944502429914",
        ),
        (
            "gelu_tanh",
            1,
            0,
            "0.8411919906082767047819957770451838608257614701140094376501641750340619",
        ),
        (
            "silu",
            1,
            0,
            "0.7310585786300048792511592418218362743651446401650565192763659079190405",
        ),
        (
            "mish",
            1,
            0,
            "0.8650983882673103461162334492563123868864303782903558920755981293370762",
        ),
    ] {
        // 70 digits are 232 bits.
        check(text, numerator, scale, &parse(digits));
    }
}

#[test]
fn far_arguments_stay_bounded() {
    let huge = 1i128 << 119;
    for (text, lower, upper) in [
        ("sigmoid", 1.0, 1.0),
        ("tanh", 1.0, 1.0),
        ("erf", 1.0, 1.0),
        ("gelu", huge as f64, huge as f64),
        ("softplus", huge as f64, huge as f64),
        ("mish", huge as f64, huge as f64),
        (
            "atan",
            std::f64::consts::FRAC_PI_2,
            std::f64::consts::FRAC_PI_2.next_up(),
        ),
    ] {
        let found = function(text).enclose(huge, 0, 90).unwrap();
        let (low, high) = (found.lower.to_f64_down(), found.upper.to_f64_up());
        assert!(low <= lower && upper <= high, "{text}: [{low}, {high}]");
        assert!(
            low >= lower.next_down() && high <= upper.next_up(),
            "{text}: [{low}, {high}]"
        );
        let left = function(text).enclose(-huge, 0, 90).unwrap();
        assert!(left.lower <= left.upper, "{text}");
    }
    for text in ["exp", "exp2"] {
        let left = function(text).enclose(-huge, 0, 90).unwrap();
        assert_eq!(left.lower.to_f64_down(), 0.0);
        assert_eq!(left.upper.to_f64_up(), 5e-324);
    }
}

#[test]
fn refusals() {
    let message = |text: &str, numerator: i128, precision: u32| {
        function(text)
            .enclose(numerator, 1, precision)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(message("log", -1, 60), "`log` is not defined at -0.5");
    assert_eq!(
        message("sin", 1 << 60, 60),
        "`sin` at 576460752303423500: the argument or the value is too large to bound (limit: about 2^40 in the exponent)"
    );
    assert!(message("exp", 1 << 50, 60).contains("too large"));
    assert!(message("relu", 1 << 121, 60).contains("too large"));
    assert_eq!(
        message("tanh", 1, 1 << 20),
        "precision must be at most 16384 bits, found 1048576"
    );
}
