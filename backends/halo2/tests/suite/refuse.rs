//! Circuits and key files that this backend must refuse.

use zkc_backend_testing::assert_damage_is_noticed;
use zkc_backend_testing::samples::power;
use zkc_circuit::{Circuit, Expr, ExprBuilder};
use zkc_halo2::{Commitment, Error, StoredKey, capabilities};

use crate::support::{Setup, setup};

zkc_backend_testing::refuse_suite!(Setup);

fn refused(change: impl FnOnce(&mut Circuit)) -> Error {
    zkc_backend_testing::refuse::refused::<Setup>(change)
}

#[test]
fn challenges_and_phases_are_a_matter_of_capability() {
    let capabilities = capabilities();
    assert!(!capabilities.challenges && capabilities.phases == 1);
    assert_eq!(capabilities.commitment, Commitment::Ipa);
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
fn damaged_key_files_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("m.vk");
    let Setup { params, key, .. } = setup(power(2));
    key.verifying_key().write(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    assert_damage_is_noticed(&path, (1, 5), |path| {
        StoredKey::read_verifying(path).is_ok()
    });
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
