//! Checking a proof.

use halo2_axiom::halo2curves::bn256::{Fr, G1Affine};
use halo2_axiom::plonk::{self, verify_proof};
use halo2_axiom::poly::VerificationStrategy;
use halo2_axiom::poly::commitment::{CommitmentScheme, Verifier};
use halo2_axiom::transcript::{Blake2bRead, Challenge255, TranscriptReadBuffer};
use zkc_backend::{Cost, Error, Failure, ProofReader, Rejection, Stopwatch};

use crate::Proof;
use crate::commitment::{Ipa, IpaVerifier, Kzg, KzgStrategy, KzgVerifier};
use crate::field::to_columns;
use crate::folded::{FoldedIpa, few};
use crate::keys::{KeySetup, VerifyingKey};
use crate::params::{Inner, Params};
use crate::setup::Setup;
use crate::srs::verifier_params;
use crate::system::{FLAVOUR, install};

/// Whether proofs that anybody can forge are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InsecureSetup {
    /// Keys of the insecure setup are refused.
    Refuse,
    /// They are accepted: for tests.
    Allow,
}

/// Bytes of each point and number in a proof.
const WORD_BYTES: usize = 32;

impl VerifyingKey {
    /// The `k` for which [`verify`] needs the generators of IPA; `None` if it needs no parameters, as for KZG.
    pub fn needs_params(&self) -> Option<u32> {
        match self.setup {
            KeySetup::Kzg(_) => None,
            KeySetup::Ipa => Some(self.shape.k),
        }
    }
}

/// Checks that `proof` proves its public values for the circuit of `key`.
///
/// Accepts only if circuit and key are the proof's, the public tensors are exactly those of the circuit, each value is in
/// its range, and the proof is valid to its last byte. Returns what that cost.
///
/// `params` are needed as [`VerifyingKey::needs_params`] says. Keys of the insecure setup are refused unless `insecure`
/// allows them; whether any other [setup](VerifyingKey::setup) is trustworthy, and what the values should be, is for the
/// caller to compare.
pub fn verify(
    params: Option<&Params>,
    key: &VerifyingKey,
    proof: &Proof,
    insecure: InsecureSetup,
) -> Result<Cost, Error> {
    let watch = Stopwatch::start();
    if let (Setup::Insecure, InsecureSetup::Refuse, Some(digest)) =
        (key.setup(), insecure, key.setup().digest())
    {
        return Err(Error::InsecureSetup { digest });
    }
    let columns =
        to_columns(&proof.check_public(key.digests, key.commitment(), &key.outline.public)?);
    let made;
    let params = match (key.setup, params) {
        // What a proof is checked against comes from the key alone.
        (KeySetup::Kzg(setup), _) => {
            made = Params::from(Inner::Kzg(verifier_params(key.shape.k, setup)));
            &made
        }
        (KeySetup::Ipa, Some(params)) => params,
        (KeySetup::Ipa, None) => return Err(Error::ParamsMissing { k: key.shape.k }),
    };
    key.setup.check(params)?;
    params.check_k(key.shape.k)?;
    install(|| check_bytes(params, &key.inner, &columns, &proof.bytes))??;
    Ok(watch.cost())
}

/// Checks that `bytes` are one proof for the instance columns, and nothing more.
pub(crate) fn check_bytes(
    params: &Params,
    key: &plonk::VerifyingKey<G1Affine>,
    columns: &[Vec<Fr>],
    bytes: &[u8],
) -> Result<(), Error> {
    match &params.inner {
        Inner::Kzg(params) => check_with::<Kzg, KzgVerifier<'_>, KzgStrategy<'_>>(
            params,
            KzgStrategy::new(params),
            key,
            columns,
            bytes,
        ),
        Inner::Ipa(params) => check_with::<Ipa, IpaVerifier<'_>, FoldedIpa<'_>>(
            params,
            FoldedIpa::with_few(params, &few(params)),
            key,
            columns,
            bytes,
        ),
    }
}

/// The same by one commitment scheme.
fn check_with<'params, S, V, T>(
    params: &'params S::ParamsVerifier,
    strategy: T,
    key: &plonk::VerifyingKey<G1Affine>,
    columns: &[Vec<Fr>],
    bytes: &[u8],
) -> Result<(), Error>
where
    S: CommitmentScheme<Curve = G1Affine, Scalar = Fr>,
    V: Verifier<'params, S>,
    T: VerificationStrategy<'params, S, V, Output = ()>,
{
    // Points and numbers are words below 2^255. halo2-axiom ignores the highest bit of a point, so that each proof would
    // have many encodings.
    let high = |word: &[u8]| word[WORD_BYTES - 1] & 0x80 != 0;
    if let Some(word) = bytes.chunks_exact(WORD_BYTES).position(high) {
        return Err(Error::Rejected(Rejection::Malformed {
            reason: format!("the highest bit of word {word} is set"),
        }));
    }
    let columns: Vec<&[Fr]> = columns.iter().map(Vec::as_slice).collect();
    let mut reader = ProofReader::new(bytes);
    let mut transcript = Blake2bRead::<_, G1Affine, Challenge255<_>>::init(&mut reader);
    let outcome =
        verify_proof::<S, V, _, _, T>(params, key, strategy, &[&columns], &mut transcript);
    reader.judge(outcome.map_err(|error| match error {
        plonk::Error::Transcript(e) => Failure::Transcript(e.to_string()),
        plonk::Error::ConstraintSystemFailure | plonk::Error::Opening => Failure::Invalid,
        source => Failure::Other(FLAVOUR.failed("checking a proof", source)),
    }))
}
