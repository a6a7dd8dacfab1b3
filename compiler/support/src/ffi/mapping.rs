//! Files mapped into memory.

use memmap2::Mmap;
use std::{fs::File, io, ops::Deref, path::Path, sync::Arc};

/// A file mapped read-only; cloning shares the mapping.
#[derive(Clone, Debug)]
pub struct MappedFile(Option<Arc<Mmap>>);

impl MappedFile {
    /// Maps a file.
    ///
    /// # Errors
    /// When the file cannot be opened or mapped.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::Error::new(
                io::ErrorKind::IsADirectory,
                "is a directory",
            ));
        }
        if metadata.len() == 0 {
            return Ok(Self(None));
        }
        // SAFETY: the mapping is read-only. Another process that truncates the file while it is
        // mapped would make reads fault; compilers and linkers take the same risk for their
        // inputs, and nothing here derives a length from the mapped bytes without checking it
        // against the length taken now.
        let map = unsafe { Mmap::map(&file)? };
        Ok(Self(Some(Arc::new(map))))
    }
}

impl Deref for MappedFile {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.as_deref().map_or(&[], |m| &m[..])
    }
}
