//! Checking a proof.

use halo2_proofs::pasta::{EqAffine, Fp};
use halo2_proofs::plonk::{self, SingleVerifier, verify_proof};
use halo2_proofs::transcript::{Blake2bRead, Challenge255};

use zkc_backend::{Cost, Error, Failure, ProofReader, Stopwatch};

use crate::Proof;
use crate::field::to_columns;
use crate::keys::VerifyingKey;
use crate::params::Params;
use crate::system::{FLAVOUR, install};

/// Checks that `proof` proves its public values for the circuit of `key`.
///
/// Accepts only if circuit and key are the proof's, the public tensors are exactly those of the circuit, each value is in
/// its range, and the proof is valid to its last byte. Returns what that cost: one multi-scalar multiplication of
/// `2^k` points.
///
/// What the values should be is for the caller to compare.
pub fn verify(params: &Params, key: &VerifyingKey, proof: &Proof) -> Result<Cost, Error> {
    let watch = Stopwatch::start();
    let columns = proof.check_public(key.digests(), (), &key.prepared.public)?;
    params.check_k(key.prepared.shape().k)?;
    let columns = to_columns(&columns);
    install(|| check_bytes(params, &key.inner, &columns, &proof.bytes))??;
    Ok(watch.cost())
}

/// Checks that `bytes` are one proof for the instance columns, and nothing more.
pub(crate) fn check_bytes(
    params: &Params,
    key: &plonk::VerifyingKey<EqAffine>,
    columns: &[Vec<Fp>],
    bytes: &[u8],
) -> Result<(), Error> {
    let columns: Vec<&[Fp]> = columns.iter().map(Vec::as_slice).collect();
    let mut reader = ProofReader::new(bytes);
    let mut transcript = Blake2bRead::<_, EqAffine, Challenge255<_>>::init(&mut reader);
    let strategy = SingleVerifier::new(&params.inner);
    let outcome = verify_proof(&params.inner, key, strategy, &[&columns], &mut transcript);
    reader.judge(outcome.map_err(|error| match error {
        plonk::Error::Transcript(e) => Failure::Transcript(e.to_string()),
        plonk::Error::ConstraintSystemFailure | plonk::Error::Opening => Failure::Invalid,
        source => Failure::Other(FLAVOUR.failed("checking a proof", source)),
    }))
}
