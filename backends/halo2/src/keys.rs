//! Proving and verifying keys.
//!
//! `halo2_proofs` cannot store keys. A key file therefore holds the circuit description (with its fixed columns, so
//! public weights can be read from it), the digests below and the versions it was made with; loading it makes the key
//! again and checks the digests. The same description always gives the same key.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use halo2_proofs::pasta::EqAffine;
use halo2_proofs::plonk::{self, keygen_pk, keygen_vk};
use prost::Message;
use zkc_circuit::Circuit;
use zkc_circuit::file::{self, FileKind};

use crate::assign::Synthesis;
use crate::columns::{Prepared, with_current};
use crate::error::Error;
use crate::measure::{Cost, Stopwatch, check_memory};
use crate::params::Params;
use crate::proof::Proof;
use crate::threads::install;
use crate::verify::{Rejection, check_public};

/// Name of this backend in files.
pub(crate) const BACKEND: &str = "halo2";

/// The version of `halo2_proofs` that keys and proofs are made with. Another one may give other keys.
pub const HALO2_PROOFS_VERSION: &str = "0.4.1";

/// What files say of who wrote them.
pub(crate) const PRODUCER: &str = concat!("zkc ", env!("CARGO_PKG_VERSION"));

/// The largest key file that is read, in bytes.
pub const MAX_KEY_FILE_BYTES: u64 = 1 << 34;

/// A BLAKE3 hash, shown as its first 16 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Digest> {
        bytes.try_into().ok().map(Digest)
    }

    /// All 64 hexadecimal digits.
    pub fn to_hex(&self) -> String {
        blake3::Hash::from(self.0).to_hex().to_string()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex()[..16])
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digests {
    /// Of the encoded circuit description.
    pub circuit: Digest,
    /// Of the text of halo2's pinned verifying key: field, domain, constraint system and commitments.
    pub key: Digest,
}

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
        write(path, FileKind::VerifyingKey, &self.prepared, self.digests)
    }
}

impl ProvingKey {
    /// Makes the proving key of a circuit; the verifying key is part of it.
    pub fn generate(prepared: &Arc<Prepared>, params: &Params) -> Result<ProvingKey, Error> {
        check_memory(prepared.shape().memory_bytes())?;
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
        write(path, FileKind::ProvingKey, &self.prepared, self.digests)
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
        let contents =
            file::read(path, kind, MAX_KEY_FILE_BYTES).map_err(|e| Error::File(e.to_string()))?;
        StoredKey::decode(&contents.payload)
    }

    /// Reads the payload of a key file, and checks and lays out the circuit in it.
    pub fn decode(payload: &[u8]) -> Result<StoredKey, Error> {
        let damaged = |what: &str| Error::File(format!("the key file is not valid: {what}"));
        let message = KeyMessage::decode(payload).map_err(|e| damaged(&e.to_string()))?;
        check_backend("key", &message.backend)?;
        let digest = |bytes: &[u8]| {
            Digest::from_slice(bytes).ok_or_else(|| damaged("a digest must have 32 bytes"))
        };
        let digests = Digests {
            circuit: digest(&message.circuit_digest)?,
            key: digest(&message.key_digest)?,
        };
        let circuit = Circuit::decode(&message.circuit).map_err(|e| damaged(&e.to_string()))?;
        let prepared = Prepared::try_new(circuit)?;
        if prepared.digest != digests.circuit {
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
        check_public(&self.prepared, self.digests, proof).map(|_| ())
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
        backend: BACKEND.into(),
        halo2_proofs: HALO2_PROOFS_VERSION.into(),
        circuit_digest: digests.circuit.0.to_vec(),
        key_digest: digests.key.0.to_vec(),
        circuit: prepared.circuit.encode(),
    };
    message.encode_to_vec()
}

fn write(path: &Path, kind: FileKind, prepared: &Prepared, digests: Digests) -> Result<u64, Error> {
    let bytes = file::to_bytes(kind, PRODUCER, &encode(prepared, digests))
        .map_err(|e| Error::File(e.to_string()))?;
    file::replace_atomically(path, &[&bytes]).map_err(|e| Error::File(e.to_string()))?;
    Ok(bytes.len() as u64)
}

pub(crate) fn check_backend(what: &str, backend: &str) -> Result<(), Error> {
    if backend == BACKEND {
        Ok(())
    } else {
        Err(Error::File(format!(
            "the {what} is for backend `{backend}`, this is backend `{BACKEND}`"
        )))
    }
}

fn backend(source: plonk::Error) -> Error {
    Error::Backend {
        doing: "making keys",
        source,
    }
}

fn digests(prepared: &Prepared, key: &plonk::VerifyingKey<EqAffine>) -> Digests {
    let mut hasher = Hasher(blake3::Hasher::new());
    fmt::Write::write_fmt(&mut hasher, format_args!("{:?}", key.pinned()))
        .expect("a hasher takes any text");
    Digests {
        circuit: prepared.digest,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stated_version_is_the_one_in_use() {
        let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock");
        let lock = std::fs::read_to_string(lock).unwrap();
        let entry = format!("name = \"halo2_proofs\"\nversion = \"{HALO2_PROOFS_VERSION}\"");
        assert!(lock.contains(&entry));
    }

    #[test]
    fn digests_are_shown_short() {
        let digest = Digest([0xab; 32]);
        assert_eq!(digest.to_string(), "abababababababab");
        assert_eq!(digest.to_hex(), "ab".repeat(32));
        assert_eq!(Digest::from_slice(&[0; 31]), None);
    }
}
