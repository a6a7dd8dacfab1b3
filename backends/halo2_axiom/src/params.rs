//! The public parameters: `2^k` points of BN254 to commit with.
//!
//! For IPA they are made by hashing to the curve, so nobody knows a relation between them and there is no setup to
//! trust. Making them takes `2^k (0.17 + 0.1 k)` ms of one processor (k = 13: 12 s), so
//! [`ParamsCache`](crate::ParamsCache) keeps them on disk.
//!
//! KZG's parameters come from files that `srs.rs` describes.

use std::io;
use std::sync::OnceLock;

use halo2_axiom::poly::commitment::{Params as _, ParamsProver as _};
use zkc_backend::{CacheableParams, Commitment, Error, check_params_k, params_memory_bytes};

use crate::commitment::{IpaParams, KzgParams};
use crate::prover::Bases;
use crate::setup::{KzgSetup, Setup, insecure_rng};
use crate::system::{FLAVOUR, install};

/// BLAKE3 of the generators of IPA as `halo2-axiom` writes them, by `k`.
const KNOWN_DIGESTS: [(u32, &str); 12] = [
    (
        4,
        "84c75f74ff9a7b807f5634c20315f28b960d7222ca3b776776cc5f876a22d15c",
    ),
    (
        5,
        "e184fc07f8b71dc3a0e52a07a19decfc63d88d284418cba959cec9eb433a2228",
    ),
    (
        6,
        "5db74dad5bef20b963634c211f9717a9d3ebd47f1d391ba2d78f5056acd2380c",
    ),
    (
        7,
        "04de3ffb122406e0ab329965b6ad263c4a2d5a3a435c63769c886b056cc11980",
    ),
    (
        8,
        "1b5ade7b11ee00d0a6a2da6128bcb4c339da878f4775c9e7a9fdd03d24963d93",
    ),
    (
        9,
        "6e4c64af45284508389e0b5f42961f93f8476b1c96d7db39a285eb9dd9a3a3ee",
    ),
    (
        10,
        "2d0489d9855a2796f0515926573c26aa109cd5214b691283ca861d4b86a81da7",
    ),
    (
        11,
        "3ba6ca78224fc3b95d333ac3f7c72bdced8603c5ebd826313e0cce13ffc12578",
    ),
    (
        12,
        "bdb39162a37bffb342e67f9d417f3fa33f5ee4cc41acf67bc6b93d83a679c797",
    ),
    (
        13,
        "3010367b9bc20a65728271acf0b0978380338efaff1dfb49265e5adc8de776a5",
    ),
    (
        14,
        "469878cf40229b648bb189b47700aee2454332c554a7980056165faacb931131",
    ),
    (
        15,
        "689fb97f957b57f97e3caf733d064211c4ec673e7e537c5f24708ed8a782a548",
    ),
];

/// Public parameters for circuits of `2^k` rows.
#[derive(Clone, Debug)]
pub struct Params {
    pub(crate) inner: Inner,
    /// The points in `inner`, once a proof has needed them.
    bases: OnceLock<Bases>,
}

#[derive(Clone, Debug)]
pub(crate) enum Inner {
    Kzg(KzgParams),
    Ipa(IpaParams),
}

impl From<Inner> for Params {
    fn from(inner: Inner) -> Params {
        Params {
            inner,
            bases: OnceLock::new(),
        }
    }
}

impl Params {
    /// Makes the generators of IPA, without a cache.
    pub fn ipa(k: u32) -> Result<Params, Error> {
        check(k)?;
        let inner = install(|| IpaParams::new(k))?;
        Ok(Inner::Ipa(inner).into())
    }

    /// Makes parameters of KZG whose secret everybody can compute: for tests and measurements only.
    ///
    /// They are the same every time. Keys made with them are [`Setup::Insecure`], which
    /// [`verify`](crate::verify) refuses unless told otherwise.
    pub fn insecure(k: u32) -> Result<Params, Error> {
        check(k)?;
        let inner = install(|| KzgParams::setup(k, insecure_rng()))?;
        Ok(Inner::Kzg(inner).into())
    }

    /// What they are for.
    pub fn commitment(&self) -> Commitment {
        match self.inner {
            Inner::Kzg(_) => Commitment::Kzg,
            Inner::Ipa(_) => Commitment::Ipa,
        }
    }

    /// Base-2 logarithm of the number of rows.
    pub fn k(&self) -> u32 {
        match &self.inner {
            Inner::Kzg(params) => params.k(),
            Inner::Ipa(params) => params.k(),
        }
    }

    /// Whom their users have to trust.
    pub fn setup(&self) -> Setup {
        self.kzg_setup().map_or(Setup::Transparent, KzgSetup::setup)
    }

    /// The points to commit with.
    pub(crate) fn bases(&self) -> Result<&Bases, Error> {
        if let Some(bases) = self.bases.get() {
            return Ok(bases);
        }
        let bases = Bases::of(&self.inner)?;
        Ok(self.bases.get_or_init(|| bases))
    }

    /// What KZG's proofs are checked against.
    pub(crate) fn kzg_setup(&self) -> Option<KzgSetup> {
        match &self.inner {
            Inner::Kzg(params) => Some(
                KzgSetup::try_new(params.s_g2()).expect("parameters are checked when made or read"),
            ),
            Inner::Ipa(_) => None,
        }
    }

    /// Parameters of the same setup for fewer rows: `2^k`.
    ///
    /// Takes about half a second of one processor for 2^10 rows, in proportion to `2^k k`.
    ///
    /// # Errors
    /// [`Error::ParamsK`] if there are fewer rows already.
    pub fn downsize(mut self, k: u32) -> Result<Params, Error> {
        FLAVOUR.check_k(k)?;
        if k > self.k() {
            return Err(Error::ParamsK {
                circuit: k,
                params: self.k(),
            });
        }
        if k < self.k() {
            self.bases = OnceLock::new();
            install(|| match &mut self.inner {
                Inner::Kzg(params) => params.downsize(k),
                Inner::Ipa(params) => params.downsize(k),
            })?;
        }
        Ok(self)
    }

    /// Refuses to be used with a circuit of `2^k` rows unless made for that.
    pub(crate) fn check_k(&self, k: u32) -> Result<(), Error> {
        check_params_k(k, self.k())
    }
}

/// Refuses a `k` for which there can be no parameters in this program or on this machine.
fn check(k: u32) -> Result<(), Error> {
    FLAVOUR.check_k(k)?;
    FLAVOUR.check_memory(params_memory_bytes(k))
}

/// The generators of IPA; parameters of KZG are not cached.
impl CacheableParams for Params {
    const MAGIC: &'static [u8; 16] = b"zkc ipa v1\n\0\0\0\0\0";
    const FILE_STEM: &'static str = "halo2-axiom-ipa";
    const KNOWN_DIGESTS: &'static [(u32, &'static str)] = &KNOWN_DIGESTS;

    fn check(k: u32) -> Result<(), Error> {
        check(k)
    }

    fn make(k: u32) -> Result<Params, Error> {
        Params::ipa(k)
    }

    fn k(&self) -> u32 {
        self.k()
    }

    fn write_body(&self, body: &mut Vec<u8>) -> io::Result<()> {
        match &self.inner {
            Inner::Ipa(params) => params.write(body),
            Inner::Kzg(_) => Err(io::Error::from(io::ErrorKind::Unsupported)),
        }
    }

    fn read_body(mut body: &[u8]) -> io::Result<Params> {
        // `read` allocates by `k`, which is the one asked for, and decompresses points, which checks them.
        let inner = IpaParams::read(&mut body)?;
        Ok(Inner::Ipa(inner).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    zkc_backend_testing::params_suite!(Params);

    fn body(params: &Params) -> Vec<u8> {
        let mut body = vec![];
        params.write_body(&mut body).unwrap();
        body
    }

    #[test]
    fn generators_need_no_setup() {
        assert_eq!(Params::ipa(4).unwrap().setup(), Setup::Transparent);
    }

    #[test]
    fn extreme_k_is_refused() {
        for k in zkc_backend_testing::EXTREME_K {
            for error in [Params::ipa(k), Params::insecure(k)].map(Result::unwrap_err) {
                assert!(matches!(error, Error::Limit { .. }), "{error}");
            }
        }
    }

    #[test]
    fn fewer_rows_of_the_same_setup() {
        let small = Params::ipa(6).unwrap().downsize(4).unwrap();
        assert_eq!(body(&small), body(&Params::ipa(4).unwrap()));
        let error = small.downsize(5).unwrap_err();
        assert!(matches!(error, Error::ParamsK { .. }), "{error}");
    }
}
