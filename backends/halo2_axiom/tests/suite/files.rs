//! Keys in files: read back they do the same, and damaged ones are refused without a panic.

use zkc_backend_testing::samples::{power, small_layer};
use zkc_backend_testing::{Setup as _, assert_damage_is_noticed};
use zkc_halo2_axiom::{Commitment, Params, Proof, ProvingKey, VerifyingKey, prove, system_rng};

use crate::support::{Setup, accept, grid};

#[test]
fn stored_keys_prove_and_verify() {
    let dir = tempfile::tempdir().unwrap();
    let (pk_path, vk_path) = (dir.path().join("m.pk"), dir.path().join("m.vk"));
    for commitment in Commitment::ALL {
        let setup = Setup::new(small_layer(), commitment);
        let pk_bytes = setup.key.write(&pk_path).unwrap();
        let vk_bytes = setup.verifying_key().write(&vk_path).unwrap();
        assert_eq!(pk_bytes, std::fs::metadata(&pk_path).unwrap().len());
        assert_eq!(vk_bytes, std::fs::metadata(&vk_path).unwrap().len());

        let pk = ProvingKey::read(&pk_path).unwrap();
        assert_eq!(pk.digests(), setup.key.digests());
        assert_eq!(pk.setup(), setup.key.setup());
        assert!(pk.encode() == setup.key.encode());
        let grid = grid(pk.prepared(), &[vec![3, 2, 1]]);
        let proved = prove(&setup.params, &pk, &grid, &mut system_rng().unwrap()).unwrap();
        let proof_path = dir.path().join("p");
        proved.proof.write(&proof_path).unwrap();

        let vk = VerifyingKey::read(&vk_path).unwrap();
        assert_eq!(vk.digests(), setup.key.digests());
        assert_eq!(vk.shape(), setup.prepared.shape());
        assert_eq!(vk.circuit_name(), "layer");
        let proof = Proof::read(&proof_path).unwrap();
        accept(&setup.params, &vk, &proof).unwrap();
        // And the other way round.
        accept(&setup.params, &vk, &setup.prove(&[vec![3, 2, 1]])).unwrap();

        let error = ProvingKey::read(&vk_path).unwrap_err().to_string();
        assert!(
            error.contains("is a verifying key, not a proving key"),
            "{error}"
        );
        let error = VerifyingKey::read(&proof_path).unwrap_err().to_string();
        assert!(error.contains("is a proof, not a verifying key"), "{error}");
    }
}

#[test]
fn verifying_keys_do_not_hold_the_fixed_values() {
    // The weights of the layer do not change the size of its key, and its bytes are few.
    let setup = Setup::new(small_layer(), Commitment::Kzg);
    let (pk, vk) = (setup.key.encode(), setup.verifying_key().encode());
    assert!(
        vk.len() < 4000 && pk.len() > 20 * vk.len(),
        "{} {}",
        vk.len(),
        pk.len()
    );
}

#[test]
fn damaged_verifying_keys_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("m.vk");
    for commitment in Commitment::ALL {
        let setup = Setup::new(power(2), commitment);
        setup.verifying_key().write(&path).unwrap();
        assert_damage_is_noticed(&path, (1, 5), |path| VerifyingKey::read(path).is_ok());
    }
    std::fs::remove_file(&path).unwrap();
    let error = VerifyingKey::read(&path).unwrap_err().to_string();
    assert!(error.contains("cannot read"), "{error}");
}

#[test]
fn changed_verifying_keys_are_other_keys() {
    // Without the frame and its checksum: any outcome but a panic, and a key that can be read accepts no proof, because
    // its digest is another one. Nor does it when the proof is made to name that digest.
    for commitment in Commitment::ALL {
        let setup = Setup::new(power(2), commitment);
        let proof = setup.prove(&[vec![1, 2, 3]]);
        let payload = setup.verifying_key().encode();
        for position in 0..payload.len() {
            for bit in [0, 3, 7] {
                let mut changed = payload.clone();
                changed[position] ^= 1 << bit;
                let Ok(key) = VerifyingKey::decode(&changed) else {
                    continue;
                };
                assert_ne!(key.digests().key, setup.key.digests().key);
                accept(&setup.params, &key, &proof).unwrap_err();
            }
        }
        for length in 0..payload.len() {
            VerifyingKey::decode(&payload[..length]).unwrap_err();
        }
        let mut longer = payload.clone();
        longer.push(0);
        VerifyingKey::decode(&longer).unwrap_err();
    }
}

#[test]
fn damaged_proving_keys_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("m.pk");
    let setup = Setup::new(power(2), Commitment::Kzg);
    setup.key.write(&path).unwrap();
    assert_damage_is_noticed(&path, (13, 101), |path| ProvingKey::read(path).is_ok());
}

#[test]
fn changed_proving_keys_make_no_good_proofs() {
    let setup = Setup::new(power(2), Commitment::Kzg);
    let payload = setup.key.encode();
    let grid = grid(&setup.prepared, &[vec![1, 2, 3]]);
    for length in (0..payload.len()).step_by(31) {
        ProvingKey::decode(&payload[..length]).unwrap_err();
    }
    let mut longer = payload.clone();
    longer.push(0);
    ProvingKey::decode(&longer).unwrap_err();
    for position in (0..payload.len()).step_by(97) {
        let mut changed = payload.clone();
        changed[position] ^= 2;
        // Any outcome but a panic, and no proof but good ones.
        let made = ProvingKey::decode(&changed)
            .and_then(|key| prove(&setup.params, &key, &grid, &mut system_rng().unwrap()));
        if let Ok(proved) = made {
            accept(&setup.params, &setup.verifying_key(), &proved.proof).unwrap();
        }
    }
    // No element of the field: larger than the modulus.
    let mut changed = payload.clone();
    let last = changed.len() - 1;
    changed[last] = 0xff;
    let error = ProvingKey::decode(&changed).unwrap_err().to_string();
    assert!(error.contains("no elements of the field"), "{error}");
}

#[test]
fn keys_of_other_versions_are_refused() {
    let setup = Setup::new(power(2), Commitment::Ipa);
    let payload = setup.verifying_key().encode();
    let version = payload.windows(5).position(|w| w == b"0.5.3").unwrap();
    let mut changed = payload.clone();
    changed[version + 4] = b'4';
    let error = VerifyingKey::decode(&changed).unwrap_err().to_string();
    assert_eq!(
        error,
        "the key was made with halo2-axiom 0.5.4, this program has 0.5.3; run `zkc setup` again"
    );
    let backend = payload
        .windows(11)
        .position(|w| w == b"halo2-axiom")
        .unwrap();
    let mut changed = payload;
    changed[backend] = b'H';
    let error = VerifyingKey::decode(&changed).unwrap_err().to_string();
    assert!(error.contains("for backend `Halo2-axiom`"), "{error}");
}

#[test]
fn stored_parameters_prove() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("srs");
    Params::insecure(6).unwrap().write_srs(&path).unwrap();
    let params = Params::read_srs(&path).unwrap().downsize(5).unwrap();
    let setup = Setup::new(power(2), Commitment::Kzg);
    let grid = grid(&setup.prepared, &[vec![1, 2, 3]]);
    let proved = prove(&params, &setup.key, &grid, &mut system_rng().unwrap()).unwrap();
    setup.verify(&proved.proof).unwrap();
}
