//! Making a proof.

use halo2_proofs::pasta::{EqAffine, Fp};
use halo2_proofs::plonk::{self, create_proof};
use halo2_proofs::transcript::{Blake2bWrite, Challenge255};
use rand::CryptoRng;
use zkc_backend::{Error, Stopwatch};
use zkc_circuit::Grid;

use crate::assign::Synthesis;
use crate::columns::with_current;
use crate::field::to_columns;
use crate::keys::ProvingKey;
use crate::params::Params;
use crate::system::{FLAVOUR, install};
use crate::verify::check_bytes;
use crate::{Proof, Proved};

/// Proves that the values of `grid` satisfy the circuit of `key`, and checks the proof.
///
/// `grid` comes from [`Prepared::assign`](crate::Prepared::assign) of the same circuit. `rng` hides the witness; use
/// [`system_rng`](crate::system_rng).
///
/// # Errors
/// [`Error::Unsatisfied`] if the values do not satisfy the circuit; no proof leaves this function unchecked.
pub fn prove(
    params: &Params,
    key: &ProvingKey,
    grid: &Grid,
    rng: &mut (impl CryptoRng + Send),
) -> Result<Proved, Error> {
    let prepared = &key.prepared;
    params.check_k(prepared.shape().k)?;
    prepared.laid_out.check_grid(grid)?;
    let watch = Stopwatch::start();
    let public = prepared.public.tensors(prepared.layout(), grid);
    let columns = prepared.public.instances(&public)?;
    let columns = to_columns(&columns);
    let bytes = install(|| with_current(prepared, || create(params, key, grid, &columns, rng)))??;
    let digests = key.digests();
    let proof = Proof {
        commitment: (),
        circuit: digests.circuit,
        key: digests.key,
        public,
        bytes,
    };
    Proved::checked(proof, watch.cost(), |bytes| {
        install(|| check_bytes(params, key.inner.get_vk(), &columns, bytes))?
    })
}

fn create(
    params: &Params,
    key: &ProvingKey,
    grid: &Grid,
    columns: &[Vec<Fp>],
    rng: &mut (impl CryptoRng + Send),
) -> Result<Vec<u8>, Error> {
    let columns: Vec<&[Fp]> = columns.iter().map(Vec::as_slice).collect();
    let mut transcript = Blake2bWrite::<_, EqAffine, Challenge255<_>>::init(vec![]);
    let created = create_proof(
        &params.inner,
        &key.inner,
        &[Synthesis::Proof(grid)],
        &[&columns],
        rng,
        &mut transcript,
    );
    match created {
        Ok(()) => Ok(transcript.finalize()),
        Err(plonk::Error::ConstraintSystemFailure) => Err(Error::Unsatisfied {
            reason: "a value that is looked up is not in its table".into(),
        }),
        Err(source) => Err(FLAVOUR.failed("making a proof", source)),
    }
}
