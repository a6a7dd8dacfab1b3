//! Proving and verifying keys.
//!
//! `halo2_proofs` cannot store keys. A key file therefore holds the circuit description (with its fixed columns, so
//! public weights can be read from it), the digests below and the versions it was made with; loading it makes the key
//! again and checks the digests. The same description always gives the same key.
//!
//! The digest of a key is that of the text of halo2's pinned verifying key: field, domain, constraint system and
//! commitments.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use halo2_proofs::pasta::EqAffine;
use halo2_proofs::plonk::{self, keygen_pk, keygen_vk};
use prost::Message;
use zkc_backend::{Cost, Digest, Digests, Error, Rejection, Stopwatch, key_file};
use zkc_circuit::Circuit;
use zkc_circuit::file::FileKind;

use crate::Proof;
use crate::assign::Synthesis;
use crate::columns::{Prepared, with_current};
use crate::params::Params;
use crate::system::{FLAVOUR, install};

/// The largest key file that is read, in bytes.
pub const MAX_KEY_FILE_BYTES: u64 = 1 << 34;

/// What checks proofs of one circuit.
#[derive(Clone, Debug)]
pub struct VerifyingKey {
    pub(crate) prepared: Arc<Prepared>,
    pub(crate) inner: plonk::VerifyingKey<EqAffine>,
    digests: Digests,
    keygen_cost: Cost,
}

/// What makes proofs of one circuit.
#[derive(Clone, Debug)]
pub struct ProvingKey {
    pub(crate) prepared: Arc<Prepared>,
    pub(crate) inner: plonk::ProvingKey<EqAffine>,
    digests: Digests,
    keygen_cost: Cost,
}

impl VerifyingKey {
    /// Makes the verifying key of a circuit.
    pub fn generate(prepared: &Arc<Prepared>, params: &Params) -> Result<VerifyingKey, Error> {
        params.check_k(prepared.shape().k)?;
        let watch = Stopwatch::start();
        let make = || with_current(prepared, || keygen_vk(&params.inner, &Synthesis::Keys));
        let inner = install(make)?.map_err(backend)?;
        Ok(VerifyingKey {
            digests: digests(prepared, &inner),
            prepared: prepared.clone(),
            inner,
            keygen_cost: watch.cost(),
        })
    }

    /// The circuit.
    pub fn prepared(&self) -> &Arc<Prepared> {
        &self.prepared
    }

    /// What identifies the key.
    pub fn digests(&self) -> Digests {
        self.digests
    }

    /// What making the key cost.
    pub fn keygen_cost(&self) -> Cost {
        self.keygen_cost
    }

    /// Writes a verifying key file, all or nothing. Returns its length in bytes.
    pub fn write(&self, path: &Path) -> Result<u64, Error> {
        let payload = encode(&self.prepared, self.digests);
        key_file::write(path, FileKind::VerifyingKey, &payload)
    }
}

impl ProvingKey {
    /// Makes the proving key of a circuit; the verifying key is part of it.
    pub fn generate(prepared: &Arc<Prepared>, params: &Params) -> Result<ProvingKey, Error> {
        FLAVOUR.check_memory(prepared.shape().memory_bytes())?;
        let key = VerifyingKey::generate(prepared, params)?;
        let watch = Stopwatch::start();
        let vk = key.inner;
        let make = || with_current(prepared, || keygen_pk(&params.inner, vk, &Synthesis::Keys));
        let inner = install(make)?.map_err(backend)?;
        Ok(ProvingKey {
            prepared: key.prepared,
            inner,
            digests: key.digests,
            keygen_cost: key.keygen_cost + watch.cost(),
        })
    }

    /// The verifying key.
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey {
            prepared: self.prepared.clone(),
            inner: self.inner.get_vk().clone(),
            digests: self.digests,
            keygen_cost: self.keygen_cost,
        }
    }

    /// The circuit.
    pub fn prepared(&self) -> &Arc<Prepared> {
        &self.prepared
    }

    /// What identifies the key.
    pub fn digests(&self) -> Digests {
        self.digests
    }

    /// What making the key cost, the verifying key included.
    pub fn keygen_cost(&self) -> Cost {
        self.keygen_cost
    }

    /// Writes a proving key file, all or nothing. Returns its length in bytes.
    pub fn write(&self, path: &Path) -> Result<u64, Error> {
        let payload = encode(&self.prepared, self.digests);
        key_file::write(path, FileKind::ProvingKey, &payload)
    }
}

/// A key as files hold it: to be made again before use.
#[derive(Clone, Debug)]
pub struct StoredKey {
    prepared: Arc<Prepared>,
    digests: Digests,
    halo2_proofs: String,
}

impl StoredKey {
    /// Reads a proving key file.
    pub fn read_proving(path: &Path) -> Result<StoredKey, Error> {
        StoredKey::read(path, FileKind::ProvingKey)
    }

    /// Reads a verifying key file.
    pub fn read_verifying(path: &Path) -> Result<StoredKey, Error> {
        StoredKey::read(path, FileKind::VerifyingKey)
    }

    fn read(path: &Path, kind: FileKind) -> Result<StoredKey, Error> {
        StoredKey::decode(&key_file::read(path, kind, MAX_KEY_FILE_BYTES)?)
    }

    /// Reads the payload of a key file, and checks and lays out the circuit in it.
    pub fn decode(payload: &[u8]) -> Result<StoredKey, Error> {
        let damaged = key_file::damaged;
        let message = KeyMessage::decode(payload).map_err(|e| damaged(&e.to_string()))?;
        FLAVOUR.check_backend("key", &message.backend)?;
        let digests = Digests {
            circuit: key_file::digest(&message.circuit_digest)?,
            key: key_file::digest(&message.key_digest)?,
        };
        let circuit = Circuit::decode(&message.circuit).map_err(|e| damaged(&e.to_string()))?;
        let prepared = Prepared::try_new(circuit)?;
        if prepared.digest() != digests.circuit {
            return Err(damaged("the circuit's digest is not that of the circuit"));
        }
        Ok(StoredKey {
            prepared,
            digests,
            halo2_proofs: message.halo2_proofs,
        })
    }

    /// The circuit.
    pub fn prepared(&self) -> &Arc<Prepared> {
        &self.prepared
    }

    /// What identifies the key.
    pub fn digests(&self) -> Digests {
        self.digests
    }

    /// Checks what can be checked of a proof before the key is made: that it is for this key, and that its public tensors
    /// are those of the circuit with values in their ranges.
    pub fn check_public(&self, proof: &Proof) -> Result<(), Rejection> {
        proof
            .check_public(self.digests, (), &self.prepared.public)
            .map(|_| ())
    }

    /// Makes the proving key again.
    ///
    /// # Errors
    /// [`Error::KeyDigest`] if it is not the key that was stored.
    pub fn proving_key(&self, params: &Params) -> Result<ProvingKey, Error> {
        let key = ProvingKey::generate(&self.prepared, params)?;
        self.check(key.digests)?;
        Ok(key)
    }

    /// Makes the verifying key again.
    ///
    /// # Errors
    /// [`Error::KeyDigest`] if it is not the key that was stored.
    pub fn verifying_key(&self, params: &Params) -> Result<VerifyingKey, Error> {
        let key = VerifyingKey::generate(&self.prepared, params)?;
        self.check(key.digests)?;
        Ok(key)
    }

    fn check(&self, made: Digests) -> Result<(), Error> {
        if made == self.digests {
            return Ok(());
        }
        Err(Error::KeyDigest {
            stored: self.digests.key,
            made: made.key,
            stored_version: self.halo2_proofs.clone(),
            flavour: &FLAVOUR,
        })
    }
}

#[derive(Clone, PartialEq, Message)]
struct KeyMessage {
    #[prost(string, tag = "1")]
    backend: String,
    #[prost(string, tag = "2")]
    halo2_proofs: String,
    #[prost(bytes = "vec", tag = "3")]
    circuit_digest: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    key_digest: Vec<u8>,
    /// The encoded description.
    #[prost(bytes = "vec", tag = "5")]
    circuit: Vec<u8>,
}

fn encode(prepared: &Prepared, digests: Digests) -> Vec<u8> {
    let message = KeyMessage {
        backend: FLAVOUR.name.into(),
        halo2_proofs: FLAVOUR.version.into(),
        circuit_digest: digests.circuit.0.to_vec(),
        key_digest: digests.key.0.to_vec(),
        circuit: prepared.circuit().encode(),
    };
    message.encode_to_vec()
}

fn backend(source: plonk::Error) -> Error {
    FLAVOUR.failed("making keys", source)
}

fn digests(prepared: &Prepared, key: &plonk::VerifyingKey<EqAffine>) -> Digests {
    let mut hasher = Hasher(blake3::Hasher::new());
    fmt::Write::write_fmt(&mut hasher, format_args!("{:?}", key.pinned()))
        .expect("a hasher takes any text");
    Digests {
        circuit: prepared.digest(),
        key: Digest(*hasher.0.finalize().as_bytes()),
    }
}

/// Hashes text as it is written.
struct Hasher(blake3::Hasher);

impl fmt::Write for Hasher {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}
