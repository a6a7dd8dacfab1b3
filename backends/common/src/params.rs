//! The cache of public parameters: `2^k` curve points to commit with, made by hashing to the curve, so that nobody knows a
//! relation between them and there is no setup to trust. Making them takes long, so [`ParamsCache`] keeps them on disk, one
//! file per `k`:
//!
//! | bytes | content |
//! |---|---|
//! | 16 | the magic number of the kind of parameters |
//! | 32 | BLAKE3 of all that follows |
//! | 4 | `k`, little-endian |
//! | 32 each | compressed points: `2^k` of the monomial basis, `2^k` of the Lagrange basis, the blinding and the inner product base |
//!
//! A file whose length, checksum or content is wrong is made anew. For the `k` of
//! [`KNOWN_DIGESTS`](CacheableParams::KNOWN_DIGESTS) the points themselves are checked against a digest in the program, so a
//! replaced file cannot weaken proofs; for larger `k` the cache is as trustworthy as its folder.

use std::fs::{self, File};
use std::io;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use zkc_circuit::file::replace_atomically;

use crate::error::Error;
use crate::measure::{Cost, Stopwatch};

/// The smallest `k` backends work with: below it the blinding rows leave next to nothing.
pub const MIN_K: u32 = 4;

/// The largest `k` backends work with. The parameters alone take a gigabyte of memory.
pub const MAX_K: u32 = 23;

/// Bytes of magic number and checksum.
const HEADER_BYTES: u64 = 16 + 32;

/// Bytes of a compressed point.
pub const PARAMS_POINT_BYTES: u64 = 32;

/// Memory the points of parameters take, in bytes: two bases of affine points with two 32-byte coordinates.
pub fn params_memory_bytes(k: u32) -> u64 {
    (4 * PARAMS_POINT_BYTES) << k
}

/// Refuses parameters for `2^params` rows to be used with a circuit of `2^circuit` rows.
pub fn check_params_k(circuit: u32, params: u32) -> Result<(), Error> {
    if params == circuit {
        Ok(())
    } else {
        Err(Error::ParamsK { circuit, params })
    }
}

/// Parameters that [`ParamsCache`] can keep.
pub trait CacheableParams: Sized {
    /// What files start with.
    const MAGIC: &'static [u8; 16];
    /// What files are called, before `-k` and the number.
    const FILE_STEM: &'static str;
    /// BLAKE3 of what [`write_body`](Self::write_body) writes, by `k`, in hexadecimal digits.
    const KNOWN_DIGESTS: &'static [(u32, &'static str)];

    /// Refuses a `k` for which there can be no parameters in this program or on this machine.
    fn check(k: u32) -> Result<(), Error>;

    /// Makes the parameters for `k`.
    fn make(k: u32) -> Result<Self, Error>;

    /// Base-2 logarithm of the number of rows.
    fn k(&self) -> u32;

    /// Writes `k` (4 bytes, little-endian) and the compressed points.
    fn write_body(&self, body: &mut Vec<u8>) -> io::Result<()>;

    /// Reads what [`write_body`](Self::write_body) wrote. `body` has the length for the `k` in its first bytes.
    ///
    /// # Errors
    /// It holds bytes that are no points of the curve.
    fn read_body(body: &[u8]) -> io::Result<Self>;
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
pub struct LoadedParams<P> {
    /// The parameters.
    pub params: P,
    /// Whether they were read or made.
    pub source: ParamsSource,
    /// Time taken; no part of the time that keys and proofs report.
    pub cost: Cost,
}

/// A folder that keeps parameters between runs.
///
/// Several processes may use it at once: files appear whole or not at all, and of processes that miss the same file
/// one makes it while the others wait.
#[derive(Clone, Debug)]
pub struct ParamsCache<P> {
    folder: PathBuf,
    kind: PhantomData<fn() -> P>,
}

impl<P: CacheableParams> ParamsCache<P> {
    /// Uses `cache/params`, where `cache` is the project's cache folder.
    pub fn new(cache: &Path) -> Self {
        ParamsCache {
            folder: cache.join("params"),
            kind: PhantomData,
        }
    }

    /// Uses the project's cache folder: `ZKC_CACHE_DIR` if it is set, else `$XDG_CACHE_HOME/zkc`, else `~/.cache/zkc`.
    ///
    /// `None` if none of the variables (nor `HOME`) is set; then make parameters without a cache.
    pub fn from_env() -> Option<Self> {
        let var = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty());
        let cache = var("ZKC_CACHE_DIR")
            .map(PathBuf::from)
            .or_else(|| var("XDG_CACHE_HOME").map(|d| PathBuf::from(d).join("zkc")))
            .or_else(|| var("HOME").map(|d| PathBuf::from(d).join(".cache/zkc")))?;
        Some(ParamsCache::new(&cache))
    }

    /// The file that keeps the parameters for `k`.
    pub fn path(&self, k: u32) -> PathBuf {
        self.folder.join(format!("{}-k{k}", P::FILE_STEM))
    }

    /// Reads the parameters for `k`, making and storing them first if they are missing or damaged.
    ///
    /// `warn` hears about a damaged file and about a cache that cannot be written; neither is an error.
    ///
    /// # Errors
    /// There can be no parameters for this `k`, or making them fails.
    pub fn load_or_make(
        &self,
        k: u32,
        warn: &mut dyn FnMut(&str),
    ) -> Result<LoadedParams<P>, Error> {
        P::check(k)?;
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
        let params = P::make(k)?;
        if let Err(e) = self.store(&params) {
            warn(&format!(
                "cannot keep the parameters for k = {k}: {e}; they will be made again next time"
            ));
        }
        done(params, ParamsSource::Made)
    }

    fn try_load(&self, k: u32, warn: &mut dyn FnMut(&str)) -> Option<P> {
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
        let file = File::create(self.folder.join(format!(".{}-k{k}.lock", P::FILE_STEM))).ok()?;
        file.lock().ok()?;
        Some(file)
    }

    fn store(&self, params: &P) -> Result<(), Box<dyn std::error::Error>> {
        fs::create_dir_all(&self.folder)?;
        let mut body = Vec::with_capacity(body_bytes(params.k()) as usize);
        params.write_body(&mut body)?;
        let checksum = blake3::hash(&body);
        let parts: [&[u8]; 3] = [P::MAGIC, checksum.as_bytes(), &body];
        replace_atomically(&self.path(params.k()), &parts)?;
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
    4 + PARAMS_POINT_BYTES * ((2 << k) + 2)
}

fn read_file<P: CacheableParams>(path: &Path, k: u32) -> Result<P, ReadError> {
    let length = fs::metadata(path)?.len();
    if length != HEADER_BYTES + body_bytes(k) {
        return Err(ReadError::Damaged("wrong length"));
    }
    let bytes = fs::read(path)?;
    let Some((header, body)) = bytes.split_at_checked(HEADER_BYTES as usize) else {
        return Err(ReadError::Damaged("wrong length"));
    };
    let (magic, checksum) = header.split_at(P::MAGIC.len());
    if magic != P::MAGIC {
        return Err(ReadError::Damaged("not a parameter file"));
    }
    let digest = blake3::hash(body);
    if digest.as_bytes() != checksum {
        return Err(ReadError::Damaged("wrong checksum"));
    }
    if body.get(..4) != Some(&k.to_le_bytes()) || body.len() as u64 != body_bytes(k) {
        return Err(ReadError::Damaged("made for another k"));
    }
    let known = P::KNOWN_DIGESTS.iter().find(|(known, _)| *known == k);
    if known.is_some_and(|(_, known)| *known != digest.to_hex().as_str()) {
        return Err(ReadError::Damaged("not the parameters of this version"));
    }
    P::read_body(body).map_err(|_| ReadError::Damaged("not points of the curve"))
}
