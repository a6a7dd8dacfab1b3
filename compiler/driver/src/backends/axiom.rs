//! Backend `halo2-axiom`: KZG or IPA on BN254, with challenges and stored keys.

use std::path::Path;
use std::sync::Arc;

use zkc_circuit::file::{self, FileKind};
use zkc_circuit::{Checker, Circuit, Grid, Layout, Registers};
use zkc_halo2_axiom::{
    Digests, InsecureSetup, Params, Prediction, Proof, Setup, Stopwatch, system_rng,
};
use zkc_support::Writing;

use super::kzg::Loader;
use super::shared::{Loaded, convert, load_or_make};
use super::{
    Checked, Cost, Origin, Prepared, ProofFile, Proved, ProvingKey, ReadyKey, StoredProvingKey,
    StoredVerifyingKey, Verified, size,
};
use crate::error::{Error, Result};
use crate::model::{PRODUCER, file_error};
use crate::options::{Backend, CommitOptions, Commitment};
use crate::report::{CircuitSize, ProofSystem};
use crate::ui::Ui;

/// The most constraints that are said not to hold.
const MAX_REPORTED: usize = 10;

pub(super) fn prepare(circuit: Circuit, origin: Origin<'_>) -> Result<Box<dyn Prepared>> {
    let prepared =
        zkc_halo2_axiom::Prepared::try_new(circuit).map_err(|error| convert(error, origin))?;
    Ok(Box::new(LaidOut(prepared)))
}

pub(super) fn read_proving_key(payload: &[u8], path: &Path) -> Result<Box<dyn StoredProvingKey>> {
    let key = zkc_halo2_axiom::ProvingKey::decode(payload)
        .map_err(|error| convert(error, Origin::File(path)))?;
    let prepared = LaidOut(key.prepared().clone());
    Ok(Box::new(Proving { key, prepared }))
}

pub(super) fn read_verifying_key(
    payload: &[u8],
    path: &Path,
) -> Result<Box<dyn StoredVerifyingKey>> {
    let watch = Stopwatch::start();
    let key = zkc_halo2_axiom::VerifyingKey::decode(payload)
        .map_err(|error| convert(error, Origin::File(path)))?;
    let read_cost = watch.cost();
    Ok(Box::new(Verifying { key, read_cost }))
}

fn system(commitment: Commitment, setup: &Setup) -> ProofSystem {
    let system = ProofSystem::transparent(Backend::Halo2Axiom, commitment);
    ProofSystem {
        insecure_setup: setup.digest().map(|_| *setup == Setup::Insecure),
        setup_digest: setup.digest().map(|digest| digest.to_hex()),
        ..system
    }
}

#[derive(Debug)]
struct LaidOut(Arc<zkc_halo2_axiom::Prepared>);

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

    fn assign(&self, registers: &Registers, origin: Origin<'_>) -> Result<Grid> {
        self.0
            .assign(registers)
            .map_err(|error| convert(error, origin))
    }

    /// `halo2-axiom` has no second phase in its mock prover, so the circuit's own checker does this, with challenges
    /// drawn by hash.
    fn check(&self, grid: &Grid, origin: Origin<'_>) -> Result<Checked> {
        if !self.0.layout().fits(grid) {
            return Err(origin.broken("the values were laid out for another circuit"));
        }
        let watch = Stopwatch::start();
        let violations = Checker::new(self.0.circuit(), self.0.layout()).check(grid);
        let failures = violations.iter().take(MAX_REPORTED);
        Ok(Checked {
            failures: failures.map(ToString::to_string).collect(),
            total: violations.len(),
            cost: watch.cost(),
        })
    }

    fn make_keys(
        &self,
        options: &CommitOptions,
        origin: Origin<'_>,
        ui: &dyn Ui,
    ) -> Result<ReadyKey> {
        let k = self.0.shape().k;
        let loaded = match options.commitment(Backend::Halo2Axiom)? {
            Commitment::Ipa => load_or_make(k, ui)?,
            Commitment::Kzg => Loader::new(k, ui).load(options)?,
        };
        ui.step("making keys");
        let key = zkc_halo2_axiom::ProvingKey::generate(&self.0, &loaded.params)
            .map_err(|error| convert(error, origin))?;
        Ok(ready(key, loaded))
    }
}

fn ready(key: zkc_halo2_axiom::ProvingKey, loaded: Loaded<Params>) -> ReadyKey {
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
    key: zkc_halo2_axiom::ProvingKey,
    params: Params,
}

impl ProvingKey for Ready {
    fn system(&self) -> ProofSystem {
        system(self.key.commitment(), &self.key.setup())
    }

    fn digests(&self) -> Digests {
        self.key.digests()
    }

    fn write(&self, pk: &Path, vk: &Path) -> Result<(u64, u64)> {
        let failed = |error| convert(error, Origin::Compiled);
        let _writing = Writing::begin();
        let pk_bytes = self.key.write(pk).map_err(failed)?;
        Ok((
            pk_bytes,
            self.key.verifying_key().write(vk).map_err(failed)?,
        ))
    }

    fn file_sizes(&self) -> Result<(u64, u64)> {
        let frame = |kind| file::to_bytes(kind, PRODUCER, &[]).map_err(file_error);
        let pk = frame(FileKind::ProvingKey)?.len() + self.key.encode().len();
        let vk = frame(FileKind::VerifyingKey)?.len() + self.key.verifying_key().encode().len();
        Ok((pk as u64, vk as u64))
    }

    fn predict(&self) -> Option<Prediction> {
        self.key.prepared().predict(self.key.commitment())
    }

    fn prove<'a>(&self, grid: &Grid, origin: &dyn Fn() -> Origin<'a>) -> Result<Proved> {
        let failed = |error| convert(error, origin());
        let mut rng = system_rng().map_err(failed)?;
        let proved =
            zkc_halo2_axiom::prove(&self.params, &self.key, grid, &mut rng).map_err(failed)?;
        Ok(Proved {
            payload: proved.proof.encode(),
            public: proved.proof.public,
            cost: proved.cost,
        })
    }

    fn verify(&self, payload: &[u8]) -> Result<Verified> {
        let failed = |error| convert(error, Origin::Compiled);
        let proof = Proof::decode(payload).map_err(failed)?;
        let key = self.key.verifying_key();
        let params = key.needs_params().map(|_| &self.params);
        let cost =
            zkc_halo2_axiom::verify(params, &key, &proof, InsecureSetup::Allow).map_err(failed)?;
        Ok(Verified {
            circuit: proof.circuit,
            public: proof.public,
            params: None,
            key_cost: Cost::default(),
            cost,
        })
    }
}

/// A proving key from a file.
struct Proving {
    key: zkc_halo2_axiom::ProvingKey,
    prepared: LaidOut,
}

impl StoredProvingKey for Proving {
    fn digests(&self) -> Digests {
        self.key.digests()
    }

    fn prepared(&self) -> &dyn Prepared {
        &self.prepared
    }

    fn ready(self: Box<Self>, srs: Option<&Path>, pk: &Path, ui: &dyn Ui) -> Result<ReadyKey> {
        let k = self.key.prepared().shape().k;
        let setup = self.key.setup();
        let loaded = match self.key.commitment() {
            Commitment::Ipa => {
                super::refuse_srs(srs, &system(Commitment::Ipa, &setup))?;
                load_or_make(k, ui)?
            }
            Commitment::Kzg => Loader::new(k, ui).load_again(&setup, srs, pk)?,
        };
        Ok(ready(self.key, loaded))
    }
}

/// A verifying key from a file.
struct Verifying {
    key: zkc_halo2_axiom::VerifyingKey,
    read_cost: Cost,
}

impl StoredVerifyingKey for Verifying {
    fn system(&self) -> ProofSystem {
        system(self.key.commitment(), &self.key.setup())
    }

    fn verify(&self, proof: ProofFile<'_>, insecure_srs: bool, ui: &dyn Ui) -> Result<Verified> {
        use zkc_halo2_axiom::Error as E;
        let ProofFile { payload, path, vk } = proof;
        let proof = Proof::decode(payload).map_err(|error| convert(error, Origin::File(path)))?;
        if proof.commitment != self.key.commitment() {
            return Err(Error::diagnostic(format!(
                "{} is a proof of commitment `{}`, {} is a key of commitment `{}`",
                path.display(),
                proof.commitment,
                vk.display(),
                self.key.commitment()
            ))
            .help(super::OTHER_KEY_HELP));
        }
        let insecure = match insecure_srs {
            true => InsecureSetup::Allow,
            false => InsecureSetup::Refuse,
        };
        let rejected = |error: E| convert(error, Origin::File(vk)).in_file(path);
        ui.step("verifying");
        let mut params = None;
        let cost = match zkc_halo2_axiom::verify(None, &self.key, &proof, insecure) {
            Ok(cost) => cost,
            // All that needs no generators has been checked before they are read or made.
            Err(E::ParamsMissing { k }) => {
                let loaded = load_or_make(k, ui)?;
                params = Some(loaded.used);
                ui.step("verifying");
                zkc_halo2_axiom::verify(Some(&loaded.params), &self.key, &proof, insecure)
                    .map_err(rejected)?
            }
            Err(error) => return Err(rejected(error)),
        };
        Ok(Verified {
            circuit: proof.circuit,
            public: proof.public,
            params,
            key_cost: self.read_cost,
            cost,
        })
    }
}
