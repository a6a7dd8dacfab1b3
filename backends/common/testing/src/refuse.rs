//! Circuits and grids that every backend must refuse.

use zkc_backend::{Error, MAX_K};
use zkc_circuit::{Circuit, Expr};

use crate::samples::{power, small_layer};
use crate::setup::Setup;

/// The tests of this module.
#[macro_export]
macro_rules! refuse_suite {
    ($setup:ty) => {
        $crate::suite!($setup, refuse:
            sizes_are_limited,
            inconsistent_descriptions_are_refused,
            a_grid_of_another_circuit_is_refused,
            values_in_blinding_rows_are_refused,
        );
    };
}

/// What is said of the layer after a change.
pub fn refused<S: Setup>(change: impl FnOnce(&mut Circuit)) -> Error {
    let mut circuit = small_layer();
    change(&mut circuit);
    S::prepare(circuit).expect_err("a circuit that must be refused was accepted")
}

/// Rows and memory have limits, which are checked before anything large is made.
pub fn sizes_are_limited<S: Setup>() {
    for k in [0, 3, MAX_K + 1, 31, 64, u32::MAX] {
        let error = refused::<S>(|c| c.k = k);
        assert!(matches!(error, Error::Limit { .. }), "{k}: {error}");
    }
    // With 2^5 rows, enough for the circuit, but not for its table.
    for k in [4, 5] {
        let error = refused::<S>(|c| c.k = k);
        assert!(!matches!(error, Error::Backend { .. }), "{error}");
    }
    // Small to describe, large to prove.
    let mut circuit = small_layer();
    circuit.k = 18;
    circuit.groups[0].count = 1500;
    let shape = S::prepare(circuit).unwrap();
    assert!(shape.memory_bytes() > 30 << 30);
}

/// What the description says of itself must agree.
pub fn inconsistent_descriptions_are_refused<S: Setup>() {
    let error = refused::<S>(|c| c.lookups[0].inputs.push(Expr::constant(0)));
    assert!(matches!(error, Error::Invalid(_)), "{error}");
    let error = refused::<S>(|c| c.gates[0].constraints[0].poly = Expr::query(9, 0, 0));
    assert!(matches!(error, Error::Invalid(_)), "{error}");
    // The last three placements are those of the public values x, y and z.
    let error = refused::<S>(|c| drop(c.placements.pop()));
    assert_eq!(
        error.to_string(),
        "the circuit description is not valid: element 0 of public tensor `z` stands in no instance cell"
    );
    let error = refused::<S>(|c| c.inputs[0].public = false);
    assert_eq!(
        error.to_string(),
        "the circuit description is not valid: instance cell public[0]@0 holds no value of a public input or output"
    );
}

/// Values are laid out for one circuit.
pub fn a_grid_of_another_circuit_is_refused<S: Setup>() {
    let layer = S::new(small_layer(), S::VARIANTS[0]);
    let other = S::new(power(2), S::VARIANTS[0]);
    let error = layer.prove_grid(&other.grid(&[vec![1, 2, 3]])).unwrap_err();
    assert!(matches!(error, Error::Inconsistent { .. }), "{error}");
    assert!(error.to_string().contains("laid out for another circuit"));
}

/// The halo2 crates would overwrite them without a word.
pub fn values_in_blinding_rows_are_refused<S: Setup>() {
    let setup = S::new(power(2), S::VARIANTS[0]);
    let mut grid = setup.grid(&[vec![1, 2, 3]]);
    let usable = setup.shape().usable_rows;
    let layout = zkc_circuit::expand(&power(2)).unwrap();
    crate::set_cell(&layout, &mut grid, (0, 1, usable), 1);
    let error = setup.prove_grid(&grid).unwrap_err();
    assert!(matches!(error, Error::Inconsistent { .. }), "{error}");
}
