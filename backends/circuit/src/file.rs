//! The frame around every file of zkc.
//!
//! ```text
//! magic      4 bytes  "zkc\0"
//! kind       4 bytes  "mdl\0", "pky\0", "vky\0", "prf\0" or "wit\0"
//! version    u32      format of the payload
//! producer   u16 length, then that many bytes of UTF-8: program and version that wrote the file
//! length     u64      bytes of payload
//! payload
//! checksum   32 bytes BLAKE3 of everything before
//! ```
//!
//! Integers are little-endian. The checksum finds damage; it is no signature and protects from nobody.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use thiserror::Error;

/// Version of every payload that this version of zkc writes and reads.
pub const FORMAT_VERSION: u32 = 3;

const MAGIC: [u8; 4] = *b"zkc\0";
const CHECKSUM: usize = blake3::OUT_LEN;
/// Magic, kind, version and length of the producer.
const HEAD: usize = 4 + 4 + 4 + 2;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// A compiled model.
    Model,
    /// A proving key.
    ProvingKey,
    /// A verifying key.
    VerifyingKey,
    /// A proof with its public values.
    Proof,
    /// A witness: private data.
    Witness,
}

impl FileKind {
    const ALL: [FileKind; 5] = [
        FileKind::Model,
        FileKind::ProvingKey,
        FileKind::VerifyingKey,
        FileKind::Proof,
        FileKind::Witness,
    ];

    fn code(self) -> [u8; 4] {
        *match self {
            FileKind::Model => b"mdl\0",
            FileKind::ProvingKey => b"pky\0",
            FileKind::VerifyingKey => b"vky\0",
            FileKind::Proof => b"prf\0",
            FileKind::Witness => b"wit\0",
        }
    }

    /// The kind in words, for messages: `compiled model`, `proving key`, ...
    pub fn name(self) -> &'static str {
        match self {
            FileKind::Model => "compiled model",
            FileKind::ProvingKey => "proving key",
            FileKind::VerifyingKey => "verifying key",
            FileKind::Proof => "proof",
            FileKind::Witness => "witness",
        }
    }
}

/// Why a file could not be read or written.
#[derive(Debug, Error)]
pub enum FileError {
    /// The system refuses.
    #[error("cannot {action} {path}: {error}")]
    Io {
        /// `read`, `write`, ...
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// The magic number or kind is not there.
    #[error("{path} is not a zkc file")]
    NotZkc {
        /// The file.
        path: PathBuf,
    },
    /// A zkc file that holds something else.
    #[error("{path} is a {}, not a {}", .found.name(), .expected.name())]
    OtherKind {
        /// The file.
        path: PathBuf,
        /// What it holds.
        found: FileKind,
        /// What was asked for.
        expected: FileKind,
    },
    /// A file of another format version.
    #[error(
        "{path} has format version {found} (written by {producer}); this program reads version {FORMAT_VERSION}; make the file again with this program"
    )]
    OtherVersion {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// What wrote it.
        producer: String,
    },
    /// A file that ends too early.
    #[error("{path} is truncated: {expected} bytes expected, {found} found")]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Bytes that the header announces, as far as it is there.
        expected: u64,
        /// Bytes found.
        found: u64,
    },
    /// A file that goes on after its checksum.
    #[error("{path} has {extra} bytes too many")]
    Trailing {
        /// The file.
        path: PathBuf,
        /// Bytes after the checksum.
        extra: u64,
    },
    /// A file larger than the reader accepts.
    #[error("{path} has {found} bytes; at most {max} are accepted")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        found: u64,
        /// Most bytes accepted.
        max: u64,
    },
    /// The contents are not those that were written.
    #[error("{path} is damaged: its checksum is wrong")]
    Checksum {
        /// The file.
        path: PathBuf,
    },
    /// The producer's name is too long.
    #[error("the producer's name has {0} bytes; at most 65535 fit")]
    Producer(usize),
}

/// What a file holds, frame removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileContents {
    /// Program and version that wrote the file.
    pub producer: String,
    /// The payload.
    pub payload: Vec<u8>,
}

/// Frames a payload: the bytes of a whole file.
pub fn to_bytes(kind: FileKind, producer: &str, payload: &[u8]) -> Result<Vec<u8>, FileError> {
    let mut bytes = head(kind, producer, payload)?;
    bytes.extend_from_slice(payload);
    let checksum = blake3::hash(&bytes);
    bytes.extend_from_slice(checksum.as_bytes());
    Ok(bytes)
}

/// Everything before the payload.
fn head(kind: FileKind, producer: &str, payload: &[u8]) -> Result<Vec<u8>, FileError> {
    let length = u16::try_from(producer.len()).map_err(|_| FileError::Producer(producer.len()))?;
    let mut bytes = Vec::with_capacity(HEAD + producer.len() + 8);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&kind.code());
    bytes.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(producer.as_bytes());
    bytes.extend_from_slice(&(payload.len() as u64).to_le_bytes());
    Ok(bytes)
}

/// Takes the frame off the bytes of a whole file. `path` is only named in errors.
pub fn from_bytes(path: &Path, kind: FileKind, bytes: &[u8]) -> Result<FileContents, FileError> {
    let truncated = |expected: u64| FileError::Truncated {
        path: path.to_path_buf(),
        expected,
        found: bytes.len() as u64,
    };
    let not_zkc = || FileError::NotZkc {
        path: path.to_path_buf(),
    };
    // A short file that starts like one of ours is a truncated one.
    let start = &bytes[..bytes.len().min(MAGIC.len())];
    if bytes.is_empty() || !MAGIC.starts_with(start) {
        return Err(not_zkc());
    }
    let code = bytes.get(4..8).ok_or_else(|| truncated(HEAD as u64))?;
    let found = FileKind::ALL
        .into_iter()
        .find(|kind| kind.code() == code)
        .ok_or_else(not_zkc)?;
    if found != kind {
        return Err(FileError::OtherKind {
            path: path.to_path_buf(),
            found,
            expected: kind,
        });
    }
    let version = read_array(bytes, 8).map(u32::from_le_bytes);
    let version = version.ok_or_else(|| truncated(HEAD as u64))?;
    let length = read_array(bytes, 12).map(u16::from_le_bytes);
    let length = usize::from(length.ok_or_else(|| truncated(HEAD as u64))?);
    let producer = bytes
        .get(HEAD..HEAD + length)
        .ok_or_else(|| truncated((HEAD + length + 8 + CHECKSUM) as u64))?;
    let producer = String::from_utf8_lossy(producer).into_owned();
    if version != FORMAT_VERSION {
        let path = path.to_path_buf();
        return Err(FileError::OtherVersion {
            path,
            found: version,
            producer,
        });
    }
    let start = HEAD + length + 8;
    let length = read_array(bytes, HEAD + length).map(u64::from_le_bytes);
    let length = length.ok_or_else(|| truncated((start + CHECKSUM) as u64))?;
    let expected = length.saturating_add((start + CHECKSUM) as u64);
    if (bytes.len() as u64) < expected {
        return Err(truncated(expected));
    }
    if bytes.len() as u64 > expected {
        let extra = bytes.len() as u64 - expected;
        return Err(FileError::Trailing {
            path: path.to_path_buf(),
            extra,
        });
    }
    // The length fits: it is less than that of the bytes at hand.
    let (contents, checksum) = bytes.split_at(start + length as usize);
    if blake3::hash(contents).as_bytes() != checksum {
        return Err(FileError::Checksum {
            path: path.to_path_buf(),
        });
    }
    Ok(FileContents {
        producer,
        payload: contents[start..].to_vec(),
    })
}

fn read_array<const N: usize>(bytes: &[u8], start: usize) -> Option<[u8; N]> {
    bytes.get(start..start.checked_add(N)?)?.try_into().ok()
}

/// Reads a file of the given kind, of at most `max_len` bytes in all.
///
/// Says exactly what is wrong: not a zkc file, another kind, another version, truncated, damaged. Nothing is allocated
/// by what the file says of itself.
pub fn read(path: &Path, kind: FileKind, max_len: u64) -> Result<FileContents, FileError> {
    let io = |error| FileError::Io {
        action: "read",
        path: path.to_path_buf(),
        error,
    };
    let file = File::open(path).map_err(io)?;
    let found = file.metadata().map_err(io)?.len();
    if found > max_len {
        return Err(FileError::TooLarge {
            path: path.to_path_buf(),
            found,
            max: max_len,
        });
    }
    let mut bytes = Vec::new();
    // A file can grow after its size was asked for, and pipes have none: never read more than one byte too many.
    let read = file
        .take(max_len.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(io)? as u64;
    if read > max_len {
        return Err(FileError::TooLarge {
            path: path.to_path_buf(),
            found: read,
            max: max_len,
        });
    }
    from_bytes(path, kind, &bytes)
}

/// Writes a file so that `path` holds either the whole of it or what it held before.
///
/// The bytes go to a new file in the same folder, which then takes the name; on any error that file is removed.
pub fn write_atomically(
    path: &Path,
    kind: FileKind,
    producer: &str,
    payload: &[u8],
) -> Result<(), FileError> {
    let head = head(kind, producer, payload)?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(&head).update(payload);
    let checksum = hasher.finalize();
    replace_atomically(path, &[&head, payload, checksum.as_bytes()])
}

/// Writes the concatenation of `parts` to `path`, all or nothing. For files without the frame, such as JSON output.
pub fn replace_atomically(path: &Path, parts: &[&[u8]]) -> Result<(), FileError> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let io = |error| FileError::Io {
        action: "write",
        path: path.to_path_buf(),
        error,
    };
    let name = path.file_name().ok_or_else(|| {
        io(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the path names no file",
        ))
    })?;
    let unique = COUNTER.fetch_add(1, Ordering::Relaxed);
    let mut temporary_name = std::ffi::OsString::from(".");
    temporary_name.push(name);
    temporary_name.push(format!(".{}.{unique}.tmp", std::process::id()));
    let temporary = path.with_file_name(temporary_name);
    let write = || -> io::Result<()> {
        let mut file = File::create_new(&temporary)?;
        for part in parts {
            file.write_all(part)?;
        }
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    write().map_err(|error| {
        // Should removing fail as well, the first error is still the one to tell.
        let _ = fs::remove_file(&temporary);
        io(error)
    })
}
