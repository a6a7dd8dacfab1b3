//! Files that appear whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{Error, Result};

/// Who may read a file that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// As the process's umask says.
    Ordinary,
    /// Only its owner: the file holds private data.
    Private,
}

/// A file that is being written.
///
/// It is opened at once, so that an output that cannot be written is an error before any work is done, under another
/// name in the same folder; [`OutputFile::commit`] gives it its name. Dropping it uncommitted leaves nothing behind.
/// What is not an ordinary file (`/dev/null`, a pipe) is written to directly.
#[derive(Debug)]
pub struct OutputFile {
    path: PathBuf,
    sink: Sink,
}

#[derive(Debug)]
enum Sink {
    /// Written aside, to be renamed to the path.
    Aside(NamedTempFile, PathBuf),
    /// Written directly.
    Direct(File),
}

impl OutputFile {
    /// Prepares to write `path`, replacing what is there.
    pub fn create(path: &Path, access: Access) -> Result<Self> {
        let failed = |error: io::Error| Error::io("cannot write", path, &error);
        let target = match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => {
                return Err(Error::diagnostic(format!(
                    "cannot write {}: it is a folder",
                    path.display()
                )));
            }
            // A link is followed: the file it names is replaced, the link stays.
            Ok(metadata) if metadata.is_file() => fs::canonicalize(path).map_err(failed)?,
            Ok(_) => {
                let file = File::options().write(true).open(path).map_err(failed)?;
                return Ok(OutputFile {
                    path: path.into(),
                    sink: Sink::Direct(file),
                });
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
            Err(error) => return Err(failed(error)),
        };
        if target.file_name().is_none() {
            return Err(Error::diagnostic(format!(
                "cannot write {}: it names no file",
                path.display()
            )));
        }
        let folder = match target.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(".zkc-");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = match access {
                Access::Ordinary => 0o666,
                Access::Private => 0o600,
            };
            builder.permissions(fs::Permissions::from_mode(mode));
        }
        let aside = builder.tempfile_in(folder).map_err(|error| {
            // The temporary name would only confuse.
            Error::io("cannot write", path, &io::Error::from(error.kind()))
        })?;
        Ok(OutputFile {
            path: path.into(),
            sink: Sink::Aside(aside, target),
        })
    }

    /// Checks that `path` can be written as an ordinary file, for what writes it itself, by renaming.
    pub fn check(path: &Path) -> Result<()> {
        match Self::create(path, Access::Ordinary)?.sink {
            Sink::Aside(..) => Ok(()),
            Sink::Direct(_) => Err(Error::diagnostic(format!(
                "cannot write {}: it is not an ordinary file",
                path.display()
            ))),
        }
    }

    /// Writes the contents and gives the file its name.
    pub fn commit(self, bytes: &[u8]) -> Result<()> {
        self.commit_with(|sink| sink.write_all(bytes))
    }

    /// The same with contents that `write` puts out piece by piece.
    pub fn commit_with(
        mut self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<()> {
        let path = self.path.clone();
        let failed = |error: io::Error| Error::io("cannot write", &path, &error);
        match &mut self.sink {
            Sink::Aside(file, _) => write(file.as_file_mut()).and_then(|()| file.flush()),
            Sink::Direct(file) => write(file).and_then(|()| file.flush()),
        }
        .map_err(failed)?;
        if let Sink::Aside(file, target) = self.sink {
            file.persist(&target).map_err(|error| failed(error.error))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_appears_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let file = OutputFile::create(&path, Access::Ordinary).unwrap();
        assert!(!path.exists());
        drop(file);
        assert!(names(folder.path()).is_empty());
        let failing = OutputFile::create(&path, Access::Ordinary).unwrap();
        let error = failing.commit_with(|sink| {
            sink.write_all(b"half")?;
            Err(io::Error::from(io::ErrorKind::StorageFull))
        });
        assert!(
            error
                .unwrap_err()
                .message()
                .ends_with("a: no space left on the device")
        );
        assert!(names(folder.path()).is_empty());
        OutputFile::create(&path, Access::Ordinary)
            .unwrap()
            .commit(b"one")
            .unwrap();
        OutputFile::create(&path, Access::Ordinary)
            .unwrap()
            .commit(b"two")
            .unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(names(folder.path()), ["a"]);
    }

    #[test]
    fn what_cannot_be_written_is_known_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let message = |path: &Path| {
            OutputFile::create(path, Access::Ordinary)
                .unwrap_err()
                .message()
                .to_owned()
        };
        assert!(message(folder.path()).ends_with(": it is a folder"));
        assert!(message(&folder.path().join("none/a")).ends_with("none/a: no such file or folder"));
        fs::write(folder.path().join("file"), b"").unwrap();
        assert!(
            message(&folder.path().join("file/a")).ends_with("a part of the path is not a folder")
        );
    }

    #[cfg(unix)]
    #[test]
    fn private_files_are_for_their_owner_and_links_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w");
        OutputFile::create(&path, Access::Private)
            .unwrap()
            .commit(b"")
            .unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let link = folder.path().join("link");
        symlink(&path, &link).unwrap();
        OutputFile::create(&link, Access::Ordinary)
            .unwrap()
            .commit(b"new")
            .unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[cfg(unix)]
    #[test]
    fn devices_are_written_to_and_not_replaced() {
        OutputFile::create(Path::new("/dev/null"), Access::Ordinary)
            .unwrap()
            .commit(b"x")
            .unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        assert!(OutputFile::check(Path::new("/dev/null")).is_err());
    }
}
