//! Circuits and key files that this backend must refuse.

use zkc_circuit::{Circuit, Expr, ExprBuilder};
use zkc_halo2::{Error, MAX_K, Prepared, StoredKey, capabilities};

use crate::support::{power, setup, small_layer};

fn refused(change: impl FnOnce(&mut Circuit)) -> Error {
    let mut circuit = small_layer();
    change(&mut circuit);
    Prepared::try_new(circuit).unwrap_err()
}

#[test]
fn challenges_and_phases_are_a_matter_of_capability() {
    assert!(!capabilities().challenges);
    let error = refused(|c| {
        c.add_challenge("rho", 0);
    });
    assert!(matches!(&error, Error::Capability { .. }), "{error}");
    assert!(error.to_string().contains("challenge `rho`"), "{error}");
    let error = refused(|c| c.groups[2].phase = 1);
    assert!(
        error.to_string().contains("advice columns `v` of phase 1"),
        "{error}"
    );
    let mut builder = ExprBuilder::new();
    let rho = builder.challenge(0);
    let rho = builder.finish(rho);
    let error = refused(|c| c.gates[0].constraints[0].poly = rho);
    assert!(
        error.to_string().contains("polynomials with challenges"),
        "{error}"
    );
}

#[test]
fn fixed_columns_are_read_in_the_current_row_only() {
    let error = refused(|c| c.gates[1].constraints[0].poly = Expr::query(4, 0, 1));
    assert!(matches!(error, Error::Polynomial { .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "constraint `z is 5 x` of gate `times`: the polynomial reads fixed column 0 of group 4 at rotation 1; `halo2_proofs` reads fixed columns in the current row only"
    );
    let error = refused(|c| c.lookups[1].inputs[0] = Expr::query(4, 0, -1));
    assert!(
        error
            .to_string()
            .starts_with("input 0 of lookup `r range`: "),
        "{error}"
    );
}

#[test]
fn sizes_are_limited() {
    for k in [0, 3, MAX_K + 1, 31, 64, u32::MAX] {
        let error = refused(|c| c.k = k);
        assert!(matches!(error, Error::Limit { .. }), "{k}: {error}");
    }
    // Rows enough for the circuit, but not for its table.
    let error = refused(|c| c.k = 5);
    assert!(!matches!(error, Error::Backend { .. }), "{error}");
    // Small to describe, large to prove.
    let mut circuit = small_layer();
    circuit.k = 18;
    circuit.groups[0].count = 1500;
    let prepared = Prepared::try_new(circuit).unwrap();
    assert!(prepared.shape().memory_bytes() > 90 << 30);
}

#[test]
fn inconsistent_descriptions_are_refused() {
    let error = refused(|c| c.lookups[0].inputs.push(Expr::constant(0)));
    assert!(matches!(error, Error::Invalid(_)), "{error}");
    let error = refused(|c| c.gates[0].constraints[0].poly = Expr::query(9, 0, 0));
    assert!(matches!(error, Error::Invalid(_)), "{error}");
    // The last three placements are those of the public values x, y and z.
    let error = refused(|c| drop(c.placements.pop()));
    assert_eq!(
        error.to_string(),
        "the circuit description is not valid: element 0 of public tensor `z` stands in no instance cell"
    );
    let error = refused(|c| c.inputs[0].public = false);
    assert_eq!(
        error.to_string(),
        "the circuit description is not valid: instance cell public[0]@0 holds no value of a public input or output"
    );
}

#[test]
fn damaged_key_files_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("m.vk");
    let (_, params, key) = setup(power(2));
    key.verifying_key().write(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    for position in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[position] ^= 1;
        std::fs::write(&path, &changed).unwrap();
        StoredKey::read_verifying(&path).unwrap_err();
    }
    for length in (0..bytes.len()).step_by(5) {
        std::fs::write(&path, &bytes[..length]).unwrap();
        StoredKey::read_verifying(&path).unwrap_err();
    }
    std::fs::remove_file(&path).unwrap();
    let error = StoredKey::read_verifying(&path).unwrap_err().to_string();
    assert!(error.contains("cannot read"), "{error}");

    // Without the frame and its checksum.
    let frame = "zkc 0.1.0".len() + 22;
    let payload = &bytes[frame..bytes.len() - 32];
    StoredKey::decode(payload)
        .unwrap()
        .verifying_key(&params)
        .unwrap();
    let digest = key.digests().key.0;
    let at = payload.windows(32).position(|w| w == digest).unwrap();
    let mut changed = payload.to_vec();
    changed[at] ^= 1;
    let stored = StoredKey::decode(&changed).unwrap();
    let error = stored.verifying_key(&params).unwrap_err();
    assert!(matches!(error, Error::KeyDigest { .. }), "{error}");
    let error = stored.proving_key(&params).unwrap_err();
    assert!(matches!(error, Error::KeyDigest { .. }), "{error}");
    for position in 0..payload.len() {
        let mut changed = payload.to_vec();
        changed[position] ^= 0x20;
        // Any outcome but a panic; a key that can be made must be another one.
        if let Ok(stored) = StoredKey::decode(&changed) {
            let same = stored.digests() == key.digests();
            assert!(!same || stored.prepared().circuit() == key.prepared().circuit());
        }
    }
}
