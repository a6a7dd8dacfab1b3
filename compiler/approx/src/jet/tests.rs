use num_traits::Signed;

use super::*;
use crate::elementary::SHORT;
use crate::function::Function;
use crate::number::Direction;
use crate::short::Short;

/// Every function, with an argument (in units of 1/16) around which it is smooth.
const CASES: &[(&str, i128)] = &[
    ("sigmoid", 9),
    ("sigmoid", -40),
    ("tanh", -7),
    ("erf", 5),
    ("erf", -30),
    ("gelu", 12),
    ("gelu", -20),
    ("gelu_tanh", 11),
    ("silu", -8),
    ("softplus", 3),
    ("mish", 14),
    ("mish", -14),
    ("elu(alpha=1.5)", -9),
    ("selu(alpha=1.5, gamma=1.25)", -9),
    ("selu(alpha=1.5, gamma=1.25)", 9),
    ("celu(alpha=-2)", -9),
    ("exp", 10),
    ("exp2", -21),
    ("log", 30),
    ("sqrt", 20),
    ("rsqrt", 40),
    ("reciprocal", -25),
    ("sin", 50),
    ("cos", -12),
    ("tan", 8),
    ("asin", 6),
    ("acos", -6),
    ("atan", 30),
    ("sinh", -10),
    ("cosh", 10),
    ("asinh", -40),
    ("acosh", 28),
    ("atanh", 5),
    ("hardsigmoid(alpha=0.25, beta=0.5)", 10),
    ("hardswish", -10),
    ("hardswish", 60),
    ("softsign", -10),
    ("softsign", 10),
    ("pow(exponent=2.5)", 20),
    ("pow(exponent=3)", -20),
    ("pow(exponent=-2)", -20),
    ("pow(exponent=101)", -17),
    ("relu", -5),
    ("leaky_relu(alpha=0.125)", -5),
    ("thresholded_relu(alpha=1)", 20),
    ("abs", -5),
    ("sign", -5),
    ("floor", 5),
    ("round", 5),
];

const ORDER: usize = 6;

fn coefficients(text: &str, from: i128, to: i128, scale: u32) -> Vec<Interval<Short>> {
    let function: Function = text.parse().unwrap();
    let arguments = Arguments { from, to, scale };
    taylor(&*SHORT, &function, arguments, ORDER).unwrap()
}

/// The function near the argument, from enclosures, against the Taylor polynomial and the remainder. Both are so narrow
/// that a wrong coefficient keeps them apart.
#[test]
fn expansions_meet_the_function() {
    for &(text, at) in CASES {
        let function: Function = text.parse().unwrap();
        // Far smaller than the distance to any singularity.
        let (scale, step) = (4 + 16, 1 << 10);
        let middle = at << 16;
        let terms = coefficients(text, middle, middle, scale);
        let around = coefficients(text, middle - step, middle + step, scale);
        let e = &*SHORT;
        let value = |n: i128| {
            crate::enclosure::bound(e, &function, n, scale)
                .unwrap()
                .interval
        };
        for offset in [-step, step / 3, step] {
            let h = e.integer(offset).scale(-i64::from(scale));
            let mut sum = value(middle);
            let mut power = h.clone();
            for term in &terms[..ORDER - 1] {
                sum = sum.plus(&term.times(&power));
                power = power.times(&h);
            }
            sum = sum.plus(&around[ORDER - 1].times(&power));
            let found = value(middle + offset);
            assert!(
                sum.lower.compare(&found.upper).is_le() && found.lower.compare(&sum.upper).is_le(),
                "{text}: {sum:?} and {found:?} do not meet"
            );
            let width = sum
                .upper
                .subtract(&sum.lower, Direction::Up)
                .to_f64(Direction::Up);
            // h^6 is below 1e-18.
            let last = terms[ORDER - 1].magnitude().to_f64(Direction::Up);
            assert!(width <= 1e-18 * (1.0 + last), "{text}: {width}");
        }
    }
}

#[test]
fn coefficients_on_an_interval_hold_those_on_its_points() {
    for &(text, at) in CASES {
        let (scale, step) = (4 + 16, 1 << 12);
        let middle = at << 16;
        let around = coefficients(text, middle - step, middle + step, scale);
        for offset in [-step, -step / 2, 0, step] {
            let point = coefficients(text, middle + offset, middle + offset, scale);
            for (point, around) in point.iter().zip(&around) {
                assert!(
                    around.lower.compare(&point.lower).is_le()
                        && point.upper.compare(&around.upper).is_le(),
                    "{text}"
                );
            }
        }
    }
}

#[test]
fn coefficients_of_the_exponential_are_inverse_factorials() {
    let mut factorial = 1.0;
    for (term, k) in coefficients("exp", 0, 0, 0).iter().zip(1u32..) {
        factorial *= f64::from(k);
        let off = term.lower.to_f64(Direction::Down) * factorial - 1.0;
        assert!(off.abs() < 1e-15, "{k}");
        let exact = term.lower.to_dyadic().to_rational().unwrap();
        assert!(exact.is_positive());
    }
}

#[test]
fn kinks_jumps_and_poles_have_no_expansion() {
    for (text, from, to) in [
        ("relu", -1, 1),
        ("abs", -1, 1),
        ("elu(alpha=2)", -1, 1),
        ("softsign", -1, 1),
        ("hardswish", 47, 49),
        ("hardsigmoid(alpha=0.25, beta=0.5)", 31, 33),
        ("thresholded_relu(alpha=1)", 16, 17),
        ("sign", 0, 1),
        ("floor", 15, 16),
        ("round", 7, 9),
        ("reciprocal", -1, 1),
        ("tan", 25, 26),
        ("sqrt", 0, 1),
        ("log", 0, 1),
        ("asin", 15, 16),
        ("pow(exponent=-3)", -1, 1),
    ] {
        let function: Function = text.parse().unwrap();
        let arguments = Arguments { from, to, scale: 4 };
        let failed = taylor(&*SHORT, &function, arguments, ORDER).unwrap_err();
        assert_eq!(failed, Failure::Imprecise, "{text}");
    }
}
