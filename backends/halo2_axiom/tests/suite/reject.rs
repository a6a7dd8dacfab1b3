//! Proofs that must not be accepted: each for the right reason, none with a panic.

use zkc_backend_testing::Setup as _;
use zkc_backend_testing::reject::good;
use zkc_halo2_axiom::{Commitment, Rejection};

use crate::support::Setup;

zkc_backend_testing::reject_suite!(Setup);

#[test]
fn a_proof_by_the_other_commitment_is_noticed() {
    let (kzg, proof) = good::<Setup>(Commitment::Kzg);
    let (ipa, _) = good::<Setup>(Commitment::Ipa);
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
