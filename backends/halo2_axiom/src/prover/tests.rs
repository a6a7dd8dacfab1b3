//! Circuits whose constraints are all gates, and what their proofs are like.

use halo2_axiom::plonk::keygen_vk_custom;
use zkc_circuit::{AffineMap, Circuit, ColumnGroup, ExprBuilder, InputInfo, Op, evaluate};

use crate::assign::Synthesis;
use crate::keys::VerifyingKey;
use crate::params::Inner;
use crate::{Params, prove, system_rng};

use super::*;

/// Squares of some numbers; all constraints are gates.
pub(crate) fn squares(k: u32) -> Circuit {
    let down = || AffineMap::linear(1, &[(&[0], 0), (&[1], 0)]);
    let beside = || AffineMap::linear(1, &[(&[0], 1), (&[1], 0)]);
    let mut c = Circuit::new("squares", k);
    let v = c.add_group(ColumnGroup::advice("v", 2));
    let q = c.add_group(ColumnGroup::fixed("q", 2));
    let x = c.add_input(InputInfo {
        name: "x".into(),
        shape: vec![8],
        scale: 0,
        lo: -250,
        hi: 250,
        public: false,
    });
    let y = c.push(Op::Mul { a: x, b: x }, vec![8], (0, 62_500), "y");
    c.place(x, v, vec![8], AffineMap::identity(1), down(), "x");
    c.place(y, v, vec![8], AffineMap::identity(1), beside(), "y");
    c.fill(q, vec![8], down(), 1, "q");
    c.fill(q, vec![8], beside(), -3, "q");
    let mut b = ExprBuilder::new();
    let (q, p) = (b.query(q.0, 0, 0), b.query(q.0, 1, 0));
    let (x, y) = (b.query(v.0, 0, 0), b.query(v.0, 1, 0));
    let square = b.mul(x, x);
    let difference = b.sub(square, y);
    let two = b.constant(2);
    let two = b.mul(two, q);
    let factor = b.add(two, p);
    let poly = b.mul(factor, difference);
    c.add_gate("square".to_string(), [("is".into(), b.finish(poly))]);
    c
}

/// The same, and of each number `x` the inverse of `alpha - x`, on the rows that blind a proof as well.
fn inverses(k: u32) -> Circuit {
    let mut c = squares(k);
    let alpha = c.add_challenge("alpha", 0);
    let late = c.add_group(ColumnGroup::advice_in_phase("late", 1, 1));
    let mut b = ExprBuilder::new();
    let (x, inverse) = (b.query(0, 0, 0), b.query(late.0, 0, 0));
    let alpha = b.challenge(alpha.0);
    let difference = b.sub(alpha, x);
    let product = b.mul(inverse, difference);
    let one = b.constant(1);
    let poly = b.sub(product, one);
    c.add_gate("inverse".to_string(), [("is".into(), b.finish(poly))]);
    c.derive_by_last_gate(late, 0, 0, 0);
    c
}

fn all_params(k: u32) -> [Params; 2] {
    [Params::insecure(k).unwrap(), Params::ipa(k).unwrap()]
}

#[test]
fn keys_are_those_of_halo2() {
    let prepared = Prepared::try_new(squares(5)).unwrap();
    for params in all_params(5) {
        let circuit = Synthesis::keys(&prepared);
        let theirs = match &params.inner {
            Inner::Kzg(params) => keygen_vk_custom(params, &circuit, false),
            Inner::Ipa(params) => keygen_vk_custom(params, &circuit, false),
        };
        let theirs = theirs.unwrap();
        let ours = VerifyingKey::generate(&prepared, &params).unwrap().inner;
        assert!(applies_to(ours.cs()));
        assert_eq!(ours.fixed_commitments(), theirs.fixed_commitments());
        assert_eq!(ours.transcript_repr(), theirs.transcript_repr());
    }
}

#[test]
fn nothing_in_a_proof_is_the_same_twice() {
    for (circuit, filled) in [(squares(5), 0), (inverses(5), 1)] {
        let prepared = Prepared::try_new(circuit).unwrap();
        let helpers = prepared.circuit().filled_helpers(prepared.layout());
        assert_eq!(helpers.len(), filled);
        let inputs = vec![(1..=8).collect()];
        let registers = evaluate(prepared.circuit(), &inputs).unwrap();
        let grid = prepared.assign(&registers).unwrap();
        for params in all_params(5) {
            let key = ProvingKey::generate(&prepared, &params).unwrap();
            let proof = || {
                let proved = prove(&params, &key, &grid, &mut system_rng().unwrap()).unwrap();
                proved.proof.bytes
            };
            let (one, other) = (proof(), proof());
            assert_eq!(one.len(), other.len());
            for (one, other) in one.chunks(32).zip(other.chunks(32)) {
                assert_ne!(one, other);
            }
        }
    }
}

#[test]
fn last_rows_that_the_library_fills_are_refused() {
    let mut circuit = inverses(5);
    // What is left is of degree 2, for which a permutation is declared and the library's prover serves.
    circuit.gates.remove(0);
    circuit.derived[0].gate = 0;
    let prepared = Prepared::try_new(circuit).unwrap();
    for params in all_params(5) {
        let error = ProvingKey::generate(&prepared, &params).unwrap_err();
        let error = error.to_string();
        assert!(
            error.contains("does not compute the rows that blind a proof"),
            "{error}"
        );
    }
}

#[test]
fn squares_that_are_none_are_not_proven() {
    let prepared = Prepared::try_new(squares(5)).unwrap();
    let registers = evaluate(prepared.circuit(), &[(1..=8).collect()]).unwrap();
    for params in all_params(5) {
        let mut grid = prepared.assign(&registers).unwrap();
        grid.values[1] = grid.values[0].clone();
        let key = ProvingKey::generate(&prepared, &params).unwrap();
        let error = prove(&params, &key, &grid, &mut system_rng().unwrap()).unwrap_err();
        assert!(matches!(error, Error::Unsatisfied { .. }), "{error}");
    }
}
