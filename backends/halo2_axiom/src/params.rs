//! The public parameters: `2^k` points of BN254 to commit with.
//!
//! For IPA they are made by hashing to the curve, so nobody knows a relation between them and there is no setup to
//! trust. Making them takes `2^k (0.17 + 0.1 k)` ms of one processor (k = 13: 12 s), so [`ParamsCache`] keeps them on disk, one
//! file per `k`:
//!
//! | bytes | content |
//! |---|---|
//! | 16 | `zkc ipa v1\n` and zero bytes |
//! | 32 | BLAKE3 of all that follows |
//! | 4 | `k`, little-endian |
//! | 32 each | compressed points: `2^k` of the monomial basis, `2^k` of the Lagrange basis, the blinding and the inner product base |
//!
//! A file whose length, checksum or content is wrong is made anew. For the `k` of [`KNOWN_DIGESTS`] the points
//! themselves are checked against a digest in the program, so a replaced file cannot weaken proofs; for larger `k` the
//! cache is as trustworthy as its folder.
//!
//! KZG's parameters come from files that `srs.rs` describes.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use halo2_axiom::poly::commitment::{Params as _, ParamsProver as _};
use zkc_circuit::file::replace_atomically;
use zkc_halo2::{Cost, Stopwatch};

use crate::commitment::{Commitment, IpaParams, KzgParams};
use crate::error::Error;
use crate::memory::check_memory;
use crate::setup::{KzgSetup, Setup, insecure_rng};
use crate::threads::install;

/// The smallest `k` this backend works with: below it the blinding rows leave next to nothing.
pub const MIN_K: u32 = 4;

/// The largest `k` this backend works with. Its parameters alone take a gigabyte of memory.
pub const MAX_K: u32 = 23;

const MAGIC: &[u8; 16] = b"zkc ipa v1\n\0\0\0\0\0";
const HEADER_BYTES: u64 = 16 + 32;
const POINT_BYTES: u64 = 32;

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
}

#[derive(Clone, Debug)]
pub(crate) enum Inner {
    Kzg(KzgParams),
    Ipa(IpaParams),
}

impl Params {
    /// Makes the generators of IPA, without a cache.
    pub fn ipa(k: u32) -> Result<Params, Error> {
        check_k(k)?;
        check_memory(Params::memory_bytes(k))?;
        let inner = install(|| IpaParams::new(k))?;
        Ok(Params {
            inner: Inner::Ipa(inner),
        })
    }

    /// Makes parameters of KZG whose secret everybody can compute: for tests and measurements only.
    ///
    /// They are the same every time. Keys made with them are [`Setup::Insecure`], which
    /// [`verify`](crate::verify) refuses unless told otherwise.
    pub fn insecure(k: u32) -> Result<Params, Error> {
        check_k(k)?;
        check_memory(Params::memory_bytes(k))?;
        let inner = install(|| KzgParams::setup(k, insecure_rng()))?;
        Ok(Params {
            inner: Inner::Kzg(inner),
        })
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
        check_k(k)?;
        if k > self.k() {
            return Err(Error::ParamsK {
                circuit: k,
                params: self.k(),
            });
        }
        if k < self.k() {
            install(|| match &mut self.inner {
                Inner::Kzg(params) => params.downsize(k),
                Inner::Ipa(params) => params.downsize(k),
            })?;
        }
        Ok(self)
    }

    /// Refuses to be used with a circuit of `2^k` rows unless made for that.
    pub(crate) fn check_k(&self, k: u32) -> Result<(), Error> {
        if self.k() == k {
            Ok(())
        } else {
            Err(Error::ParamsK {
                circuit: k,
                params: self.k(),
            })
        }
    }

    /// Memory the points take, in bytes: two bases of affine points with two 32-byte coordinates.
    pub(crate) fn memory_bytes(k: u32) -> u64 {
        (4 * POINT_BYTES) << k
    }
}

/// Where parameters came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamsSource {
    /// Read from the cache.
    Cache,
    /// Made now.
    Made,
}

/// Parameters together with what getting them took.
#[derive(Debug)]
pub struct LoadedParams {
    /// The parameters.
    pub params: Params,
    /// Whether they were read or made.
    pub source: ParamsSource,
    /// Time taken; no part of the time that keys and proofs report.
    pub cost: Cost,
}

/// A folder that keeps the generators of IPA between runs.
///
/// Several processes may use it at once: files appear whole or not at all, and of processes that miss the same file
/// one makes it while the others wait.
#[derive(Clone, Debug)]
pub struct ParamsCache {
    folder: PathBuf,
}

impl ParamsCache {
    /// Uses `cache/params`, where `cache` is the project's cache folder.
    pub fn new(cache: &Path) -> ParamsCache {
        ParamsCache {
            folder: cache.join("params"),
        }
    }

    /// Uses the project's cache folder: `ZKC_CACHE_DIR` if it is set, else `$XDG_CACHE_HOME/zkc`, else `~/.cache/zkc`.
    ///
    /// `None` if none of the variables (nor `HOME`) is set; then use [`Params::ipa`].
    pub fn from_env() -> Option<ParamsCache> {
        let var = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty());
        let cache = var("ZKC_CACHE_DIR")
            .map(PathBuf::from)
            .or_else(|| var("XDG_CACHE_HOME").map(|d| PathBuf::from(d).join("zkc")))
            .or_else(|| var("HOME").map(|d| PathBuf::from(d).join(".cache/zkc")))?;
        Some(ParamsCache::new(&cache))
    }

    /// The file that keeps the generators for `k`.
    pub fn path(&self, k: u32) -> PathBuf {
        self.folder.join(format!("halo2-axiom-ipa-k{k}"))
    }

    /// Reads the generators for `k`, making and storing them first if they are missing or damaged.
    ///
    /// `warn` hears about a damaged file and about a cache that cannot be written; neither is an error.
    pub fn load_or_make(&self, k: u32, warn: &mut dyn FnMut(&str)) -> Result<LoadedParams, Error> {
        check_k(k)?;
        check_memory(Params::memory_bytes(k))?;
        let watch = Stopwatch::start();
        let done = |params, source| {
            Ok(LoadedParams {
                params,
                source,
                cost: watch.cost(),
            })
        };
        if let Some(params) = self.try_load(k, &mut |_| ()) {
            return done(params, ParamsSource::Cache);
        }
        // Held until the end; another process may have filled the gap while we waited for it.
        let _lock = self.lock(k);
        if let Some(params) = self.try_load(k, warn) {
            return done(params, ParamsSource::Cache);
        }
        let params = Params::ipa(k)?;
        if let Err(e) = self.store(&params) {
            warn(&format!(
                "cannot keep the parameters for k = {k}: {e}; they will be made again next time"
            ));
        }
        done(params, ParamsSource::Made)
    }

    fn try_load(&self, k: u32, warn: &mut dyn FnMut(&str)) -> Option<Params> {
        let path = self.path(k);
        match read_file(&path, k) {
            Ok(params) => Some(params),
            Err(ReadError::Io(e)) if e.kind() == io::ErrorKind::NotFound => None,
            Err(ReadError::Io(e)) => {
                warn(&format!(
                    "cannot read the parameters {}: {e}; making them anew",
                    path.display()
                ));
                None
            }
            Err(ReadError::Damaged(what)) => {
                warn(&format!(
                    "the parameters {} are damaged ({what}); making them anew",
                    path.display()
                ));
                None
            }
        }
    }

    /// Waits for other processes that make the same file. Without a lock (a read-only folder, a file system without
    /// locks) the work may be done twice, nothing worse.
    fn lock(&self, k: u32) -> Option<File> {
        fs::create_dir_all(&self.folder).ok()?;
        let file = File::create(self.folder.join(format!(".halo2-axiom-ipa-k{k}.lock"))).ok()?;
        file.lock().ok()?;
        Some(file)
    }

    fn store(&self, params: &Params) -> Result<(), Box<dyn std::error::Error>> {
        fs::create_dir_all(&self.folder)?;
        let body = ipa_body(params)?;
        let checksum = blake3::hash(&body);
        replace_atomically(&self.path(params.k()), &[MAGIC, checksum.as_bytes(), &body])?;
        Ok(())
    }
}

enum ReadError {
    Io(io::Error),
    Damaged(&'static str),
}

impl From<io::Error> for ReadError {
    fn from(e: io::Error) -> Self {
        ReadError::Io(e)
    }
}

/// Bytes of `k` and the points.
fn body_bytes(k: u32) -> u64 {
    4 + POINT_BYTES * ((2 << k) + 2)
}

/// `k` and the points as `halo2-axiom` writes them; nothing for parameters of KZG, which are not cached.
fn ipa_body(params: &Params) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if let Inner::Ipa(params) = &params.inner {
        body.reserve_exact(body_bytes(params.k()) as usize);
        params.write(&mut body)?;
    }
    Ok(body)
}

fn read_file(path: &Path, k: u32) -> Result<Params, ReadError> {
    let length = fs::metadata(path)?.len();
    if length != HEADER_BYTES + body_bytes(k) {
        return Err(ReadError::Damaged("wrong length"));
    }
    let bytes = fs::read(path)?;
    let Some((header, body)) = bytes.split_at_checked(HEADER_BYTES as usize) else {
        return Err(ReadError::Damaged("wrong length"));
    };
    let (magic, checksum) = header.split_at(MAGIC.len());
    if magic != MAGIC {
        return Err(ReadError::Damaged("not a parameter file"));
    }
    let digest = blake3::hash(body);
    if digest.as_bytes() != checksum {
        return Err(ReadError::Damaged("wrong checksum"));
    }
    if body.get(..4) != Some(&k.to_le_bytes()) || body.len() as u64 != body_bytes(k) {
        return Err(ReadError::Damaged("made for another k"));
    }
    let known = KNOWN_DIGESTS.iter().find(|(known, _)| *known == k);
    if known.is_some_and(|(_, known)| *known != digest.to_hex().as_str()) {
        return Err(ReadError::Damaged("not the parameters of this version"));
    }
    // `read` allocates by `k`, which is the one asked for, and decompresses points, which checks them.
    let inner = IpaParams::read(&mut &body[..])
        .map_err(|_| ReadError::Damaged("not points of the curve"))?;
    Ok(Params {
        inner: Inner::Ipa(inner),
    })
}

/// Refuses numbers of rows that this backend does not work with.
pub(crate) fn check_k(k: u32) -> Result<(), Error> {
    if (MIN_K..=MAX_K).contains(&k) {
        Ok(())
    } else {
        Err(Error::Limit {
            what: "k, the base-2 logarithm of the number of rows,".into(),
            found: k.into(),
            limit: if k < MIN_K { MIN_K } else { MAX_K }.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(cache: &ParamsCache, k: u32) -> (LoadedParams, Vec<String>) {
        let mut warnings = vec![];
        let loaded = cache
            .load_or_make(k, &mut |w| warnings.push(w.to_owned()))
            .unwrap();
        (loaded, warnings)
    }

    fn body(params: &Params) -> Vec<u8> {
        ipa_body(params).unwrap()
    }

    #[test]
    fn made_once_then_read() {
        let dir = tempfile::tempdir().unwrap();
        let cache = ParamsCache::new(dir.path());
        let (made, warnings) = load(&cache, 5);
        assert_eq!(made.source, ParamsSource::Made);
        assert!(warnings.is_empty(), "{warnings:?}");
        let (read, warnings) = load(&cache, 5);
        assert_eq!(read.source, ParamsSource::Cache);
        assert!(warnings.is_empty(), "{warnings:?}");
        assert_eq!(body(&made.params), body(&read.params));
        assert!(dir.path().join("params/halo2-axiom-ipa-k5").is_file());
        assert_eq!(read.params.setup(), Setup::Transparent);
    }

    #[test]
    fn a_damaged_file_is_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        let cache = ParamsCache::new(dir.path());
        let good = body(&load(&cache, 4).0.params);
        let path = cache.path(4);
        let file = fs::read(&path).unwrap();
        let flipped = |at: usize| {
            let mut bytes = file.clone();
            bytes[at] ^= 1;
            bytes
        };
        let mut relabelled = file.clone();
        relabelled[HEADER_BYTES as usize] = 5;
        let digest = blake3::hash(&relabelled[HEADER_BYTES as usize..]);
        relabelled[16..48].copy_from_slice(digest.as_bytes());
        let mut swapped = file.clone();
        swapped.copy_within(84..116, 52);
        let digest = blake3::hash(&swapped[HEADER_BYTES as usize..]);
        swapped[16..48].copy_from_slice(digest.as_bytes());
        let damages = [
            (flipped(0), "not a parameter file"),
            (flipped(20), "wrong checksum"),
            (flipped(file.len() - 1), "wrong checksum"),
            (file[..100].to_vec(), "wrong length"),
            (vec![], "wrong length"),
            (relabelled, "made for another k"),
            (swapped, "not the parameters of this version"),
        ];
        for (bytes, reason) in damages {
            fs::write(&path, &bytes).unwrap();
            let (loaded, warnings) = load(&cache, 4);
            assert_eq!(loaded.source, ParamsSource::Made, "{reason}");
            assert_eq!(body(&loaded.params), good, "{reason}");
            assert!(
                warnings.len() == 1 && warnings[0].contains(reason),
                "{warnings:?}"
            );
            assert_eq!(fs::read(&path).unwrap(), file, "{reason}");
        }
    }

    #[test]
    fn an_unusable_folder_is_a_warning() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        let cache = ParamsCache::new(&file);
        let (loaded, warnings) = load(&cache, 4);
        assert_eq!(loaded.source, ParamsSource::Made);
        assert!(
            warnings.iter().any(|w| w.contains("cannot keep")),
            "{warnings:?}"
        );
    }

    #[test]
    fn extreme_k_is_refused() {
        for k in [0, 3, MAX_K + 1, 31, 32, u32::MAX] {
            for error in [Params::ipa(k), Params::insecure(k)].map(Result::unwrap_err) {
                assert!(matches!(error, Error::Limit { .. }), "{error}");
            }
        }
    }

    #[test]
    fn known_digests_are_right() {
        for (k, known) in KNOWN_DIGESTS.iter().filter(|(k, _)| *k <= 8) {
            let params = Params::ipa(*k).unwrap();
            assert_eq!(blake3::hash(&body(&params)).to_hex().as_str(), *known);
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
