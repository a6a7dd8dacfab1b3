//! The public parameters: `2^k` curve points to commit with, made by hashing to the curve, so nobody knows a
//! relation between them and there is no setup to trust.
//!
//! Making them takes `2^k (0.09 + 0.07 k)` ms of one processor (k = 13: 8 s), reading them back about 13 µs per
//! row (k = 13: 0.1 s), so [`ParamsCache`](crate::ParamsCache) keeps them on disk.

use std::io;

use halo2_proofs::pasta::EqAffine;
use halo2_proofs::poly::commitment;
use zkc_backend::{CacheableParams, Error, check_params_k};

use crate::system::{FLAVOUR, install};

/// BLAKE3 of the parameters as `halo2_proofs` writes them, by `k`.
const KNOWN_DIGESTS: [(u32, &str); 14] = [
    (
        4,
        "6cd834276864469092ef57195efc1dd5ce88adaa5133db53b952b40487d41744",
    ),
    (
        5,
        "f85a521ed172e51f3470953ac3fd79d6c98975965a243fe6c15995bf4383fe27",
    ),
    (
        6,
        "28cf263eafc9d63aa21b4507293605dd336223b9cc9e909c4d2dfda7d0b5d3a3",
    ),
    (
        7,
        "6a7989f183f0a63d29515bfe622311513a998fcc82ff10eb750112f827f4db27",
    ),
    (
        8,
        "48736798f29e5119cc1a1b938b752eb9af46d952e147d5e59fd9e8ff30bd37b4",
    ),
    (
        9,
        "4978bdbb39b45dc1e3106a4f9274af5757a4809269383e5533c1fe8cf055ad7f",
    ),
    (
        10,
        "2de4cf220fdf8f6ae21aee51685c11c9d211dd474f7ae15595a8084f854d0603",
    ),
    (
        11,
        "46d2cc8da807c681ba7301f789a7a388bf9f2ea74e37f1bd1defbb6b82c4d25e",
    ),
    (
        12,
        "657e0b22474bfe35b547cbaa17f19afad7bbaf3461bb214cd4739bfc1e42ff15",
    ),
    (
        13,
        "2c7eb351c10632d63279fb2342ac3a547bc93a9b4835a8027f5cb7ca5d09b890",
    ),
    (
        14,
        "f81c051458c5751ffed06b3d9295f62b1254db75632574b242265ab0c0f84869",
    ),
    (
        15,
        "4011c4b95d21a0a3dbe2492b667f496a12bfd6e288fc733e712287abd977ba8d",
    ),
    (
        16,
        "c5710a9cf4a80cbdd8369a6e63844ecda8d62d70dc7234ee5fd3be73cdc2f6a4",
    ),
    (
        17,
        "73cbfcbb343b69b67959cc5ad683865f2e1a96b981f8b7405fd8cf1c3c4ca475",
    ),
];

/// Public parameters for circuits of `2^k` rows.
#[derive(Clone, Debug)]
pub struct Params {
    pub(crate) inner: commitment::Params<EqAffine>,
}

impl Params {
    /// Makes the parameters, without a cache.
    pub fn try_new(k: u32) -> Result<Params, Error> {
        FLAVOUR.check_k(k)?;
        let inner = install(|| commitment::Params::new(k))?;
        Ok(Params { inner })
    }

    /// Base-2 logarithm of the number of rows.
    pub fn k(&self) -> u32 {
        self.inner.k()
    }

    /// Refuses to be used with a circuit of `2^k` rows unless made for that.
    pub(crate) fn check_k(&self, k: u32) -> Result<(), Error> {
        check_params_k(k, self.k())
    }
}

impl CacheableParams for Params {
    const MAGIC: &'static [u8; 16] = b"zkc params v1\n\0\0";
    const FILE_STEM: &'static str = "halo2-vesta";
    const KNOWN_DIGESTS: &'static [(u32, &'static str)] = &KNOWN_DIGESTS;

    fn check(k: u32) -> Result<(), Error> {
        FLAVOUR.check_k(k)
    }

    fn make(k: u32) -> Result<Params, Error> {
        Params::try_new(k)
    }

    fn k(&self) -> u32 {
        self.k()
    }

    fn write_body(&self, body: &mut Vec<u8>) -> io::Result<()> {
        self.inner.write(body)
    }

    fn read_body(mut body: &[u8]) -> io::Result<Params> {
        let inner = commitment::Params::read(&mut body)?;
        Ok(Params { inner })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    zkc_backend_testing::params_suite!(Params);

    #[test]
    fn extreme_k_is_refused() {
        for k in zkc_backend_testing::EXTREME_K {
            let error = Params::try_new(k).unwrap_err();
            assert!(matches!(error, Error::Limit { .. }), "{error}");
        }
    }
}
