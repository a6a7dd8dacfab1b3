//! The public parameters: `2^k` curve points to commit with, made by hashing to the curve, so nobody knows a
//! relation between them and there is no setup to trust.
//!
//! Making them takes `2^k (0.09 + 0.07 k)` ms of one processor (k = 13: 8 s), reading them back about 13 µs per
//! row (k = 13: 0.1 s), so [`ParamsCache`] keeps them on disk, one file per `k`:
//!
//! | bytes | content |
//! |---|---|
//! | 16 | `zkc params v1\n` and two zero bytes |
//! | 32 | BLAKE3 of all that follows |
//! | 4 | `k`, little-endian |
//! | 32 each | compressed points: `2^k` of the monomial basis, `2^k` of the Lagrange basis, the blinding and the inner product base |
//!
//! A file whose length, checksum or content is wrong is made anew. For the `k` of [`KNOWN_DIGESTS`] the points
//! themselves are checked against a digest in the program, so a replaced file cannot weaken proofs; for larger `k` the
//! cache is as trustworthy as its folder.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use halo2_proofs::pasta::EqAffine;
use halo2_proofs::poly::commitment;
use zkc_circuit::file::replace_atomically;

use crate::error::Error;
use crate::measure::{Cost, Stopwatch};
use crate::threads::install;

/// The smallest `k` this backend works with: below it the blinding rows leave next to nothing.
pub const MIN_K: u32 = 4;

/// The largest `k` this backend works with. Its parameters alone take two gigabytes of memory.
pub const MAX_K: u32 = 23;

const MAGIC: &[u8; 16] = b"zkc params v1\n\0\0";
const HEADER_BYTES: u64 = 16 + 32;
const POINT_BYTES: u64 = 32;

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
        check_k(k)?;
        let inner = install(|| commitment::Params::new(k))?;
        Ok(Params { inner })
    }

    /// Base-2 logarithm of the number of rows.
    pub fn k(&self) -> u32 {
        self.inner.k()
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
    /// Time taken.
    pub cost: Cost,
}

/// A folder that keeps parameters between runs.
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
    /// `None` if none of the variables (nor `HOME`) is set; then use [`Params::try_new`].
    pub fn from_env() -> Option<ParamsCache> {
        let var = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty());
        let cache = var("ZKC_CACHE_DIR")
            .map(PathBuf::from)
            .or_else(|| var("XDG_CACHE_HOME").map(|d| PathBuf::from(d).join("zkc")))
            .or_else(|| var("HOME").map(|d| PathBuf::from(d).join(".cache/zkc")))?;
        Some(ParamsCache::new(&cache))
    }

    /// The file that keeps the parameters for `k`.
    pub fn path(&self, k: u32) -> PathBuf {
        self.folder.join(format!("halo2-vesta-k{k}"))
    }

    /// Reads the parameters for `k`, making and storing them first if they are missing or damaged.
    ///
    /// `warn` hears about a damaged file and about a cache that cannot be written; neither is an error.
    pub fn load_or_make(&self, k: u32, warn: &mut dyn FnMut(&str)) -> Result<LoadedParams, Error> {
        check_k(k)?;
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
        let params = Params::try_new(k)?;
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
        let file = File::create(self.folder.join(format!(".halo2-vesta-k{k}.lock"))).ok()?;
        file.lock().ok()?;
        Some(file)
    }

    fn store(&self, params: &Params) -> Result<(), Box<dyn std::error::Error>> {
        fs::create_dir_all(&self.folder)?;
        let mut body = Vec::with_capacity(body_bytes(params.k()) as usize);
        params.inner.write(&mut body)?;
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
    let inner = commitment::Params::read(&mut &body[..])
        .map_err(|_| ReadError::Damaged("not points of the curve"))?;
    Ok(Params { inner })
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
        let mut bytes = vec![];
        params.inner.write(&mut bytes).unwrap();
        bytes
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
        assert!(dir.path().join("params/halo2-vesta-k5").is_file());
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
            let error = Params::try_new(k).unwrap_err();
            assert!(matches!(error, Error::Limit { .. }), "{error}");
        }
    }

    #[test]
    fn known_digests_are_right() {
        for (k, known) in KNOWN_DIGESTS.iter().filter(|(k, _)| *k <= 8) {
            let params = Params::try_new(*k).unwrap();
            assert_eq!(blake3::hash(&body(&params)).to_hex().as_str(), *known);
        }
    }
}
