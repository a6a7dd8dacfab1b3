//! What files of keys have in common.

use std::path::Path;

use zkc_circuit::file::{self, FileKind};

use crate::digest::Digest;
use crate::error::Error;

/// What files say of who wrote them.
pub(crate) const PRODUCER: &str = concat!("zkc ", env!("CARGO_PKG_VERSION"));

/// The error of a key file whose payload is not what it should be.
pub fn damaged(what: &str) -> Error {
    Error::File(format!("the key file is not valid: {what}"))
}

/// Reads a digest in a key file.
///
/// # Errors
/// It has another length than 32 bytes.
pub fn digest(bytes: &[u8]) -> Result<Digest, Error> {
    Digest::from_slice(bytes).ok_or_else(|| damaged("a digest must have 32 bytes"))
}

/// Writes a payload as a key file, all or nothing. Returns the length of the file in bytes.
pub fn write(path: &Path, kind: FileKind, payload: &[u8]) -> Result<u64, Error> {
    let error = |e: &dyn std::fmt::Display| Error::File(e.to_string());
    file::write_atomically(path, kind, PRODUCER, payload).map_err(|e| error(&e))?;
    let metadata = std::fs::metadata(path).map_err(|e| error(&e))?;
    Ok(metadata.len())
}

/// Reads the payload of a key file of at most `max` bytes.
pub fn read(path: &Path, kind: FileKind, max: u64) -> Result<Vec<u8>, Error> {
    let contents = file::read(path, kind, max).map_err(|e| Error::File(e.to_string()))?;
    Ok(contents.payload)
}
