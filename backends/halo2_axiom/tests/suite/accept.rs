//! Real proofs of small circuits: what must be accepted.

use zkc_backend_testing::Setup as _;
use zkc_backend_testing::samples::{plain, power, small_layer};
use zkc_circuit::{Expr, ExprBuilder, GroupId};
use zkc_halo2_axiom::{Commitment, InsecureSetup, Prepared, ProvingKey, VerifyingKey, verify};

use crate::support::{Setup, accept};

zkc_backend_testing::accept_suite!(Setup);

#[test]
fn a_circuit_of_low_degree_gets_a_permutation() {
    let setup = Setup::new(plain(), Commitment::Kzg);
    assert_eq!(setup.prepared.shape().equality_columns, 1);
}

#[test]
fn gates_may_read_public_values_and_other_rows_of_fixed_columns() {
    // On row 0 of the layer: the selector one row below is 1 there, and public[0] is x_0.
    let mut circuit = small_layer();
    let mut b = ExprBuilder::new();
    let (selector, public) = (b.query(5, 1, 0), b.query(6, 0, 0));
    let (below, x) = (b.query(5, 0, 1), b.query(0, 0, 0));
    let difference = b.sub(public, x);
    let root = b.product([selector, below, difference]);
    circuit.add_gate("bound", [("x_0 is public".to_string(), b.finish(root))]);
    for commitment in Commitment::ALL {
        let setup = Setup::new(circuit.clone(), commitment);
        let proof = setup.prove(&[vec![7, 2, 3]]);
        setup.verify(&proof).unwrap();
        // The gate is part of the key.
        let other = Setup::new(small_layer(), commitment);
        let mut forged = proof;
        (forged.circuit, forged.key) = (other.key.digests().circuit, other.key.digests().key);
        other.verify(&forged).unwrap_err();
    }
    // x_0 is public, x_0 + 1 is not.
    let gate = circuit.gates.last_mut().unwrap();
    let mut b = ExprBuilder::new();
    let (selector, public) = (b.query(5, 1, 0), b.query(6, 0, 0));
    let (one, x) = (b.constant(1), b.query(0, 0, 0));
    let next = b.add(one, x);
    let difference = b.sub(public, next);
    let root = b.mul(selector, difference);
    gate.constraints[0].poly = b.finish(root);
    let setup = Setup::new(circuit, Commitment::Kzg);
    let grid = crate::support::grid(&setup.prepared, &[vec![7, 2, 3]]);
    let error = setup.prove_grid(&grid).unwrap_err().to_string();
    assert!(error.contains("does not satisfy"), "{error}");
}

#[test]
fn keys_have_the_same_bytes_every_time() {
    for commitment in Commitment::ALL {
        let setup = Setup::new(small_layer(), commitment);
        let again = Prepared::try_new(small_layer()).unwrap();
        let again = ProvingKey::generate(&again, &setup.params).unwrap();
        let vk = VerifyingKey::generate(&setup.prepared, &setup.params).unwrap();
        assert_eq!(
            setup.verifying_key().encode(),
            again.verifying_key().encode()
        );
        assert_eq!(setup.verifying_key().encode(), vk.encode());
        assert!(setup.key.encode() == again.encode());
        assert_eq!(setup.key.digests(), vk.digests());
        let proof = setup.prove(&[vec![1, 2, 3]]);
        accept(&setup.params, &vk, &proof).unwrap();
    }
}

#[test]
fn keys_are_the_same_everywhere() {
    // Changes with the version of halo2-axiom, with that of the circuit's encoding, and with anything that changes what
    // is proven.
    let digest = |commitment| {
        let setup = Setup::new(power(4), commitment);
        setup.key.digests().key.to_hex()
    };
    assert_eq!(
        digest(Commitment::Kzg),
        "990f8dcc61877d24f415d2af2823724576b7046156923997f805ef18b1f96655"
    );
    assert_eq!(
        digest(Commitment::Ipa),
        "a1be67b93aa5f1d4de78f09b1d93b12171a5e132f015080bb628454a6cfcabcd"
    );
}

#[test]
fn verifying_takes_parameters_for_ipa_only() {
    let kzg = Setup::new(power(2), Commitment::Kzg);
    let ipa = Setup::new(power(2), Commitment::Ipa);
    assert_eq!(kzg.verifying_key().needs_params(), None);
    assert_eq!(ipa.verifying_key().needs_params(), Some(5));
    let (kzg_proof, ipa_proof) = (kzg.prove(&[vec![1, 2, 3]]), ipa.prove(&[vec![1, 2, 3]]));
    let allow = InsecureSetup::Allow;
    verify(None, &kzg.verifying_key(), &kzg_proof, allow).unwrap();
    // Parameters that are not needed are not looked at.
    verify(Some(&ipa.params), &kzg.verifying_key(), &kzg_proof, allow).unwrap();
    let refuse = InsecureSetup::Refuse;
    verify(Some(&ipa.params), &ipa.verifying_key(), &ipa_proof, refuse).unwrap();
    let error = verify(None, &ipa.verifying_key(), &ipa_proof, refuse).unwrap_err();
    assert_eq!(
        error.to_string(),
        "checking a proof of commitment `ipa` needs the generators for k = 5"
    );
    let error = verify(Some(&kzg.params), &ipa.verifying_key(), &ipa_proof, refuse).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the parameters must be for `ipa`, not for `kzg`"
    );
}

#[test]
fn unused_fixed_columns_do_no_harm() {
    // Their commitment is the point at infinity with KZG.
    let mut circuit = power(2);
    circuit.groups[1].count = 3;
    let zero = Expr::query(GroupId(1).0, 2, 0);
    circuit.add_gate("zero", [("it is 0".to_string(), zero)]);
    for commitment in Commitment::ALL {
        let setup = Setup::new(circuit.clone(), commitment);
        let proof = setup.prove(&[vec![1, 2, 3]]);
        setup.verify(&proof).unwrap();
        let key = VerifyingKey::decode(&setup.verifying_key().encode()).unwrap();
        accept(&setup.params, &key, &proof).unwrap();
    }
}
