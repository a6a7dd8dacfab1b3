//! Proofs that must not be accepted: each for the right reason, none with a panic.

use zkc_backend::{Digest, Proof, PublicKind, Rejection, System};

use crate::samples::{layer, power, small_layer};
use crate::setup::Setup;

/// The tests of this module.
#[macro_export]
macro_rules! reject_suite {
    ($setup:ty) => {
        $crate::suite!($setup, reject:
            every_changed_byte_is_noticed,
            a_truncated_proof_is_noticed,
            an_extended_proof_is_noticed,
            every_public_value_is_bound,
            values_out_of_range_are_noticed,
            changed_statements_are_noticed,
            a_proof_for_another_model_is_noticed,
            every_changed_byte_of_a_proof_file_is_noticed,
        );
    };
}

/// A good proof of the layer on (1, 2, 3) and what checks it.
pub fn good<S: Setup>(variant: S::Variant) -> (S, Proof<S::System>) {
    let setup = S::new(small_layer(), variant);
    let proof = setup.prove(&[vec![1, 2, 3]]);
    (setup, proof)
}

/// A change, and what is said of the changed proof.
type Case<S> = (fn(&mut Proof<S>), &'static str);

/// Changes to what the proof says of itself and shows, of the layer with inputs x, outputs y and z.
fn cases<S: System>() -> Vec<Case<S>> {
    vec![
        // A further 0 would not change the instance column, which halo2 fills up with zeros.
        (
            |proof| proof.public[2].values.push(0),
            "public output `z` has 1 values, the proof shows 2",
        ),
        (
            |proof| proof.public[1].values.truncate(1),
            "public output `y` has 2 values, the proof shows 1",
        ),
        (
            |proof| proof.public[0].values.clear(),
            "public input `x` has 3 values, the proof shows 0",
        ),
        (
            |proof| proof.public.truncate(2),
            "the proof shows 2 public tensors, the circuit has 3",
        ),
        (
            |proof| proof.public.push(proof.public[0].clone()),
            "the proof shows 4 public tensors, the circuit has 3",
        ),
        (
            |proof| proof.public.swap(0, 1),
            "the proof shows output `y` of shape [2] and scale 2 where the circuit has input `x` of shape [3] and scale 4",
        ),
        (
            |proof| proof.public[1].name = "w".into(),
            "the proof shows output `w` of shape [2] and scale 2 where the circuit has output `y` of shape [2] and scale 2",
        ),
        (
            |proof| proof.public[1].shape = vec![1, 2],
            "the proof shows output `y` of shape [1, 2] and scale 2 where the circuit has output `y` of shape [2] and scale 2",
        ),
        (
            |proof| proof.public[1].kind = PublicKind::Input,
            "the proof shows input `y` of shape [2] and scale 2 where the circuit has output `y` of shape [2] and scale 2",
        ),
        (
            |proof| proof.public[1].scale = 3,
            "the proof shows output `y` of shape [2] and scale 3 where the circuit has output `y` of shape [2] and scale 2",
        ),
        (
            |proof| proof.public[1].values[1] = 65,
            "public output `y`, element 1: 65 is outside of the circuit's range [0, 64]",
        ),
        (
            |proof| proof.circuit = Digest([0; 32]),
            "the proof is for circuit 0000000000000000, the verifying key is for circuit",
        ),
        (
            |proof| proof.key = Digest([0; 32]),
            "the proof was made with key 0000000000000000, the verifying key is",
        ),
        (
            |proof| proof.bytes.clear(),
            "the proof is truncated: 0 bytes are too few",
        ),
    ]
}

/// Labels, counts, ranges and digests are compared before the mathematics.
pub fn changed_statements_are_noticed<S: Setup>() {
    for variant in S::VARIANTS {
        let (setup, proof) = good::<S>(*variant);
        for (change, expected) in cases() {
            let mut changed = proof.clone();
            change(&mut changed);
            let reason = setup.rejection(&changed).to_string();
            assert!(
                reason.starts_with(expected),
                "{reason} instead of {expected}"
            );
        }
        let mut changed = proof;
        changed.key.0[31] ^= 1;
        let reason = setup.rejection(&changed);
        assert!(matches!(reason, Rejection::OtherKey { .. }), "{reason}");
    }
}

/// Every bit of a proof counts, also those that encodings of points leave over.
pub fn every_changed_byte_is_noticed<S: Setup>() {
    for variant in S::VARIANTS {
        let setup = S::new(power(3), *variant);
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

/// A proof cut anywhere is short.
pub fn a_truncated_proof_is_noticed<S: Setup>() {
    for variant in S::VARIANTS {
        let (setup, proof) = good::<S>(*variant);
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

/// Nothing may follow a proof.
pub fn an_extended_proof_is_noticed<S: Setup>() {
    for variant in S::VARIANTS {
        let (setup, proof) = good::<S>(*variant);
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

/// Another value within its range is for the mathematics to notice.
pub fn every_public_value_is_bound<S: Setup>() {
    for variant in S::VARIANTS {
        let (setup, proof) = good::<S>(*variant);
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

/// Ranges hold for every value of an `i128`.
pub fn values_out_of_range_are_noticed<S: Setup>() {
    for variant in S::VARIANTS {
        let (setup, proof) = good::<S>(*variant);
        for value in [-1, 16, i128::MAX, i128::MIN] {
            let mut wrong = proof.clone();
            wrong.public[0].values[2] = value;
            assert_eq!(
                setup.rejection(&wrong),
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
    }
}

/// By the digests, and by the mathematics where those are false.
pub fn a_proof_for_another_model_is_noticed<S: Setup>() {
    for variant in S::VARIANTS {
        let (setup, proof) = good::<S>(*variant);
        let other = S::new(layer([[3, -2, 4], [-1, 5, -2]]), *variant);
        let reason = other.rejection(&proof);
        assert!(matches!(reason, Rejection::OtherCircuit { .. }), "{reason}");
        let told = reason.to_string();
        assert!(told.ends_with("another model or other options"), "{told}");

        // With false digests, the mathematics still tells.
        let mut forged = proof.clone();
        forged.circuit = other.digests().circuit;
        let reason = other.rejection(&forged);
        assert!(matches!(reason, Rejection::OtherKey { .. }), "{reason}");
        forged.key = other.digests().key;
        assert_eq!(other.rejection(&forged), Rejection::Invalid);
        setup.verify(&proof).unwrap();

        let small = S::new(power(3), *variant);
        let mut forged = proof.clone();
        forged.circuit = small.digests().circuit;
        forged.key = small.digests().key;
        let reason = small.rejection(&forged);
        assert!(matches!(reason, Rejection::TensorCount { .. }), "{reason}");
    }
}

/// By the frame's checksum, and without it by the contents.
pub fn every_changed_byte_of_a_proof_file_is_noticed<S: Setup>() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p");
    let (_, proof) = good::<S>(S::VARIANTS[0]);
    proof.write(&path).unwrap();
    crate::assert_damage_is_noticed(&path, (1, 1), |path| Proof::<S::System>::read(path).is_ok());
    for variant in S::VARIANTS {
        let (setup, proof) = good::<S>(*variant);
        let accepted = |payload: &[u8]| {
            let proof = Proof::<S::System>::decode(payload);
            proof.is_ok_and(|proof| setup.verify(&proof).is_ok())
        };
        let payload = proof.encode();
        for position in (0..payload.len()).step_by(11) {
            let mut changed = payload.clone();
            changed[position] ^= 0x10;
            assert!(!accepted(&changed), "byte {position}");
        }
        assert!(accepted(&payload));
    }
}
