//! Making a proof.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use halo2_axiom::halo2curves::bn256::{Fr, G1Affine};
use halo2_axiom::plonk::{self, create_proof};
use halo2_axiom::poly::commitment::{CommitmentScheme, Prover};
use halo2_axiom::transcript::{Blake2bWrite, Challenge255, TranscriptWriterBuffer};
use rand::{CryptoRng, Rng};
use zkc_backend::{Error, Stopwatch};
use zkc_circuit::{Cell, Grid};

use crate::assign::Synthesis;
use crate::columns::Prepared;
use crate::commitment::{Ipa, IpaProver, Kzg, KzgProver};
use crate::field::to_columns;
use crate::keys::{Proving, ProvingKey};
use crate::lookups;
use crate::params::{Inner, Params};
use crate::prover;
use crate::system::{FLAVOUR, install};
use crate::verify::check_bytes;
use crate::{Proof, Proved};

/// Proves that the values of `grid` satisfy the circuit of `key`, and checks the proof.
///
/// `grid` comes from [`Prepared::assign`](crate::Prepared::assign) of the same circuit, `params` are those that the key
/// was made with. `rng` hides the witness; use [`system_rng`](crate::system_rng).
///
/// # Errors
/// [`Error::Unsatisfied`] if the values do not satisfy the circuit; no proof leaves this function unchecked.
pub fn prove(
    params: &Params,
    key: &ProvingKey,
    grid: &Grid,
    rng: &mut (impl CryptoRng + Send),
) -> Result<Proved, Error> {
    prove_altered(params, key, grid, &BTreeMap::new(), rng)
}

/// Proves as a prover who cheats in the second phase: integers are added to cells that follow from challenges.
///
/// No proof that does not hold leaves this function either. It is here for tests, which show that none is made.
///
/// # Errors
/// As [`prove`].
#[doc(hidden)]
pub fn prove_altered(
    params: &Params,
    key: &ProvingKey,
    grid: &Grid,
    added: &BTreeMap<Cell, i128>,
    rng: &mut (impl CryptoRng + Send),
) -> Result<Proved, Error> {
    let prepared = &key.prepared;
    params.check_k(prepared.shape().k)?;
    key.setup.check(params)?;
    prepared.laid_out.check_grid(grid)?;
    if let Proving::Gates { .. } = &key.inner {
        // Reading parameters is no part of proving.
        install(|| params.bases())??;
    }
    let watch = Stopwatch::start();
    let public = prepared.outline.public.tensors(prepared.layout(), grid);
    let columns = prepared.outline.public.instances(&public)?;
    let columns = to_columns(&columns);
    let bytes = install(|| {
        lookups::check(prepared, grid)?;
        let (values, prepared) = ((grid, added), &key.prepared);
        let inner = match &key.inner {
            Proving::Gates { fixed, .. } => {
                let rng = &mut OldRng(rng);
                return prover::create(params.bases()?, (key, fixed), values, &columns, rng);
            }
            Proving::Arguments(inner) => inner,
        };
        match &params.inner {
            Inner::Kzg(params) => {
                create::<Kzg, KzgProver<'_>>(params, (prepared, inner), values, &columns, rng)
            }
            Inner::Ipa(params) => {
                create::<Ipa, IpaProver<'_>>(params, (prepared, inner), values, &columns, rng)
            }
        }
    })??;
    let proof = Proof {
        commitment: key.commitment(),
        circuit: key.digests.circuit,
        key: key.digests.key,
        public,
        bytes,
    };
    Proved::checked(proof, watch.cost(), |bytes| {
        install(|| check_bytes(params, key.inner.verifying(), &columns, bytes))?
    })
}

/// The proof by one commitment scheme.
fn create<'params, S, P>(
    params: &'params S::ParamsProver,
    (prepared, key): (&Prepared, &plonk::ProvingKey<G1Affine>),
    (grid, added): (&Grid, &BTreeMap<Cell, i128>),
    columns: &[Vec<Fr>],
    rng: &mut (impl CryptoRng + Send),
) -> Result<Vec<u8>, Error>
where
    S: CommitmentScheme<Curve = G1Affine, Scalar = Fr>,
    S::ParamsProver: Sync,
    P: Prover<'params, S>,
{
    let columns: Vec<&[Fr]> = columns.iter().map(Vec::as_slice).collect();
    let failure = OnceLock::new();
    let circuit = Synthesis::proof(prepared, grid, added, &failure);
    let mut transcript = Blake2bWrite::<_, G1Affine, Challenge255<_>>::init(vec![]);
    let created = create_proof::<S, P, _, _, _, _>(
        params,
        key,
        &[circuit],
        &[&columns],
        OldRng(rng),
        &mut transcript,
    );
    if let Some(error) = failure.into_inner() {
        return Err(error.into());
    }
    created.map_err(|source| match source {
        plonk::Error::ConstraintSystemFailure => Error::Unsatisfied {
            reason: "no proof can be made".into(),
        },
        source => FLAVOUR.failed("making a proof", source),
    })?;
    Ok(transcript.finalize())
}

/// A generator of random numbers behind the interface that `halo2-axiom` knows.
struct OldRng<'a, R>(&'a mut R);

impl<R: Rng> rand_core_06::RngCore for OldRng<'_, R> {
    fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core_06::Error> {
        self.0.fill_bytes(bytes);
        Ok(())
    }
}
