//! Proofs that must not be accepted: each for the right reason, none with a panic.

use zkc_halo2_axiom::{Commitment, Digest, Proof, PublicKind, Rejection};

use crate::support::{Setup, layer, power, small_layer};

/// A good proof of the layer on (1, 2, 3) and what checks it.
fn good(commitment: Commitment) -> (Setup, Proof) {
    let setup = Setup::new(small_layer(), commitment);
    let proof = setup.prove(&[vec![1, 2, 3]]);
    (setup, proof)
}

/// The rejection of a good proof after a change, the same for both commitments.
fn rejected(change: impl Fn(&mut Proof)) -> Rejection {
    let [kzg, ipa] = Commitment::ALL.map(|commitment| {
        let (setup, mut proof) = good(commitment);
        change(&mut proof);
        setup.rejection(&proof)
    });
    assert_eq!(std::mem::discriminant(&kzg), std::mem::discriminant(&ipa));
    ipa
}

#[test]
fn every_changed_byte_is_noticed() {
    for commitment in Commitment::ALL {
        let setup = Setup::new(power(3), commitment);
        let proof = setup.prove(&[vec![1, 2, 3]]);
        setup.verify(&proof).unwrap();
        for position in 0..proof.bytes.len() {
            // The last bits of a word are its highest: signs of points, marks of points at infinity.
            let last = position % 32 == 31;
            for bit in (0..8).filter(|bit| last && *bit > 4 || (bit + position) % 8 == 0) {
                let mut changed = proof.clone();
                changed.bytes[position] ^= 1 << bit;
                let reason = setup.rejection(&changed);
                assert!(
                    matches!(reason, Rejection::Invalid | Rejection::Malformed { .. }),
                    "byte {position}, bit {bit}: {reason}"
                );
            }
        }
    }
}

#[test]
fn a_truncated_proof_is_noticed() {
    for commitment in Commitment::ALL {
        let (setup, proof) = good(commitment);
        let length = proof.bytes.len();
        let cuts = (0..length)
            .step_by(32)
            .chain([1, 31, 33, length - 1, length - 31]);
        for cut in cuts {
            let mut short = proof.clone();
            short.bytes.truncate(cut);
            let reason = setup.rejection(&short);
            assert_eq!(reason, Rejection::Truncated { length: cut });
        }
    }
}

#[test]
fn an_extended_proof_is_noticed() {
    for commitment in Commitment::ALL {
        let (setup, proof) = good(commitment);
        for extra in [1, 32, 1000] {
            let mut long = proof.clone();
            long.bytes.resize(proof.bytes.len() + extra, 0);
            let reason = setup.rejection(&long);
            assert_eq!(reason, Rejection::TrailingBytes { extra });
        }
        let mut twice = proof.clone();
        twice.bytes.extend(&proof.bytes);
        let extra = proof.bytes.len();
        assert_eq!(setup.rejection(&twice), Rejection::TrailingBytes { extra });
    }
}

#[test]
fn every_public_value_is_bound() {
    for commitment in Commitment::ALL {
        let (setup, proof) = good(commitment);
        for tensor in 0..proof.public.len() {
            for index in 0..proof.public[tensor].values.len() {
                for value in 0..=8 {
                    let mut wrong = proof.clone();
                    let old = std::mem::replace(&mut wrong.public[tensor].values[index], value);
                    if old != value {
                        assert_eq!(setup.rejection(&wrong), Rejection::Invalid);
                    }
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
    let reason = rejected(|proof| {
        let first = proof.public[0].clone();
        proof.public.push(first);
    });
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
    for commitment in Commitment::ALL {
        let (setup, proof) = good(commitment);
        let other = Setup::new(layer([[3, -2, 4], [-1, 5, -2]]), commitment);
        let reason = other.rejection(&proof);
        assert!(matches!(reason, Rejection::OtherCircuit { .. }), "{reason}");
        assert!(
            reason
                .to_string()
                .ends_with("another model or other options"),
            "{reason}"
        );

        // With false digests, the mathematics still tells.
        let mut forged = proof.clone();
        forged.circuit = other.key.digests().circuit;
        let reason = other.rejection(&forged);
        assert!(matches!(reason, Rejection::OtherKey { .. }), "{reason}");
        forged.key = other.key.digests().key;
        assert_eq!(other.rejection(&forged), Rejection::Invalid);
        setup.verify(&proof).unwrap();

        let small = Setup::new(power(3), commitment);
        let mut forged = proof.clone();
        forged.circuit = small.key.digests().circuit;
        forged.key = small.key.digests().key;
        let reason = small.rejection(&forged);
        assert!(matches!(reason, Rejection::TensorCount { .. }), "{reason}");
    }
}

#[test]
fn a_proof_by_the_other_commitment_is_noticed() {
    let (kzg, proof) = good(Commitment::Kzg);
    let (ipa, _) = good(Commitment::Ipa);
    let reason = ipa.rejection(&proof);
    assert!(matches!(reason, Rejection::OtherKey { .. }), "{reason}");
    let mut forged = proof.clone();
    forged.key = ipa.key.digests().key;
    let reason = ipa.rejection(&forged);
    assert!(matches!(reason, Rejection::OtherKey { .. }), "{reason}");
    forged.commitment = Commitment::Ipa;
    ipa.rejection(&forged);
    let mut relabelled = proof;
    relabelled.commitment = Commitment::Ipa;
    let reason = kzg.rejection(&relabelled);
    assert!(matches!(reason, Rejection::OtherKey { .. }), "{reason}");
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
    let (setup, proof) = good(Commitment::Kzg);
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
    for length in (0..bytes.len()).step_by(3) {
        std::fs::write(&path, &bytes[..length]).unwrap();
        Proof::read(&path).unwrap_err();
    }
    // Even with the frame's checksum made good, no changed payload is accepted.
    for commitment in Commitment::ALL {
        let (other, proof) = good(commitment);
        let payload = proof.encode();
        for position in (0..payload.len()).step_by(23) {
            let mut changed = payload.clone();
            changed[position] ^= 0x10;
            let accepted = Proof::decode(&changed).is_ok_and(|proof| other.verify(&proof).is_ok());
            assert!(!accepted, "byte {position}");
        }
        assert!(Proof::decode(&payload).is_ok_and(|proof| other.verify(&proof).is_ok()));
    }
    assert!(setup.verify(&proof).is_ok());
}
