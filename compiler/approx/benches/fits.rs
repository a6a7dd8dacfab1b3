//! Times of typical fits, the fastest of a few runs.
//!
//! Run with `cargo bench -p zkc-approx --bench fits`.

use std::time::{Duration, Instant};

use zkc_approx::fit::{
    Domain, FitError, Objective, Reading, Target, cheapest_degrees, composite_for_relu,
    dyadic_minimax, free_pieces, minimax, rational_minimax, uniform_pieces,
};
use zkc_approx::{Basis, Function};

fn fastest<T>(run: impl Fn() -> Result<T, FitError>) -> Duration {
    const RUNS: usize = 3;
    (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            run().expect("the request is one that succeeds");
            start.elapsed()
        })
        .min()
        .unwrap_or_default()
}

fn main() {
    let on = |function: Function, lo: f64, hi: f64| {
        Domain::new(lo, hi)
            .and_then(|domain| Target::of(&function, domain))
            .expect("the function is continuous there")
    };
    let sigmoid = on(Function::Sigmoid, -8.0, 8.0);
    let gelu = on(Function::Gelu, -8.0, 8.0);
    let print = |name: &str, time: Duration| println!("{name:<44}{time:>12.1?}");
    print("polynomial of degree 7", fastest(|| minimax(&sigmoid, 7)));
    print("polynomial of degree 25", fastest(|| minimax(&gelu, 25)));
    print("1024 lines", fastest(|| uniform_pieces(&gelu, 1, 1024)));
    print(
        "1024 lines, free knots",
        fastest(|| free_pieces(&gelu, 1, 1024)),
    );
    print(
        "64 parabolas, free knots",
        fastest(|| free_pieces(&sigmoid, 2, 64)),
    );
    print("quotient 6/6", fastest(|| rational_minimax(&sigmoid, 6, 6)));
    print(
        "composite 15, 27, 29",
        fastest(|| composite_for_relu(&[15, 27, 29])),
    );
    for (name, reading) in [("sign", Reading::Sign), ("relu", Reading::Relu)] {
        print(
            &format!("cheapest degrees for 2^-10, {name}"),
            fastest(|| cheapest_degrees(10, reading, Objective::Depth)),
        );
    }
    print(
        "degree 7 at 16 bits",
        fastest(|| dyadic_minimax(&sigmoid, Basis::Monomial, &[16; 8])),
    );
}
