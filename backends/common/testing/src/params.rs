//! The cache of parameters.

use std::fs;

use zkc_backend::{CacheableParams, LoadedParams, ParamsCache, ParamsSource};

/// The tests of this module.
#[macro_export]
macro_rules! params_suite {
    ($params:ty) => {
        $crate::suite!($params, params:
            made_once_then_read,
            a_damaged_file_is_made_anew,
            an_unusable_folder_is_a_warning,
            known_digests_are_right,
        );
    };
}

/// Bytes of magic number and checksum.
const HEADER_BYTES: usize = 16 + 32;

fn load<P: CacheableParams>(cache: &ParamsCache<P>, k: u32) -> (LoadedParams<P>, Vec<String>) {
    let mut warnings = vec![];
    let loaded = cache
        .load_or_make(k, &mut |w| warnings.push(w.to_owned()))
        .unwrap();
    (loaded, warnings)
}

fn body<P: CacheableParams>(params: &P) -> Vec<u8> {
    let mut bytes = vec![];
    params.write_body(&mut bytes).unwrap();
    bytes
}

/// The second time they are read, and the same.
pub fn made_once_then_read<P: CacheableParams>() {
    let dir = tempfile::tempdir().unwrap();
    let cache = ParamsCache::<P>::new(dir.path());
    let (made, warnings) = load(&cache, 5);
    assert_eq!(made.source, ParamsSource::Made);
    assert!(warnings.is_empty(), "{warnings:?}");
    let (read, warnings) = load(&cache, 5);
    assert_eq!(read.source, ParamsSource::Cache);
    assert!(warnings.is_empty(), "{warnings:?}");
    assert_eq!(body(&made.params), body(&read.params));
    let file = format!("params/{}-k5", P::FILE_STEM);
    assert!(dir.path().join(file).is_file());
}

/// Whatever is wrong with a file is said, and costs time only.
pub fn a_damaged_file_is_made_anew<P: CacheableParams>() {
    let dir = tempfile::tempdir().unwrap();
    let cache = ParamsCache::<P>::new(dir.path());
    let good = body(&load(&cache, 4).0.params);
    let path = cache.path(4);
    let file = fs::read(&path).unwrap();
    let flipped = |at: usize| {
        let mut bytes = file.clone();
        bytes[at] ^= 1;
        bytes
    };
    let resealed = |mut bytes: Vec<u8>| {
        let digest = blake3::hash(&bytes[HEADER_BYTES..]);
        bytes[16..48].copy_from_slice(digest.as_bytes());
        bytes
    };
    let mut relabelled = file.clone();
    relabelled[HEADER_BYTES] = 5;
    let mut swapped = file.clone();
    swapped.copy_within(84..116, 52);
    let damages = [
        (flipped(0), "not a parameter file"),
        (flipped(20), "wrong checksum"),
        (flipped(file.len() - 1), "wrong checksum"),
        (file[..100].to_vec(), "wrong length"),
        (vec![], "wrong length"),
        (resealed(relabelled), "made for another k"),
        (resealed(swapped), "not the parameters of this version"),
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

/// Without a cache everything works, slowly.
pub fn an_unusable_folder_is_a_warning<P: CacheableParams>() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let cache = ParamsCache::<P>::new(&file);
    let (loaded, warnings) = load(&cache, 4);
    assert_eq!(loaded.source, ParamsSource::Made);
    assert!(
        warnings.iter().any(|w| w.contains("cannot keep")),
        "{warnings:?}"
    );
}

/// The digests in the program are those of what it makes.
pub fn known_digests_are_right<P: CacheableParams>() {
    for (k, known) in P::KNOWN_DIGESTS.iter().filter(|(k, _)| *k <= 8) {
        let params = P::make(*k).unwrap();
        assert_eq!(params.k(), *k);
        assert_eq!(blake3::hash(&body(&params)).to_hex().as_str(), *known);
    }
}
