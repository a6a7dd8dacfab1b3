//! Proofs that must not be accepted: each for the right reason, none with a panic.

use std::sync::Arc;

use zkc_halo2::{
    Digest, Error, Params, Proof, PublicKind, Rejection, VerifyingKey, prove, system_rng, verify,
};

use crate::support::{grid, layer, power, setup, small_layer};

/// A good proof of the layer on (1, 2, 3) and what checks it.
fn good() -> (Arc<Params>, VerifyingKey, Proof) {
    let (prepared, params, key) = setup(small_layer());
    let grid = grid(&prepared, &[vec![1, 2, 3]]);
    let proved = prove(&params, &key, &grid, &mut system_rng().unwrap()).unwrap();
    (params, key.verifying_key(), proved.proof)
}

fn rejection(params: &Params, key: &VerifyingKey, proof: &Proof) -> Rejection {
    match verify(params, key, proof) {
        Err(Error::Rejected(rejection)) => rejection,
        Err(other) => panic!("rejected for another reason: {other}"),
        Ok(_) => panic!("a proof that must be rejected was accepted"),
    }
}

/// The rejection of a good proof after a change.
fn rejected(change: impl FnOnce(&mut Proof)) -> Rejection {
    let (params, key, mut proof) = good();
    change(&mut proof);
    rejection(&params, &key, &proof)
}

#[test]
fn every_changed_byte_is_noticed() {
    let (prepared, params, key) = setup(power(3));
    let grid = grid(&prepared, &[vec![1, 2, 3]]);
    let proof = prove(&params, &key, &grid, &mut system_rng().unwrap())
        .unwrap()
        .proof;
    let key = key.verifying_key();
    verify(&params, &key, &proof).unwrap();
    for position in 0..proof.bytes.len() {
        let mut changed = proof.clone();
        changed.bytes[position] ^= 1 << (position % 8);
        let reason = rejection(&params, &key, &changed);
        assert!(
            matches!(reason, Rejection::Invalid | Rejection::Malformed { .. }),
            "byte {position}: {reason}"
        );
    }
    // Signs of points and the highest bits of numbers are the last bits of their 32 bytes.
    for position in (31..proof.bytes.len()).step_by(32) {
        for bit in [6, 7] {
            let mut changed = proof.clone();
            changed.bytes[position] ^= 1 << bit;
            rejection(&params, &key, &changed);
        }
    }
}

#[test]
fn a_truncated_proof_is_noticed() {
    let (params, key, proof) = good();
    let length = proof.bytes.len();
    let cuts = (0..length)
        .step_by(32)
        .chain([1, 31, 33, length - 1, length - 31]);
    for cut in cuts {
        let mut short = proof.clone();
        short.bytes.truncate(cut);
        let reason = rejection(&params, &key, &short);
        assert_eq!(reason, Rejection::Truncated { length: cut });
    }
}

#[test]
fn an_extended_proof_is_noticed() {
    let (params, key, proof) = good();
    for extra in [1, 32, 1000] {
        let mut long = proof.clone();
        long.bytes.resize(proof.bytes.len() + extra, 0);
        let reason = rejection(&params, &key, &long);
        assert_eq!(reason, Rejection::TrailingBytes { extra });
    }
    let mut twice = proof.clone();
    twice.bytes.extend(&proof.bytes);
    let extra = proof.bytes.len();
    assert_eq!(
        rejection(&params, &key, &twice),
        Rejection::TrailingBytes { extra }
    );
}

#[test]
fn every_public_value_is_bound() {
    let (params, key, proof) = good();
    for tensor in 0..proof.public.len() {
        for index in 0..proof.public[tensor].values.len() {
            for value in 0..=8 {
                let mut wrong = proof.clone();
                let old = std::mem::replace(&mut wrong.public[tensor].values[index], value);
                if old != value {
                    assert_eq!(rejection(&params, &key, &wrong), Rejection::Invalid);
                }
            }
        }
    }
}

#[test]
fn values_out_of_range_are_noticed() {
    for value in [-1, 16, i128::MAX, i128::MIN] {
        let reason = rejected(|proof| proof.public[0].values[2] = value);
        assert_eq!(
            reason,
            Rejection::Range {
                kind: PublicKind::Input,
                name: "x".into(),
                index: 2,
                value,
                lo: 0,
                hi: 15
            }
        );
    }
    let reason = rejected(|proof| proof.public[1].values[1] = 65);
    assert_eq!(
        reason.to_string(),
        "public output `y`, element 1: 65 is outside of the circuit's range [0, 64]"
    );
}

#[test]
fn too_many_or_too_few_values_are_noticed() {
    // A further 0 would not change the instance column, which halo2 fills up with zeros.
    let reason = rejected(|proof| proof.public[2].values.push(0));
    assert_eq!(
        reason.to_string(),
        "public output `z` has 1 values, the proof shows 2"
    );
    let reason = rejected(|proof| proof.public[1].values.truncate(1));
    assert_eq!(
        reason.to_string(),
        "public output `y` has 2 values, the proof shows 1"
    );
    let reason = rejected(|proof| proof.public[0].values.clear());
    assert!(matches!(reason, Rejection::ValueCount { found: 0, .. }));
    let reason = rejected(|proof| proof.public.truncate(2));
    assert_eq!(
        reason.to_string(),
        "the proof shows 2 public tensors, the circuit has 3"
    );
    let reason = rejected(|proof| proof.public.push(proof.public[0].clone()));
    assert_eq!(
        reason,
        Rejection::TensorCount {
            expected: 3,
            found: 4
        }
    );
}

#[test]
fn values_under_a_false_label_are_noticed() {
    let reason = rejected(|proof| proof.public.swap(0, 1));
    assert!(matches!(reason, Rejection::OtherTensor { .. }));
    let reason = rejected(|proof| proof.public[1].name = "w".into());
    assert!(matches!(reason, Rejection::OtherTensor { .. }));
    let reason = rejected(|proof| proof.public[1].shape = vec![1, 2]);
    assert!(matches!(reason, Rejection::OtherTensor { .. }));
    let reason = rejected(|proof| proof.public[1].kind = PublicKind::Input);
    assert!(matches!(reason, Rejection::OtherTensor { .. }));
    let reason = rejected(|proof| proof.public[1].scale = 3);
    assert_eq!(
        reason.to_string(),
        "the proof shows output `y` of shape [2] and scale 3 where the circuit has output `y` of shape [2] and scale 2"
    );
}

#[test]
fn a_proof_for_another_model_is_noticed() {
    let (params, _, proof) = good();
    let (_, _, other) = setup(layer([[3, -2, 4], [-1, 5, -2]]));
    let other = other.verifying_key();
    let reason = rejection(&params, &other, &proof);
    assert!(matches!(reason, Rejection::OtherCircuit { .. }), "{reason}");
    assert!(
        reason
            .to_string()
            .ends_with("another model or other options"),
        "{reason}"
    );

    // With false digests, the mathematics still tells.
    let mut forged = proof.clone();
    forged.circuit = other.digests().circuit;
    let reason = rejection(&params, &other, &forged);
    assert!(matches!(reason, Rejection::OtherKey { .. }), "{reason}");
    forged.key = other.digests().key;
    assert_eq!(rejection(&params, &other, &forged), Rejection::Invalid);

    let (_, small_params, key) = setup(power(3));
    let key = key.verifying_key();
    let mut forged = proof.clone();
    forged.circuit = key.digests().circuit;
    forged.key = key.digests().key;
    let reason = rejection(&small_params, &key, &forged);
    assert!(matches!(reason, Rejection::TensorCount { .. }), "{reason}");
}

#[test]
fn a_proof_that_names_no_key_is_noticed() {
    let reason = rejected(|proof| proof.circuit = Digest([0; 32]));
    assert!(matches!(reason, Rejection::OtherCircuit { .. }), "{reason}");
    let reason = rejected(|proof| proof.key.0[31] ^= 1);
    assert!(matches!(reason, Rejection::OtherKey { .. }), "{reason}");
    let reason = rejected(|proof| proof.bytes.clear());
    assert_eq!(reason, Rejection::Truncated { length: 0 });
}

#[test]
fn every_changed_byte_of_a_proof_file_is_noticed() {
    let (params, key, proof) = good();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p");
    proof.write(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    for position in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[position] ^= 0x10;
        std::fs::write(&path, &changed).unwrap();
        Proof::read(&path).unwrap_err();
    }
    for length in 0..bytes.len() {
        std::fs::write(&path, &bytes[..length]).unwrap();
        Proof::read(&path).unwrap_err();
    }
    // Even with the frame's checksum made good, no changed payload is accepted.
    let payload = proof.encode();
    for position in (0..payload.len()).step_by(7) {
        let mut changed = payload.clone();
        changed[position] ^= 0x10;
        let accepted =
            Proof::decode(&changed).is_ok_and(|proof| verify(&params, &key, &proof).is_ok());
        assert!(!accepted, "byte {position}");
    }
    assert!(Proof::decode(&payload).is_ok_and(|proof| verify(&params, &key, &proof).is_ok()));
}
