//! Files: the system's errors in plain words, and writes that no signal cuts short.

use std::{
    io,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// What the operating system says, in plain words and without a number.
pub fn describe_io(error: &io::Error) -> String {
    use io::ErrorKind as K;
    let known = match error.kind() {
        K::NotFound => "no such file or folder",
        K::PermissionDenied => "permission denied",
        K::AlreadyExists => "it exists already",
        K::IsADirectory => "it is a folder",
        K::NotADirectory => "a part of the path is not a folder",
        K::StorageFull => "no space left on the device",
        K::QuotaExceeded => "the disk quota is used up",
        K::FileTooLarge => "the file grows larger than the system allows",
        K::ReadOnlyFilesystem => "the file system is read-only",
        K::OutOfMemory => "the system has no memory left",
        K::BrokenPipe => "the reader has gone away",
        K::InvalidFilename => "the name is too long, or has a character that names cannot have",
        _ => return without_os_number(&error.to_string()),
    };
    known.into()
}

/// A text that quotes the operating system, without the numbers that Rust appends: `(os error 2)`.
pub fn without_os_number(text: &str) -> String {
    const MARK: &str = " (os error ";
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(MARK) {
        out.push_str(before);
        rest = match after.split_once(')') {
            Some((number, tail)) if number.bytes().all(|b| b.is_ascii_digit()) => tail,
            _ => {
                out.push_str(MARK);
                after
            }
        };
    }
    out + rest
}

/// Held while a file is written that must appear whole or not at all.
static WRITING: Mutex<()> = Mutex::new(());

/// Says that files are being written, until it is dropped; others that ask wait meanwhile.
///
/// Who ends the process on a signal asks first, so that no half-written file stays behind. What is
/// written must come to an end by itself: an ordinary file, never a pipe.
#[derive(Debug)]
#[must_use = "files are written as long as this lives"]
pub struct Writing {
    _guard: MutexGuard<'static, ()>,
}

impl Writing {
    /// Waits until nobody writes, then says that we do. Not to be called again before the first is
    /// dropped.
    pub fn begin() -> Self {
        // The lock guards no data that a panic could have left half changed.
        let guard = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
        Self { _guard: guard }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_words_and_no_numbers() {
        let missing = std::fs::read("/nonexistent/file").unwrap_err();
        assert_eq!(describe_io(&missing), "no such file or folder");
        // ELOOP has no kind of its own.
        let loops = io::Error::from_raw_os_error(40);
        assert!(!describe_io(&loops).contains("os error"));
        assert!(!describe_io(&loops).is_empty());
        let own = io::Error::other("too (os error prone)");
        assert_eq!(describe_io(&own), "too (os error prone)");
    }

    #[test]
    fn numbers_are_taken_out_of_longer_texts() {
        assert_eq!(
            without_os_number("cannot read a: No such file (os error 2); b: (os error 13)"),
            "cannot read a: No such file; b:"
        );
        assert_eq!(
            without_os_number("nothing (os error x)"),
            "nothing (os error x)"
        );
    }
}
