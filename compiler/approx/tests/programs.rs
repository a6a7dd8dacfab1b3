//! Programs of piecewise polynomials: their values, and their bounds.

use num_bigint::BigInt;
use num_integer::Integer;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use zkc_approx::{Function, Program};

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
