//! Real proofs of small circuits: what must be accepted, and keys.

use zkc_backend_testing::Setup as _;
use zkc_backend_testing::samples::{power, small_layer};
use zkc_halo2::{Error, Proof, StoredKey, VerifyingKey, prove, system_rng, verify};

use crate::support::{Setup, grid, params, setup};

zkc_backend_testing::accept_suite!(Setup);

#[test]
fn keys_are_the_same_everywhere() {
    // Changes with the version of halo2_proofs and with anything that changes what is proven; not with names.
    let mut circuit = power(4);
    circuit.name = "renamed".into();
    circuit.gates[0].name = "renamed".into();
    let key = setup(circuit).key;
    assert_eq!(
        key.digests().key.to_hex(),
        "168a070570eba97227d774c186abc54d0b179c9022b48c4787071ec5491bd587"
    );
}

#[test]
fn stored_keys_prove_and_verify() {
    let dir = tempfile::tempdir().unwrap();
    let (pk_path, vk_path) = (dir.path().join("m.pk"), dir.path().join("m.vk"));
    let Setup { params, key, .. } = setup(small_layer());
    let pk_bytes = key.write(&pk_path).unwrap();
    let vk_bytes = key.verifying_key().write(&vk_path).unwrap();
    assert_eq!(pk_bytes, std::fs::metadata(&pk_path).unwrap().len());
    assert_eq!(vk_bytes, std::fs::metadata(&vk_path).unwrap().len());

    let stored = StoredKey::read_proving(&pk_path).unwrap();
    assert_eq!(stored.digests(), key.digests());
    let pk = stored.proving_key(&params).unwrap();
    let grid = grid(pk.prepared(), &[vec![3, 2, 1]]);
    let proof = prove(&params, &pk, &grid, &mut system_rng().unwrap())
        .unwrap()
        .proof;
    let proof_path = dir.path().join("p");
    proof.write(&proof_path).unwrap();

    let stored = StoredKey::read_verifying(&vk_path).unwrap();
    let proof = Proof::read(&proof_path).unwrap();
    stored.check_public(&proof).unwrap();
    let vk = stored.verifying_key(&params).unwrap();
    assert!(vk.keygen_cost().wall_s > 0.0);
    verify(&params, &vk, &proof).unwrap();

    let error = StoredKey::read_proving(&vk_path).unwrap_err().to_string();
    assert!(
        error.contains("is a verifying key, not a proving key"),
        "{error}"
    );
    let error = StoredKey::read_verifying(&proof_path)
        .unwrap_err()
        .to_string();
    assert!(error.contains("is a proof, not a verifying key"), "{error}");
}

#[test]
fn verifying_keys_are_part_of_proving_keys() {
    let setup = setup(small_layer());
    let key = VerifyingKey::generate(&setup.prepared, &setup.params).unwrap();
    assert_eq!(key.digests(), setup.digests());
    let proof = setup.prove(&[vec![1, 2, 3]]);
    verify(&setup.params, &key, &proof).unwrap();
}

#[test]
fn parameters_must_fit() {
    let Setup { prepared, key, .. } = setup(small_layer());
    let small = params(5);
    let grid = grid(&prepared, &[vec![1, 2, 3]]);
    let error = prove(&small, &key, &grid, &mut system_rng().unwrap()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the circuit has 2^6 rows, the parameters are for 2^5"
    );
    let error = VerifyingKey::generate(&prepared, &small).unwrap_err();
    assert!(matches!(
        error,
        Error::ParamsK {
            circuit: 6,
            params: 5
        }
    ));
}
