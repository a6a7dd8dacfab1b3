//! Circuits with challenges: columns that are computed once the first phase is committed.

use zkc_backend_testing::{Setup as _, set_cell};
use zkc_circuit::{Circuit, Grid};
use zkc_halo2_axiom::{Commitment, Error, ProvingKey, Rejection, VerifyingKey};

use crate::sample::{evaluation_inputs, group, logup, logup_inputs, random_evaluation};
use crate::support::{Setup, accept, grid};

fn circuits() -> [(Circuit, Vec<Vec<i128>>); 2] {
    [
        (logup(), logup_inputs()),
        (random_evaluation(), evaluation_inputs()),
    ]
}

/// Sets a cell of the first advice group, and tries to prove.
fn broken(setup: &Setup, honest: &Grid, column: u32, row: u32, value: i128) -> String {
    let (circuit, layout) = (setup.prepared.circuit(), setup.prepared.layout());
    let group = group(circuit, "v");
    let index = layout.column_of(group, column) as usize;
    assert_ne!(honest.values[index].get(row as usize).unwrap_or(0), value);
    let mut grid = honest.clone();
    set_cell(layout, &mut grid, (group.0, column, row), value);
    let error = setup.prove_grid(&grid).unwrap_err();
    assert!(matches!(error, Error::Unsatisfied { .. }), "{error}");
    error.to_string()
}

#[test]
fn two_phases_are_proven() {
    for (circuit, inputs) in circuits() {
        for commitment in Commitment::ALL {
            let setup = Setup::new(circuit.clone(), commitment);
            let shape = setup.prepared.shape();
            assert!(shape.late_advice_columns == 2 && shape.challenges > 0);
            let proof = setup.prove(&inputs);
            setup.verify(&proof).unwrap();
            // Keys from files know the phases too.
            let pk = ProvingKey::decode(&setup.key.encode()).unwrap();
            let vk = VerifyingKey::decode(&setup.verifying_key().encode()).unwrap();
            let stored = Setup {
                prepared: pk.prepared().clone(),
                params: setup.params.clone(),
                key: pk,
            };
            accept(&setup.params, &vk, &stored.prove(&inputs)).unwrap();
            accept(&setup.params, &vk, &proof).unwrap();
        }
    }
}

#[test]
fn lookups_by_gates_hold_values_to_their_tables() {
    for commitment in Commitment::ALL {
        let setup = Setup::new(logup(), commitment);
        let honest = grid(&setup.prepared, &logup_inputs());
        let last = setup.prepared.shape().usable_rows - 2;
        // Out of the table; another value of the table that is not counted; a pair that is none; wrong counts.
        for (column, row, value) in [
            (0, 0, 16),
            (0, 0, -1),
            (0, 0, 5),
            (1, 2, 5),
            (2, 2, 1),
            (3, 0, 3),
            (3, 15, 2),
            (3, 4, -1),
            (3, last, 1),
        ] {
            let error = broken(&setup, &honest, column, row, value);
            assert!(
                error.contains("the finished proof does not hold"),
                "{error}"
            );
        }
    }
}

#[test]
fn a_value_outside_of_a_counted_table_is_named() {
    let setup = Setup::new(logup(), Commitment::Kzg);
    // The witness program checks its own bounds, so the table loses a row instead.
    let mut circuit = logup();
    let t = group(&circuit, "t");
    circuit
        .fills
        .retain(|fill| !(fill.group == t && fill.value == 15));
    let other = zkc_halo2_axiom::Prepared::try_new(circuit).unwrap();
    let registers = zkc_circuit::evaluate(other.circuit(), &logup_inputs()).unwrap();
    let error = other.assign(&registers).unwrap_err();
    assert!(matches!(error, Error::Multiplicity(_)), "{error}");
    assert!(
        error.to_string().contains("[15, 0, 0] is not in the table"),
        "{error}"
    );
    assert!(setup.prepared.assign(&registers).is_ok());
}

#[test]
fn linear_layers_at_a_random_point_hold() {
    for commitment in Commitment::ALL {
        let setup = Setup::new(random_evaluation(), commitment);
        let honest = grid(&setup.prepared, &evaluation_inputs());
        for row in 4..9 {
            broken(&setup, &honest, 1, row, 77);
        }
        let error = broken(&setup, &honest, 1, 4, 128);
        assert!(error.contains("lookup `y is a byte`"), "{error}");
        broken(&setup, &honest, 0, 1, 0);
        // The public value is read by a gate.
        let mut proof = setup.prove(&evaluation_inputs());
        proof.public[0].values[1] += 1;
        assert_eq!(setup.rejection(&proof), Rejection::Invalid);
    }
}

#[test]
fn a_grid_without_counts_is_no_witness() {
    let setup = Setup::new(logup(), Commitment::Kzg);
    let registers = zkc_circuit::evaluate(setup.prepared.circuit(), &logup_inputs()).unwrap();
    let incomplete = setup.prepared.layout().assign(&registers);
    let error = setup.prove_grid(&incomplete).unwrap_err();
    assert!(matches!(error, Error::Unsatisfied { .. }), "{error}");
}
