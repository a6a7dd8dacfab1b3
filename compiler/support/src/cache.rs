//! The cache directory.

use std::{env, path::PathBuf};

/// Where parameters and blobs are kept between runs: `$ZKC_CACHE_DIR`, else
/// `$XDG_CACHE_HOME/zkc`, else `~/.cache/zkc`, else `zkc-cache` in the system's folder for
/// temporary files.
pub fn cache_dir() -> PathBuf {
    let set = |name: &str| {
        env::var_os(name)
            .filter(|v| !v.is_empty())
            .map(PathBuf::from)
    };
    set("ZKC_CACHE_DIR")
        .or_else(|| set("XDG_CACHE_HOME").map(|d| d.join("zkc")))
        .or_else(|| set("HOME").map(|d| d.join(".cache/zkc")))
        .unwrap_or_else(|| env::temp_dir().join("zkc-cache"))
}
