//! Two million cells: everything that looks at cells one by one stays fast.

mod sample;

use std::time::Instant;

use sample::Dense;
use zkc_circuit::{
    AuditOptions, Checker, MutationOptions, Mutations, audit, evaluate, expand, report, validate,
};

/// Not a benchmark: bounds that only a wrong algorithm misses. Run with `--nocapture` to see the times.
#[test]
fn two_million_cells() {
    let dense = Dense {
        inputs: 1024,
        outputs: 1900,
        lanes: 32,
        k: 16,
    };
    let circuit = dense.circuit();
    let timed = |name: &str, seconds: u64, start: Instant| {
        let elapsed = start.elapsed();
        eprintln!("{name}: {elapsed:?}");
        assert!(elapsed.as_secs() < seconds, "{name}: {elapsed:?}");
    };
    let start = Instant::now();
    let bytes = circuit.encode();
    assert_eq!(zkc_circuit::Circuit::decode(&bytes).unwrap().k, 16);
    timed("encode and decode", 10, start);
    let start = Instant::now();
    let layout = expand(&circuit).unwrap();
    timed("expand", 10, start);
    let start = Instant::now();
    validate(&circuit).unwrap();
    timed("validate", 20, start);
    let start = Instant::now();
    let registers = evaluate(&circuit, &[dense.input()]).unwrap();
    timed("evaluate", 10, start);
    let start = Instant::now();
    let grid = layout.assign(&registers);
    timed("assign", 10, start);
    let start = Instant::now();
    let checker = Checker::new(&circuit, &layout);
    assert_eq!(checker.check(&grid), []);
    timed("check", 20, start);
    let start = Instant::now();
    let options = AuditOptions {
        max_jacobian_cells: 0,
        ..AuditOptions::default()
    };
    let findings = audit(&checker, &grid, &options).findings;
    assert_eq!(findings, []);
    timed("audit without Jacobian", 60, start);
    let start = Instant::now();
    let jacobian = audit(&checker, &grid, &AuditOptions::default())
        .jacobian
        .unwrap();
    assert!(jacobian.has_full_rank());
    timed("audit with Jacobian", 120, start);
    let start = Instant::now();
    let options = MutationOptions {
        cells_per_class: 2,
        ..MutationOptions::default()
    };
    assert_eq!(Mutations::new(&checker, &grid, options).run().survivors, []);
    timed("mutations", 60, start);
    let start = Instant::now();
    assert_eq!(report(&circuit, &layout).copies, 1024 * 1899 + 1900);
    timed("report", 10, start);
}
