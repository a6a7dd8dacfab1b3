//! Real proofs of small circuits: what must be accepted, and keys.

use crate::support::{grid, layer, params, power, setup, small_layer};
use zkc_circuit::Circuit;
use zkc_halo2::{
    Error, Prepared, Proof, ProvingKey, PublicKind, StoredKey, VerifyingKey, mock, prove,
    system_rng, verify,
};

#[test]
fn a_layer_is_proven() {
    let circuit = small_layer();
    circuit.validate().unwrap();
    let (prepared, params, key) = setup(circuit);
    let vk = key.verifying_key();
    for x in [[0, 0, 0], [15, 15, 15], [1, 14, 7], [15, 0, 15], [0, 15, 0]] {
        let grid = grid(&prepared, &[x.to_vec()]);
        let report = mock(&prepared, &grid).unwrap();
        assert!(report.is_satisfied(), "{report}");
        let proved = prove(&params, &key, &grid, &mut system_rng().unwrap()).unwrap();
        let cost = verify(&params, &vk, &proved.proof).unwrap();
        assert!(cost.wall_s > 0.0 && proved.cost.wall_s > 0.0);

        let acc = |w: [i128; 3], b: i128| w.iter().zip(x).map(|(w, x)| w * x).sum::<i128>() + b;
        let q = |acc: i128| (acc + 8).div_euclid(16);
        let y = [q(acc([3, -2, 4], -7)).max(0), q(acc([-1, 5, -3], 3)).pow(2)];
        let tensors: Vec<_> = proved
            .proof
            .public
            .iter()
            .map(|t| (t.kind, t.name.as_str(), t.values.clone()))
            .collect();
        assert_eq!(
            tensors,
            [
                (PublicKind::Input, "x", x.to_vec()),
                (PublicKind::Output, "y", y.to_vec()),
                (PublicKind::Output, "z", vec![5 * x[0]]),
            ]
        );
    }
}

#[test]
fn gates_of_high_degree_are_proven() {
    for degree in [2, 4, 6, 9, 12] {
        let circuit = power(degree);
        circuit.validate().unwrap();
        let (prepared, params, key) = setup(circuit);
        assert!(prepared.shape().degree > degree as usize);
        let grid = grid(&prepared, &[vec![-2, 3, 1]]);
        assert!(mock(&prepared, &grid).unwrap().is_satisfied());
        let proved = prove(&params, &key, &grid, &mut system_rng().unwrap()).unwrap();
        verify(&params, &key.verifying_key(), &proved.proof).unwrap();
        let d = degree;
        let expected = vec![(-2i128).pow(d), 3i128.pow(d), 1];
        assert_eq!(proved.proof.public[0].values, expected);
    }
}

#[test]
fn a_circuit_without_public_values_is_proven() {
    let mut circuit = small_layer();
    circuit.groups.pop();
    circuit.placements.truncate(circuit.placements.len() - 3);
    circuit.inputs[0].public = false;
    for output in &mut circuit.outputs {
        output.public = false;
    }
    circuit.validate().unwrap();
    let (prepared, params, key) = setup(circuit);
    let grid = grid(&prepared, &[vec![1, 2, 3]]);
    let proved = prove(&params, &key, &grid, &mut system_rng().unwrap()).unwrap();
    assert!(proved.proof.public.is_empty());
    verify(&params, &key.verifying_key(), &proved.proof).unwrap();
}

#[test]
fn proofs_differ_and_keys_do_not() {
    let (prepared, params, key) = setup(small_layer());
    let again = ProvingKey::generate(&Prepared::try_new(small_layer()).unwrap(), &params).unwrap();
    assert_eq!(key.digests(), again.digests());
    let vk = VerifyingKey::generate(&prepared, &params).unwrap();
    assert_eq!(key.digests(), vk.digests());

    let grid = grid(&prepared, &[vec![1, 2, 3]]);
    let prove = || {
        prove(&params, &key, &grid, &mut system_rng().unwrap())
            .unwrap()
            .proof
    };
    let (first, second) = (prove(), prove());
    assert_ne!(first.bytes, second.bytes);
    // A proof of one run of key generation is accepted by the key of another.
    verify(&params, &again.verifying_key(), &first).unwrap();
    verify(&params, &vk, &second).unwrap();

    let other = Prepared::try_new(layer([[3, -2, 4], [-1, 5, -2]])).unwrap();
    let other = VerifyingKey::generate(&other, &params).unwrap();
    assert_ne!(other.digests().key, key.digests().key);
    assert_ne!(other.digests().circuit, key.digests().circuit);
}

#[test]
fn keys_are_the_same_everywhere() {
    // Changes with the version of halo2_proofs and with anything that changes what is proven; not with names.
    let mut circuit = power(4);
    circuit.name = "renamed".into();
    circuit.gates[0].name = "renamed".into();
    let (_, _, key) = setup(circuit);
    assert_eq!(
        key.digests().key.to_hex(),
        "168a070570eba97227d774c186abc54d0b179c9022b48c4787071ec5491bd587"
    );
}

#[test]
fn stored_keys_prove_and_verify() {
    let dir = tempfile::tempdir().unwrap();
    let (pk_path, vk_path) = (dir.path().join("m.pk"), dir.path().join("m.vk"));
    let (_, params, key) = setup(small_layer());
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
fn parameters_must_fit() {
    let (prepared, _, key) = setup(small_layer());
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

#[test]
fn circuits_may_be_prepared_at_the_same_time() {
    let circuits: [fn() -> Circuit; 3] = [small_layer, || power(3), || power(7)];
    let digests = |circuit: fn() -> Circuit| setup(circuit()).2.digests();
    let alone: Vec<_> = circuits.iter().map(|c| digests(*c)).collect();
    std::thread::scope(|scope| {
        let runs: Vec<_> = circuits
            .iter()
            .flat_map(|c| [*c; 3])
            .map(|c| scope.spawn(move || digests(c)))
            .collect();
        for (index, run) in runs.into_iter().enumerate() {
            assert_eq!(run.join().unwrap(), alone[index / 3]);
        }
    });
}
