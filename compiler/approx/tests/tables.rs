//! Tables of every function: made with the change points, rechecked entry by entry, compared with doubles.

use std::time::Instant;

use zkc_approx::{Function, Rounding, Table, recheck, tabulate};

/// Every function, with the range `[lo, hi)` to tabulate.
const CASES: &[(&str, i64, i64)] = &[
    ("sigmoid", -8, 8),
    ("tanh", -4, 4),
    ("erf", -4, 4),
    ("gelu", -8, 8),
    ("gelu_tanh", -8, 8),
    ("silu", -8, 8),
    ("softplus", -16, 16),
    ("mish", -8, 8),
    ("elu(alpha=1.0)", -8, 8),
    ("elu(alpha=-0.3)", -8, 8),
    (
        "selu(alpha=1.6732632423543772, gamma=1.0507009873554805)",
        -8,
        8,
    ),
    ("celu(alpha=1.5)", -8, 8),
    ("celu(alpha=-1.5)", -8, 8),
    ("exp", -16, 4),
    ("exp2", -16, 4),
    ("sqrt", 0, 16),
    ("sin", -8, 8),
    ("cos", -8, 8),
    ("tan", -8, 8),
    ("asin", -1, 1),
    ("acos", -1, 1),
    ("atan", -8, 8),
    ("sinh", -4, 4),
    ("cosh", -4, 4),
    ("asinh", -8, 8),
    ("acosh", 1, 16),
    ("hardsigmoid(alpha=0.2, beta=0.5)", -8, 8),
    ("hardswish", -8, 8),
    ("softsign", -8, 8),
    ("pow(exponent=2.5)", 0, 8),
    ("pow(exponent=3.0)", -4, 4),
    ("relu", -8, 8),
    ("leaky_relu(alpha=0.01)", -8, 8),
    ("thresholded_relu(alpha=1.0)", -8, 8),
    ("sign", -2, 2),
    ("step", -2, 2),
    ("abs", -8, 8),
    ("floor", -8, 8),
    ("ceil", -8, 8),
    ("round", -8, 8),
    // The first point is left out below: undefined there.
    ("log", 0, 16),
    ("rsqrt", 0, 16),
    ("reciprocal", 0, 16),
    ("atanh", -1, 1),
    ("pow(exponent=-0.5)", 0, 8),
];

fn table(text: &str, lo: i64, hi: i64, scale: u32) -> Table {
    let function: Function = text.parse().unwrap();
    let open = ["log", "rsqrt", "reciprocal", "atanh", "pow(exponent=-0.5)"].contains(&text);
    let first = (lo << scale) + i64::from(open);
    let last = (hi << scale) - 1;
    tabulate(
        &function,
        scale,
        first,
        last,
        scale,
        Rounding::NearestTiesToEven,
    )
    .unwrap()
}

#[test]
fn every_function_has_a_case() {
    for name in Function::NAMES {
        let found = CASES
            .iter()
            .any(|(text, ..)| text.parse::<Function>().unwrap().name() == *name);
        assert!(found, "{name}");
    }
}

#[test]
fn rechecking_certifies_the_same_error() {
    for &(text, lo, hi) in CASES {
        for scale in [8, 10, 12] {
            let table = table(text, lo, hi, scale);
            assert_eq!(
                recheck(&table),
                Ok(table.max_error),
                "{text} at scale {scale}"
            );
            // Correct rounding: half a unit, but for the coarse rounding of the bound.
            let unit = 2f64.powi(-(scale as i32));
            assert!(table.max_error <= 0.5 * unit, "{text}: {}", table.max_error);
        }
    }
}

#[test]
fn values_are_those_of_doubles_rounded() {
    for &(text, lo, hi) in CASES {
        let table = table(text, lo, hi, 8);
        for (n, &value) in (table.lo..).zip(&table.values) {
            let float = table.function.eval_f64(n as f64 / 256.0);
            let scaled = float * 256.0;
            let slack = 1e-9 * scaled.abs().max(1.0);
            assert!(
                (value as f64 - scaled).abs() <= 0.5 + slack,
                "{text} at {n}"
            );
        }
    }
}

#[test]
fn sixteen_bits_of_tanh_take_a_moment() {
    let start = Instant::now();
    let table = tabulate(
        &Function::Tanh,
        13,
        -(1 << 15),
        (1 << 15) - 1,
        13,
        Rounding::NearestTiesToEven,
    )
    .unwrap();
    let elapsed = start.elapsed();
    assert_eq!(table.values.len(), 1 << 16);
    println!("2^16 entries of tanh: {elapsed:?}");
    // Generous, for a loaded machine; usually well below a second.
    assert!(elapsed.as_secs() < 20, "{elapsed:?}");
}

#[test]
fn the_same_table_whatever_the_number_of_threads() {
    let with_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| table("gelu", -8, 8, 10))
    };
    assert_eq!(with_threads(1), with_threads(4));
}
