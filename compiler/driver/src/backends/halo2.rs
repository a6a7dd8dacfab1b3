//! Backend `halo2`: `halo2_proofs`, whose keys are stored as descriptions and made again before use.

use std::path::Path;
use std::sync::Arc;

use zkc_circuit::{Circuit, Grid, Layout, Registers};
use zkc_halo2::{Digests, Params, Proof, StoredKey, system_rng};
use zkc_halo2_axiom::Prediction;
use zkc_support::Writing;

use super::shared::{Loaded, convert, load_or_make};
use super::{
    Checked, Origin, Prepared, ProofFile, Proved, ProvingKey, ReadyKey, StoredProvingKey,
    StoredVerifyingKey, Verified, size,
};
use crate::error::{Error, Result};
use crate::options::{Backend, CommitOptions, Commitment};
use crate::report::{CircuitSize, ProofSystem};
use crate::ui::Ui;

pub(super) fn prepare(circuit: Circuit, origin: Origin<'_>) -> Result<Box<dyn Prepared>> {
    let prepared = zkc_halo2::Prepared::try_new(circuit).map_err(|error| convert(error, origin))?;
    Ok(Box::new(LaidOut(prepared)))
}

pub(super) fn read_proving_key(payload: &[u8], path: &Path) -> Result<Box<dyn StoredProvingKey>> {
    Ok(Box::new(Stored::decode(payload, path)?))
}

pub(super) fn read_verifying_key(
    payload: &[u8],
    path: &Path,
) -> Result<Box<dyn StoredVerifyingKey>> {
    Ok(Box::new(Stored::decode(payload, path)?))
}

fn system() -> ProofSystem {
    ProofSystem::transparent(Backend::Halo2, Commitment::Ipa)
}

#[derive(Debug)]
struct LaidOut(Arc<zkc_halo2::Prepared>);

impl Prepared for LaidOut {
    fn circuit(&self) -> &Circuit {
        self.0.circuit()
    }

    fn layout(&self) -> &Layout {
        self.0.layout()
    }

    fn size(&self) -> CircuitSize {
        size(self.0.circuit(), self.0.layout(), self.0.shape())
    }

    fn assign(&self, registers: &Registers, _: Origin<'_>) -> Result<Grid> {
        Ok(self.0.assign(registers))
    }

    fn check(&self, grid: &Grid, origin: Origin<'_>) -> Result<Checked> {
        let report = zkc_halo2::mock(&self.0, grid).map_err(|error| convert(error, origin))?;
        Ok(Checked {
            failures: report.failures.iter().map(ToString::to_string).collect(),
            total: report.total,
            cost: report.cost,
        })
    }

    fn make_keys(&self, _: &CommitOptions, origin: Origin<'_>, ui: &dyn Ui) -> Result<ReadyKey> {
        let loaded = load_or_make(self.0.shape().k, ui)?;
        ui.step("making keys");
        let key = zkc_halo2::ProvingKey::generate(&self.0, &loaded.params)
            .map_err(|error| convert(error, origin))?;
        Ok(ready(key, loaded))
    }
}

fn ready(key: zkc_halo2::ProvingKey, loaded: Loaded<Params>) -> ReadyKey {
    ReadyKey {
        params: loaded.used,
        key_cost: key.keygen_cost(),
        key: Box::new(Ready {
            key,
            params: loaded.params,
        }),
    }
}

struct Ready {
    key: zkc_halo2::ProvingKey,
    params: Params,
}

impl Ready {
    fn write_files(&self, pk: &Path, vk: &Path) -> Result<(u64, u64)> {
        let failed = |error| convert(error, Origin::Compiled);
        let pk_bytes = self.key.write(pk).map_err(failed)?;
        Ok((
            pk_bytes,
            self.key.verifying_key().write(vk).map_err(failed)?,
        ))
    }
}

impl ProvingKey for Ready {
    fn system(&self) -> ProofSystem {
        system()
    }

    fn digests(&self) -> Digests {
        self.key.digests()
    }

    fn write(&self, pk: &Path, vk: &Path) -> Result<(u64, u64)> {
        let _writing = Writing::begin();
        self.write_files(pk, vk)
    }

    /// The files are written to a temporary folder to know their lengths.
    fn file_sizes(&self) -> Result<(u64, u64)> {
        // The folder is gone before a signal ends the process.
        let _writing = Writing::begin();
        let folder = tempfile::tempdir()
            .map_err(|error| Error::io("cannot write to", &std::env::temp_dir(), &error))?;
        self.write_files(&folder.path().join("pk"), &folder.path().join("vk"))
    }

    fn predict(&self) -> Option<Prediction> {
        None
    }

    fn prove<'a>(&self, grid: &Grid, origin: &dyn Fn() -> Origin<'a>) -> Result<Proved> {
        let failed = |error| convert(error, origin());
        let mut rng = system_rng().map_err(failed)?;
        let proved = zkc_halo2::prove(&self.params, &self.key, grid, &mut rng).map_err(failed)?;
        Ok(Proved {
            payload: proved.proof.encode(),
            public: proved.proof.public,
            cost: proved.cost,
        })
    }

    fn verify(&self, payload: &[u8]) -> Result<Verified> {
        let failed = |error| convert(error, Origin::Compiled);
        let proof = Proof::decode(payload).map_err(failed)?;
        let cost =
            zkc_halo2::verify(&self.params, &self.key.verifying_key(), &proof).map_err(failed)?;
        Ok(Verified {
            circuit: proof.circuit,
            public: proof.public,
            params: None,
            key_cost: zkc_halo2::Cost::default(),
            cost,
        })
    }
}

/// A key of either kind, which files describe alike.
struct Stored {
    key: StoredKey,
    prepared: LaidOut,
}

impl Stored {
    fn decode(payload: &[u8], path: &Path) -> Result<Self> {
        let key = StoredKey::decode(payload).map_err(|error| convert(error, Origin::File(path)))?;
        let prepared = LaidOut(key.prepared().clone());
        Ok(Stored { key, prepared })
    }
}

impl StoredProvingKey for Stored {
    fn digests(&self) -> Digests {
        self.key.digests()
    }

    fn prepared(&self) -> &dyn Prepared {
        &self.prepared
    }

    fn ready(self: Box<Self>, srs: Option<&Path>, pk: &Path, ui: &dyn Ui) -> Result<ReadyKey> {
        super::refuse_srs(srs, &system())?;
        let loaded = load_or_make(self.key.prepared().shape().k, ui)?;
        ui.step("making the key again");
        let key = self
            .key
            .proving_key(&loaded.params)
            .map_err(|error| convert(error, Origin::File(pk)))?;
        Ok(ready(key, loaded))
    }
}

impl StoredVerifyingKey for Stored {
    fn system(&self) -> ProofSystem {
        system()
    }

    fn verify(&self, proof: ProofFile<'_>, _: bool, ui: &dyn Ui) -> Result<Verified> {
        let ProofFile { payload, path, vk } = proof;
        let proof = Proof::decode(payload).map_err(|error| convert(error, Origin::File(path)))?;
        let rejected = |error: zkc_halo2::Error| convert(error, Origin::File(vk)).in_file(path);
        // What needs no key is checked before one is made.
        self.key
            .check_public(&proof)
            .map_err(|rejection| rejected(rejection.into()))?;
        let loaded = load_or_make(self.key.prepared().shape().k, ui)?;
        ui.step("making the key again");
        let key = self
            .key
            .verifying_key(&loaded.params)
            .map_err(|error| convert(error, Origin::File(vk)))?;
        ui.step("verifying");
        let cost = zkc_halo2::verify(&loaded.params, &key, &proof).map_err(rejected)?;
        Ok(Verified {
            circuit: proof.circuit,
            public: proof.public,
            params: Some(loaded.used),
            key_cost: key.keygen_cost(),
            cost,
        })
    }
}
