//! Whom a verifier has to trust, and how an insecure setup is recognised.
//!
//! KZG's parameters are `[s^i] G1` and `[s] G2` for a secret `s` that somebody must have forgotten: who knows `s` can
//! prove anything. All that verifying uses of them is `[s] G2`, so a verifying key holds that point and nothing else, and
//! the [digest](Setup::digest) of a setup is the digest of that point. It is the same for every number of rows, and no
//! key can claim a digest other than that of the setup which its proofs are checked against.
//!
//! [`Params::insecure`](crate::Params::insecure) makes parameters for tests from a secret that this file derives from a
//! published sentence. It is the only secret that zkc ever makes parameters from, so there is exactly one insecure setup,
//! and every verifier knows its `[s] G2`: whether a key is insecure is computed from the point that the pairing uses, never
//! read from a flag.
//!
//! What a dishonest maker of a key can still do: choose a secret of his own and keep it. Such a setup looks like any
//! other. Nothing in it gives it away, so a verifier has to compare the digest of the setup with that of a ceremony he
//! trusts, or use IPA, whose generators are hashes that everybody can make again.

use std::fmt;
use std::sync::OnceLock;

use halo2_axiom::halo2curves::bn256::{Fr, G2, G2Affine};
use halo2_axiom::halo2curves::ff::Field;
use halo2_axiom::halo2curves::group::cofactor::CofactorGroup;
use halo2_axiom::halo2curves::group::{Curve, Group};
use halo2_axiom::halo2curves::serde::SerdeObject;
use rand_core_06::{Error as RngError, RngCore};
use zkc_backend::Digest;

/// What the insecure secret is derived from. Changing it makes another insecure setup, which older verifiers do not know.
const INSECURE: &[u8] = b"zkc: the secret of this setup is published, everybody can forge proofs";

/// Separates digests of setups from those of anything else.
const CONTEXT: &str = "zkc 2026 KZG setup on BN254";

/// Bytes of `[s] G2`: two coordinates of two field elements each.
pub(crate) const SETUP_BYTES: usize = 128;

/// Whom the maker and the users of a key have to trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setup {
    /// Nobody: the generators are hashes.
    Transparent,
    /// The secret is published: everybody can forge proofs. For tests.
    Insecure,
    /// Those who made the parameters with this [digest](Setup::digest).
    Ceremony(Digest),
}

impl Setup {
    /// What identifies the setup of KZG: the digest of the point `[s] G2`. `None` where there is no setup.
    pub fn digest(&self) -> Option<Digest> {
        match self {
            Setup::Transparent => None,
            Setup::Insecure => Some(KzgSetup::insecure().digest()),
            Setup::Ceremony(digest) => Some(*digest),
        }
    }
}

impl fmt::Display for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Setup::Transparent => f.write_str("no setup"),
            Setup::Insecure => f.write_str("the insecure setup for tests"),
            Setup::Ceremony(digest) => write!(f, "setup {digest}"),
        }
    }
}

/// The part of KZG's parameters that proofs are checked against: `[s] G2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KzgSetup {
    point: G2Affine,
}

impl KzgSetup {
    /// Takes `[s] G2`; `None` unless it is a point of the group other than 0.
    pub(crate) fn try_new(point: G2Affine) -> Option<KzgSetup> {
        let curve = G2::from(point);
        let good = !bool::from(curve.is_identity()) && bool::from(curve.is_torsion_free());
        good.then_some(KzgSetup { point })
    }

    /// Reads the point. It has one encoding, in the Montgomery form in which `halo2-axiom` computes; its reader of
    /// compressed points of the second group panics on some bytes.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<KzgSetup> {
        G2Affine::from_raw_bytes(bytes).and_then(KzgSetup::try_new)
    }

    /// The point's coordinates.
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        self.point.to_raw_bytes()
    }

    pub(crate) fn point(self) -> G2Affine {
        self.point
    }

    /// The setup whose secret everybody can compute.
    pub(crate) fn insecure() -> KzgSetup {
        static POINT: OnceLock<G2Affine> = OnceLock::new();
        let point = *POINT.get_or_init(|| {
            let secret = Fr::random(insecure_rng());
            (G2Affine::generator() * secret).to_affine()
        });
        KzgSetup { point }
    }

    pub(crate) fn digest(self) -> Digest {
        let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
        hasher.update(&self.to_bytes());
        Digest(*hasher.finalize().as_bytes())
    }

    pub(crate) fn setup(self) -> Setup {
        if self == KzgSetup::insecure() {
            Setup::Insecure
        } else {
            Setup::Ceremony(self.digest())
        }
    }
}

/// The numbers from which `halo2-axiom` draws the insecure secret, always the same ones.
pub(crate) fn insecure_rng() -> impl RngCore {
    PublishedNumbers(blake3::Hasher::new().update(INSECURE).finalize_xof())
}

struct PublishedNumbers(blake3::OutputReader);

impl RngCore for PublishedNumbers {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), RngError> {
        self.0.fill(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use halo2_axiom::halo2curves::group::GroupEncoding;

    use super::*;

    #[test]
    fn the_insecure_setup_is_known() {
        // Every verifier must recognise what every older version made.
        let digest = Setup::Insecure.digest().unwrap();
        assert_eq!(
            digest.to_hex(),
            "97cd339a73c394d3395dd3693804da975240aef381f128fc32dd8147bc92581e"
        );
        assert_eq!(KzgSetup::insecure().setup(), Setup::Insecure);
        assert_eq!(Setup::Insecure.to_string(), "the insecure setup for tests");
    }

    #[test]
    fn another_secret_is_another_setup() {
        let point = (G2Affine::generator() * Fr::from(5)).to_affine();
        let setup = KzgSetup::try_new(point).unwrap();
        let Setup::Ceremony(digest) = setup.setup() else {
            panic!("not the insecure setup");
        };
        assert_eq!(digest, setup.digest());
        assert_ne!(Some(digest), Setup::Insecure.digest());
        assert_eq!(Setup::Transparent.digest(), None);
    }

    #[test]
    fn points_have_one_encoding() {
        let setup = KzgSetup::insecure();
        let bytes = setup.to_bytes();
        assert_eq!(bytes.len(), SETUP_BYTES);
        assert_eq!(KzgSetup::from_bytes(&bytes), Some(setup));
        for position in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[position] ^= 1 << bit;
                assert_ne!(KzgSetup::from_bytes(&changed), Some(setup));
            }
        }
        assert_eq!(KzgSetup::from_bytes(&bytes[1..]), None);
        assert_eq!(KzgSetup::from_bytes(&[]), None);
        let infinity = G2::identity().to_affine().to_raw_bytes();
        assert_eq!(KzgSetup::from_bytes(&infinity), None);
    }

    #[test]
    fn points_outside_of_the_group_are_refused() {
        // Nearly all points of the curve over the quadratic extension are outside of the subgroup.
        let mut refused = 0;
        for x in 1..=20 {
            let mut encoding = <G2Affine as GroupEncoding>::Repr::default();
            encoding.as_mut()[0] = x;
            let point: Option<G2Affine> = Option::from(G2Affine::from_bytes(&encoding));
            if let Some(point) = point {
                assert_eq!(KzgSetup::from_bytes(&point.to_raw_bytes()), None);
                refused += 1;
            }
        }
        assert!(refused > 0);
    }
}
