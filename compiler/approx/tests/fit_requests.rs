//! Any request ends in a fit or an error, and in the same bits every time.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use zkc_approx::fit::{
    Domain, FitError, Target, dyadic_minimax, free_pieces, minimax, rational_minimax,
    uniform_pieces,
};
use zkc_approx::{Basis, Function};

/// Every function, those with parameters with some.
fn functions() -> Vec<Function> {
    Function::NAMES
        .iter()
        .map(|name| {
            [
                "",
                "(alpha=0.7)",
                "(alpha=0.3, beta=0.4)",
                "(alpha=1.6, gamma=1.1)",
                "(exponent=2.5)",
            ]
            .iter()
            .find_map(|parameters| format!("{name}{parameters}").parse().ok())
            .unwrap()
        })
        .collect()
}

#[test]
fn every_function_is_fitted_where_it_is_continuous() {
    for function in functions() {
        // Inside the domain of each, between jumps, and with some kinks.
        let (lo, hi) = match function {
            Function::Acosh => (1.0, 4.0),
            Function::Asin | Function::Acos | Function::Atanh => (-0.9, 0.9),
            Function::Log | Function::Rsqrt | Function::Reciprocal => (0.25, 4.0),
            Function::Sqrt | Function::Pow { .. } | Function::Step => (0.0, 4.0),
            Function::Sign => (0.5, 4.0),
            Function::ThresholdedRelu { .. } => (0.8, 4.0),
            Function::Tan => (-1.2, 1.2),
            Function::Floor | Function::Ceil | Function::Round => (0.6, 0.9),
            _ => (-4.0, 3.0),
        };
        let target = Target::of(&function, Domain::new(lo, hi).unwrap()).unwrap();
        let mut last = f64::INFINITY;
        for degree in 0..=12 {
            match minimax(&target, degree) {
                Ok(fit) => {
                    assert!(
                        fit.measured.max_error <= last * (1.0 + 1e-4) + 1e-13,
                        "{function}"
                    );
                    last = fit.measured.max_error;
                }
                Err(FitError::BeyondDoubles { reachable, .. }) => assert!(reachable < degree),
                Err(other) => panic!("{function} degree {degree}: {other}"),
            }
        }
        for degree in 0..=3 {
            let uniform = uniform_pieces(&target, degree, 6).unwrap();
            let free = free_pieces(&target, degree, 6).unwrap();
            let bound = uniform.measured.max_error * (1.0 + 1e-3) + 1e-13;
            assert!(
                free.measured.max_error <= bound,
                "{function} degree {degree}"
            );
        }
    }
}

#[test]
fn results_are_the_same_bits_every_time() {
    let target = || {
        let domain = Domain::new(-4.0, 3.0).unwrap();
        Target::of(&Function::Mish, domain).unwrap()
    };
    assert_eq!(minimax(&target(), 11), minimax(&target(), 11));
    assert_eq!(free_pieces(&target(), 2, 9), free_pieces(&target(), 2, 9));
    assert_eq!(
        rational_minimax(&target(), 4, 4),
        rational_minimax(&target(), 4, 4)
    );
    let dyadic = || dyadic_minimax(&target(), Basis::Monomial, &[14; 6]);
    assert_eq!(dyadic(), dyadic());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, rng_seed: RngSeed::Fixed(13), ..ProptestConfig::default() })]

    #[test]
    fn no_request_panics(
        index in any::<prop::sample::Index>(),
        lo in prop_oneof![-40.0f64..40.0, Just(0.0), Just(-1.0), Just(1.0), Just(-1e30), Just(1e-30), any::<f64>()],
        width in prop_oneof![0.0f64..40.0, Just(1e-9), Just(1e30), Just(1e-300), any::<f64>()],
        degree in 0usize..40,
        count in 0usize..12,
        scale in 0u32..130,
    ) {
        let functions = functions();
        let function = functions[index.index(functions.len())];
        let Ok(domain) = Domain::new(lo, lo + width) else { return Ok(()) };
        let Ok(target) = Target::of(&function, domain) else { return Ok(()) };
        // The results are checked elsewhere; here only that there is one.
        let _ = minimax(&target, degree);
        let _ = uniform_pieces(&target, degree % 9, count);
        let _ = free_pieces(&target, degree % 9, count.min(5));
        let _ = rational_minimax(&target, degree % 7, count % 7);
        if degree < 8 {
            let _ = dyadic_minimax(&target, Basis::Monomial, &vec![scale; degree]);
        }
    }
}
