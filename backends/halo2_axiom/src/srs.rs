//! Files with the parameters of KZG: a structured reference string.
//!
//! | bytes | content |
//! |---|---|
//! | 16 | `zkc srs v1\n` and zero bytes |
//! | 32 | BLAKE3 of all that follows |
//! | 1 | 1 for the insecure setup, 0 for any other |
//! | 32 | digest of the setup |
//! | 4 | `k`, little-endian |
//! | 64 each | `2^k` points of the monomial basis, `2^k` of the Lagrange basis, two coordinates of 32 bytes each |
//! | 128 each | the generator of the second group, and the secret times it |
//!
//! Points are in the form in which `halo2-axiom` holds them. On reading, every point is checked to be one of the curve,
//! and all of them to be those of one secret (`check.rs`); the first byte and the digest must agree with the points.

mod check;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use halo2_axiom::SerdeFormat;
use halo2_axiom::halo2curves::bn256::{G1Affine, G2Affine};
use halo2_axiom::halo2curves::serde::SerdeObject;
use rayon::prelude::*;
use zkc_backend::{Commitment, Digest, Error, params_memory_bytes};
use zkc_circuit::file::replace_atomically;

use crate::commitment::KzgParams;
use crate::params::{Inner, Params};
use crate::setup::{KzgSetup, Setup};
use crate::system::{FLAVOUR, install};

const MAGIC: &[u8; 16] = b"zkc srs v1\n\0\0\0\0\0";
/// Magic number, checksum, mark of the insecure setup, digest, `k`.
const HEADER_BYTES: usize = 16 + 32 + 1 + 32 + 4;
const G1_BYTES: usize = 64;
const G2_BYTES: usize = 128;

impl Params {
    /// Writes parameters of KZG, all or nothing. Returns the length of the file in bytes, and the digest by which
    /// [`read_srs_unless`](Params::read_srs_unless) knows the file.
    ///
    /// # Errors
    /// The file cannot be written, or these are generators of IPA, which [`ParamsCache`](crate::ParamsCache) keeps.
    pub fn write_srs(&self, path: &Path) -> Result<(u64, Digest), Error> {
        let Inner::Kzg(params) = &self.inner else {
            return Err(Error::OtherCommitment {
                what: "a file of parameters",
                expected: Commitment::Kzg,
                found: self.commitment(),
            });
        };
        let file_error = |e: &dyn std::fmt::Display| {
            Error::File(format!("cannot write {}: {e}", path.display()))
        };
        let setup =
            KzgSetup::try_new(params.s_g2()).expect("parameters are checked when made or read");
        let mut body = Vec::with_capacity(HEADER_BYTES + points_bytes(self.k()) as usize);
        body.push(u8::from(setup.setup() == Setup::Insecure));
        body.extend(setup.digest().0);
        // Starts with `k`.
        params
            .write_custom(&mut body, SerdeFormat::RawBytes)
            .map_err(|e| file_error(&e))?;
        let checksum = blake3::hash(&body);
        let parts: [&[u8]; 3] = [MAGIC, checksum.as_bytes(), &body];
        replace_atomically(path, &parts).map_err(|e| Error::File(e.to_string()))?;
        let bytes = parts.iter().map(|part| part.len() as u64).sum();
        Ok((bytes, Digest(checksum.into())))
    }

    /// Reads parameters of KZG. What they are for is up to their [`setup`](Params::setup).
    ///
    /// # Errors
    /// The file cannot be read, is damaged, has another version, or holds other points than those of its setup.
    pub fn read_srs(path: &Path) -> Result<Params, Error> {
        Self::read_srs_unless(path, |_| false).map(|(params, _)| params)
    }

    /// Reads parameters of KZG like [`read_srs`](Params::read_srs), and returns the digest of the file with them.
    ///
    /// That the points are the powers of one secret is left out for a file that `checked` knows by its digest to have
    /// been read or written before: it takes three sums of `2^k` multiples of points, some three commitments' worth.
    ///
    /// # Errors
    /// Like [`read_srs`](Params::read_srs).
    pub fn read_srs_unless(
        path: &Path,
        checked: impl FnOnce(&Digest) -> bool,
    ) -> Result<(Params, Digest), Error> {
        let shown = path.display();
        let damaged =
            |what: &str| Error::File(format!("{shown} is no good parameter file: {what}"));
        let unreadable = |e: std::io::Error| Error::File(format!("cannot read {shown}: {e}"));
        let mut file = File::open(path).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        let mut header = [0; HEADER_BYTES];
        file.read_exact(&mut header)
            .map_err(|_| damaged("it is too short"))?;
        if !header.starts_with(b"zkc srs ") {
            return Err(damaged("it does not start as one"));
        }
        if header[..16] != *MAGIC {
            return Err(damaged("it was written by another version of zkc"));
        }
        // A fixed-size array has room for this.
        let k = u32::from_le_bytes(header[HEADER_BYTES - 4..].try_into().unwrap_or_default());
        FLAVOUR.check_k(k)?;
        if length != HEADER_BYTES as u64 + points_bytes(k) {
            return Err(damaged("its length is wrong"));
        }
        FLAVOUR.check_memory(2 * params_memory_bytes(k))?;
        let mut points = Vec::with_capacity(points_bytes(k) as usize);
        file.take(points_bytes(k) + 1)
            .read_to_end(&mut points)
            .map_err(unreadable)?;
        if points.len() as u64 != points_bytes(k) {
            return Err(damaged("its length is wrong"));
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update(&header[48..]).update(&points);
        let checksum = hasher.finalize();
        if checksum.as_bytes() != &header[16..48] {
            return Err(damaged("its checksum is wrong"));
        }
        let Points {
            monomial,
            lagrange,
            setup,
        } = install(|| parse(&points))?
            .ok_or_else(|| damaged("it holds bytes that are no points of BN254"))?;
        drop(points);
        let insecure = u8::from(setup.setup() == Setup::Insecure);
        if header[48] != insecure || header[49..81] != setup.digest().0 {
            return Err(damaged(
                "its points are not those of the setup that it names",
            ));
        }
        let digest = Digest(checksum.into());
        if !checked(&digest) {
            install(|| check::check(k, &monomial, &lagrange, setup, &digest))?.map_err(damaged)?;
        }
        let params = from_points(k, monomial, lagrange, setup);
        Ok((Params::from(Inner::Kzg(params)), digest))
    }
}

/// Bytes of all points.
fn points_bytes(k: u32) -> u64 {
    ((2 * G1_BYTES as u64) << k) + 2 * G2_BYTES as u64
}

/// What a file holds, as many points in both bases.
struct Points {
    /// Starts with the generator.
    monomial: Vec<G1Affine>,
    lagrange: Vec<G1Affine>,
    setup: KzgSetup,
}

/// Takes the points of both groups; `None` unless all are such points and the generators are the usual ones.
fn parse(bytes: &[u8]) -> Option<Points> {
    let (first, second) = bytes.split_at_checked(bytes.len().checked_sub(2 * G2_BYTES)?)?;
    let (monomial, lagrange) = first.split_at(first.len() / 2);
    let points = |bytes: &[u8]| -> Option<Vec<G1Affine>> {
        bytes
            .par_chunks_exact(G1_BYTES)
            .map(G1Affine::from_raw_bytes)
            .collect()
    };
    let (monomial, lagrange) = (points(monomial)?, points(lagrange)?);
    let (generator, secret) = second.split_at(G2_BYTES);
    // Verifying keys hold the secret's multiple only, so the generators must be the usual ones.
    if monomial.first() != Some(&G1Affine::generator())
        || G2Affine::from_raw_bytes(generator) != Some(G2Affine::generator())
    {
        return None;
    }
    Some(Points {
        monomial,
        lagrange,
        setup: KzgSetup::try_new(G2Affine::from_raw_bytes(secret)?)?,
    })
}

/// Parameters made of points.
pub(crate) fn from_points(
    k: u32,
    monomial: Vec<G1Affine>,
    lagrange: Vec<G1Affine>,
    setup: KzgSetup,
) -> KzgParams {
    // The crate's constructor is a method that does not look at `self`.
    let any = KzgParams::setup(0, crate::setup::insecure_rng());
    any.from_parts(
        k,
        monomial,
        Some(lagrange),
        G2Affine::generator(),
        setup.point(),
    )
}

/// What verifying needs of the parameters: the generators and the setup.
pub(crate) fn verifier_params(k: u32, setup: KzgSetup) -> KzgParams {
    from_points(k, vec![G1Affine::generator()], vec![], setup)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(params: &Params) -> Vec<u8> {
        let Inner::Kzg(params) = &params.inner else {
            panic!("not parameters of KZG");
        };
        let mut bytes = vec![];
        params
            .write_custom(&mut bytes, SerdeFormat::RawBytes)
            .unwrap();
        bytes
    }

    /// Another setup than the insecure one.
    fn other(k: u32) -> Params {
        Params::from(Inner::Kzg(KzgParams::setup(
            k,
            zkc_backend_testing::Random(0),
        )))
    }

    #[test]
    fn insecure_parameters_are_the_same_every_time() {
        let params = Params::insecure(5).unwrap();
        assert_eq!(raw(&params), raw(&Params::insecure(5).unwrap()));
        assert_eq!(params.setup(), Setup::Insecure);
        assert_eq!(Params::insecure(4).unwrap().setup(), Setup::Insecure);
        let small = params.downsize(4).unwrap();
        assert_eq!(raw(&small), raw(&Params::insecure(4).unwrap()));
        assert!(matches!(other(4).setup(), Setup::Ceremony(_)));
    }

    #[test]
    fn files_round_trip() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("srs");
        for params in [Params::insecure(5).unwrap(), other(4)] {
            let (bytes, digest) = params.write_srs(&path).unwrap();
            assert_eq!(bytes, std::fs::metadata(&path).unwrap().len());
            let (read, found) = Params::read_srs_unless(&path, |_| false).unwrap();
            assert_eq!(found, digest);
            assert_eq!(raw(&read), raw(&params));
            assert_eq!(read.setup(), params.setup());
        }
        let error = Params::ipa(4).unwrap().write_srs(&path).unwrap_err();
        assert!(matches!(error, Error::OtherCommitment { .. }), "{error}");
    }

    #[test]
    fn points_of_the_curve_are_not_enough() {
        const K: u32 = 4;
        const N: usize = 1 << K;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("srs");
        other(K).write_srs(&path).unwrap();
        let file = std::fs::read(&path).unwrap();
        let write = |change: &dyn Fn(&mut [u8])| {
            let mut bytes = file.clone();
            change(&mut bytes);
            reseal(&mut bytes);
            std::fs::write(&path, bytes).unwrap();
        };
        let swap = |bytes: &mut [u8], a: usize, b: usize| {
            let [a, b] = [a, b].map(|point| HEADER_BYTES + point * G1_BYTES);
            for byte in 0..G1_BYTES {
                bytes.swap(a + byte, b + byte);
            }
        };
        let refused = |change: &dyn Fn(&mut [u8])| {
            write(change);
            Params::read_srs(&path).unwrap_err().to_string()
        };
        let powers = "points that are not the powers of the secret of its setup";
        for point in 1..N - 1 {
            assert!(refused(&|bytes| swap(bytes, point, point + 1)).contains(powers));
        }
        // The last point alone, and one of the Lagrange basis in its place.
        assert!(refused(&|bytes| swap(bytes, N - 1, N)).contains(powers));
        // The point at infinity is one of the curve.
        let infinity = |bytes: &mut [u8]| {
            let start = HEADER_BYTES + 3 * G1_BYTES;
            bytes[start..start + G1_BYTES].fill(0);
        };
        assert!(refused(&infinity).contains(powers));
        // The powers of another secret: those of the insecure setup.
        let insecure = raw(&Params::insecure(K).unwrap());
        let of_another = |bytes: &mut [u8]| {
            bytes[HEADER_BYTES..][..N * G1_BYTES].copy_from_slice(&insecure[4..][..N * G1_BYTES]);
        };
        assert!(refused(&of_another).contains(powers));
        let lagrange = "its points of the Lagrange basis do not belong to its powers";
        for point in N..2 * N - 1 {
            assert!(refused(&|bytes| swap(bytes, point, point + 1)).contains(lagrange));
        }
        // A file that was checked is not checked again; another one has another digest.
        write(&|bytes| swap(bytes, 5, 6));
        let (_, digest) = Params::read_srs_unless(&path, |_| true).unwrap();
        write(&|bytes| swap(bytes, 6, 7));
        Params::read_srs_unless(&path, |found| *found == digest).unwrap_err();
    }

    /// Makes the checksum right.
    fn reseal(bytes: &mut [u8]) {
        let checksum = blake3::hash(&bytes[48..]);
        bytes[16..48].copy_from_slice(checksum.as_bytes());
    }

    #[test]
    fn damaged_files_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("srs");
        Params::insecure(4).unwrap().write_srs(&path).unwrap();
        let file = std::fs::read(&path).unwrap();
        let refused = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            Params::read_srs(&path).unwrap_err().to_string()
        };
        for position in 0..file.len() {
            let mut bytes = file.clone();
            bytes[position] ^= 0x40;
            refused(&bytes);
        }
        for length in (0..file.len()).step_by(17) {
            refused(&file[..length]);
        }
        let mut longer = file.clone();
        longer.push(0);
        assert!(refused(&longer).contains("length"));
        // With the checksum made good, the contents still have to be right.
        let resealed = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut bytes = file.clone();
            change(&mut bytes);
            reseal(&mut bytes);
            refused(&bytes)
        };
        let named = "not those of the setup";
        let no_point = "no points of BN254";
        assert!(resealed(&|b| b[48] = 0).contains(named));
        assert!(resealed(&|b| b[60] ^= 1).contains(named));
        assert!(resealed(&|b| b[HEADER_BYTES + 70] ^= 1).contains(no_point));
        let last = file.len() - 1;
        assert!(resealed(&|b| b[last - 8] ^= 1).contains(no_point));
        // The first point must be the generator.
        assert!(resealed(&|b| b.copy_within(149..213, 85)).contains(no_point));
        assert!(resealed(&|b| b[81] = 40).contains("k, the base-2 logarithm"));
        assert!(resealed(&|b| b[81] = 5).contains("length"));
        // A false claim to be secure: the points of the insecure setup under another name.
        let claim = resealed(&|b| {
            b[48] = 0;
            b[49..81].copy_from_slice(&[7; 32]);
        });
        assert!(claim.contains(named));
    }
}
