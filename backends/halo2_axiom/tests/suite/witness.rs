//! Wrong witnesses: that no proof comes of them.

use zkc_backend_testing::samples::small_layer;
use zkc_backend_testing::{Setup as _, set_cell};
use zkc_halo2_axiom::{Commitment, Error};

use crate::support::Setup;

/// What is said of the layer on (1, 2, 3) with some cells changed, for both commitments.
fn refusals(cells: &[((u32, u32, u32), i128)]) -> [String; 2] {
    Commitment::ALL.map(|commitment| {
        let setup = Setup::new(small_layer(), commitment);
        let mut grid = setup.grid(&[vec![1, 2, 3]]);
        for (cell, value) in cells {
            set_cell(setup.prepared.layout(), &mut grid, *cell, *value);
        }
        let error = setup.prove_grid(&grid).unwrap_err();
        assert!(
            matches!(error, Error::Unsatisfied { .. } | Error::Rejected(_)),
            "{error}"
        );
        error.to_string()
    })
}

// Column groups of the layer: 0 x, 1 a, 2 v = (q, r, y), 3 m = (5 and z, x_0), 6 public.

#[test]
fn a_wrong_remainder_breaks_its_gate() {
    for error in refusals(&[((2, 1, 1), 4)]) {
        assert!(
            error.contains("the finished proof does not hold"),
            "{error}"
        );
    }
}

#[test]
fn a_remainder_out_of_range_breaks_its_lookup() {
    // q and r changed together keep the gate.
    for error in refusals(&[((2, 0, 0), 0), ((2, 1, 0), 16), ((2, 2, 0), 0)]) {
        assert_eq!(
            error,
            "the witness does not satisfy the circuit (lookup `r range` does not find [16] of row 0 in table `nibble`); `zkc mock` names the constraint"
        );
    }
}

#[test]
fn a_wrong_output_breaks_its_table() {
    for error in refusals(&[((2, 2, 0), 9)]) {
        assert!(error.contains("lookup `activation`"), "{error}");
    }
}

#[test]
fn a_wrong_constant_breaks_its_copy() {
    // 4 x_0 with x_0 = 1; the constant is bound to 5 by a copy.
    for error in refusals(&[((3, 0, 0), 4), ((3, 0, 1), 4), ((6, 0, 5), 4)]) {
        assert!(
            error.contains("the finished proof does not hold"),
            "{error}"
        );
    }
}

#[test]
fn a_wrong_public_value_breaks_its_copy() {
    for error in refusals(&[((6, 0, 5), 6)]) {
        assert!(
            error.contains("the finished proof does not hold"),
            "{error}"
        );
    }
    // One that the circuit could never have is refused without a proof.
    for error in refusals(&[((6, 0, 5), 76)]) {
        assert!(error.contains("outside of the circuit's range"), "{error}");
    }
}

#[test]
fn a_value_below_the_used_rows_is_found() {
    for error in refusals(&[((2, 0, 40), 1)]) {
        assert!(
            error.contains("lookup `activation` does not find [0, 1, 0] of row 40"),
            "{error}"
        );
    }
    for error in refusals(&[((2, 0, 40), i128::MAX)]) {
        assert!(error.contains("lookup `activation`"), "{error}");
    }
}
