//! Proving and verifying keys.
//!
//! `halo2_proofs` cannot store keys. A key file therefore holds the circuit description (with its fixed columns, so
//! public weights can be read from it), the digests below and the versions it was made with; loading it makes the key
//! again and checks the digests. The same description always gives the same key.

use std::fmt;
use std::sync::Arc;

use halo2_proofs::pasta::EqAffine;
use halo2_proofs::plonk::{self, keygen_pk, keygen_vk};

use crate::assign::Synthesis;
use crate::columns::{Prepared, with_current};
use crate::error::Error;
use crate::measure::{Cost, Stopwatch};
use crate::params::Params;
use crate::threads::install;

/// A BLAKE3 hash, shown as its first 16 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digest(pub [u8; 32]);

impl Digest {
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
}

impl ProvingKey {
    /// Makes the proving key of a circuit; the verifying key is part of it.
    pub fn generate(prepared: &Arc<Prepared>, params: &Params) -> Result<ProvingKey, Error> {
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
