//! Wrong witnesses: what the mock prover says of them, and that no proof comes of them.

use zkc_backend_testing::samples::{power, small_layer};
use zkc_backend_testing::{Setup as _, set_cell};
use zkc_circuit::{AffineMap, ExprBuilder, Grid, GroupId};
use zkc_halo2::{Error, FailureKind, MAX_REPORTED, Prepared, mock};

use crate::support::{grid, setup};

/// Sets one cell.
fn set(prepared: &Prepared, grid: &mut Grid, cell: (u32, u32, u32), value: i128) {
    set_cell(prepared.layout(), grid, cell, value);
}

/// The report of the layer on (1, 2, 3) with one cell changed; makes sure that there is no proof either.
fn failures(cell: (u32, u32, u32), value: i128) -> (Vec<FailureKind>, String) {
    let setup = setup(small_layer());
    let mut grid = setup.grid(&[vec![1, 2, 3]]);
    set(&setup.prepared, &mut grid, cell, value);
    let report = mock(&setup.prepared, &grid).unwrap();
    assert_eq!(report.total, report.failures.len());
    let error = setup.prove_grid(&grid).unwrap_err();
    assert!(
        matches!(error, Error::Unsatisfied { .. } | Error::Rejected(_)),
        "{error}"
    );
    let kinds = report.failures.iter().map(|f| f.kind.clone()).collect();
    (kinds, report.to_string())
}

fn constraint(gate: &str, constraint: &str) -> FailureKind {
    FailureKind::Constraint {
        gate: gate.into(),
        constraint: constraint.into(),
    }
}

fn lookup(lookup: &str, table: &str) -> FailureKind {
    FailureKind::Lookup {
        lookup: lookup.into(),
        table: table.into(),
    }
}

// Column groups of the layer: 0 x, 1 a, 2 v = (q, r, y), 3 m = (5 and z, x_0), 6 public.

#[test]
fn a_wrong_remainder_breaks_its_gate() {
    let (kinds, report) = failures((2, 1, 1), 4);
    assert_eq!(kinds, [constraint("dense", "acc is 16 q + r")]);
    assert_eq!(
        report,
        "constraint `acc is 16 q + r` of gate `dense` does not hold in row 1, at `dense`, `rescale`
  a[0]@1 = 1  (`dense`)
  a[1]@1 = 2  (`dense`)
  a[2]@1 = 3  (`dense`)
  v[0]@1 = 0  (`rescale`)
  v[1]@1 = 4  (`rescale`)
  w[0]@1 = -1  (`dense`)
  w[1]@1 = 5  (`dense`)
  w[2]@1 = -3  (`dense`)
  w[3]@1 = 3  (`dense`)
  s[0]@1 = 1  (`dense`)
"
    );
}

#[test]
fn a_remainder_out_of_range_breaks_its_lookup() {
    // q and r changed together keep the gate.
    let prepared = setup(small_layer()).prepared;
    let mut grid = grid(&prepared, &[vec![1, 2, 3]]);
    set(&prepared, &mut grid, (2, 0, 1), -1);
    set(&prepared, &mut grid, (2, 1, 1), 26);
    let report = mock(&prepared, &grid).unwrap();
    let kinds: Vec<_> = report.failures.iter().map(|f| &f.kind).collect();
    assert!(kinds.contains(&&lookup("r range", "nibble")), "{report}");
    let failure = report
        .failures
        .iter()
        .find(|f| f.kind == lookup("r range", "nibble"));
    let failure = failure.unwrap();
    assert_eq!(failure.row, 1);
    assert_eq!(failure.sources(), ["rescale"]);
    assert_eq!(failure.cells[0].to_string(), "v[1]@1 = 26  (`rescale`)");
}

#[test]
fn a_wrong_output_breaks_table_and_copy() {
    let (kinds, report) = failures((2, 2, 0), 9);
    assert_eq!(
        kinds,
        [lookup("activation", "activation"), FailureKind::Copy]
    );
    assert!(report.contains("v[2]@0 = 9"), "{report}");
    assert!(report.contains("public[0]@3 = 0"), "{report}");
}

#[test]
fn a_wrong_public_value_breaks_its_copy() {
    let (kinds, report) = failures((6, 0, 5), 6);
    assert_eq!(kinds, [FailureKind::Copy]);
    assert_eq!(
        report,
        "a copy differs from its origin in row 1, at `times`, `z`
  m[0]@1 = 5  (`times`)
  public[0]@5 = 6  (`z`)
"
    );
}

#[test]
fn a_wrong_constant_breaks_its_copy() {
    let (kinds, report) = failures((3, 0, 0), 4);
    assert_eq!(kinds, [constraint("times", "z is 5 x"), FailureKind::Copy]);
    assert!(report.contains("constants[0]@0 = 5"), "{report}");
}

#[test]
fn a_wrong_input_breaks_range_and_copies() {
    let (kinds, report) = failures((0, 0, 1), 16);
    assert_eq!(kinds, [lookup("x range", "nibble"), FailureKind::Copy]);
    assert!(report.contains("a[1]@0 = 2"), "{report}");
    assert!(report.contains("a[1]@1 = 2"), "{report}");
    assert!(report.contains("public[0]@1 = 2"), "{report}");
}

#[test]
fn a_value_below_the_used_rows_is_found() {
    let (kinds, report) = failures((2, 0, 40), 1);
    assert_eq!(kinds, [lookup("activation", "activation")]);
    assert!(report.contains("in row 40"), "{report}");
}

#[test]
fn long_reports_are_cut() {
    let prepared = setup(power(2)).prepared;
    let mut grid = grid(&prepared, &[vec![1, 2, 3]]);
    for row in 3..25 {
        set(&prepared, &mut grid, (0, 0, row), 9);
    }
    let report = mock(&prepared, &grid).unwrap();
    assert_eq!((report.total, report.failures.len()), (22, MAX_REPORTED));
    assert!(report.to_string().ends_with("and 2 more\n"), "{report}");
}

#[test]
fn a_failing_constraint_may_read_a_blinding_row() {
    // s x_next + t y: on the last usable row t is 1, and s is 0.
    let mut circuit = power(2);
    let last = circuit.usable_rows().unwrap() - 1;
    circuit.groups[1].count = 2;
    let at = AffineMap::constant(1, &[1, last.into()]);
    circuit.fill(GroupId(1), vec![1], at, 1, "last");
    let mut b = ExprBuilder::new();
    let (s, next) = (b.query(1, 0, 0), b.query(0, 0, 1));
    let (t, y) = (b.query(1, 1, 0), b.query(0, 1, 0));
    let products = [b.mul(s, next), b.mul(t, y)];
    let root = b.sum(products);
    circuit.gates[0].constraints[0].poly = b.finish(root);
    let prepared = setup(circuit).prepared;
    let mut grid = grid(&prepared, &[vec![0, 0, 0]]);
    assert!(mock(&prepared, &grid).unwrap().is_satisfied());
    set(&prepared, &mut grid, (0, 1, last), 1);
    let error = mock(&prepared, &grid).unwrap_err().to_string();
    assert!(error.contains("reads a blinding row"), "{error}");
}

#[test]
fn a_grid_of_another_circuit_is_refused() {
    let layer = setup(small_layer());
    let grid = setup(power(2)).grid(&[vec![1, 2, 3]]);
    let error = mock(&layer.prepared, &grid).unwrap_err().to_string();
    assert!(error.contains("laid out for another circuit"), "{error}");
}
