//! Making a proof.

use halo2_proofs::pasta::{EqAffine, Fp};
use halo2_proofs::plonk::{self, create_proof};
use halo2_proofs::transcript::{Blake2bWrite, Challenge255};
use rand::rngs::{StdRng, SysRng};
use rand::{CryptoRng, SeedableRng};
use zkc_circuit::Grid;

use crate::assign::Synthesis;
use crate::columns::with_current;
use crate::error::Error;
use crate::keys::ProvingKey;
use crate::measure::{Cost, Stopwatch};
use crate::params::Params;
use crate::proof::Proof;
use crate::threads::install;
use crate::verify::{check_bytes, to_columns};

/// A generator of the random numbers that hide the witness, seeded by the operating system.
///
/// Whoever knows the numbers of a proof can learn the witness from it, so use each generator in one process only.
pub fn system_rng() -> Result<StdRng, Error> {
    StdRng::try_from_rng(&mut SysRng).map_err(|e| Error::Randomness {
        reason: e.to_string(),
    })
}

/// A proof and what making it cost.
#[derive(Debug)]
pub struct Proved {
    /// The proof.
    pub proof: Proof,
    /// Cost of making it.
    pub cost: Cost,
    /// Cost of checking it once.
    pub check_cost: Cost,
}

/// Proves that the values of `grid` satisfy the circuit of `key`, and checks the proof.
///
/// `grid` comes from [`Prepared::assign`](crate::Prepared::assign) of the same circuit. `rng` hides the witness; use
/// [`system_rng`].
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
    prepared.check_grid(grid)?;
    let watch = Stopwatch::start();
    let public = prepared.public.tensors(&prepared.layout, grid);
    let columns = prepared.public.instances(&public)?;
    let columns = to_columns(&columns);
    let bytes = install(|| with_current(prepared, || create(params, key, grid, &columns, rng)))??;
    let cost = watch.cost();

    let watch = Stopwatch::start();
    let checked = install(|| check_bytes(params, key.inner.get_vk(), &columns, &bytes))?;
    match checked {
        Ok(()) => {}
        Err(Error::Rejected(_)) => {
            return Err(Error::Unsatisfied {
                reason: "the finished proof does not hold",
            });
        }
        Err(other) => return Err(other),
    }
    let digests = key.digests();
    Ok(Proved {
        proof: Proof {
            circuit: digests.circuit,
            key: digests.key,
            public,
            bytes,
        },
        cost,
        check_cost: watch.cost(),
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
            reason: "a value that is looked up is not in its table",
        }),
        Err(source) => Err(Error::Backend {
            doing: "making a proof",
            source,
        }),
    }
}
