//! Files that appear whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use zkc_support::Writing;

use crate::error::{Error, Result};

/// Who may read a file that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// As the process's umask says.
    Ordinary,
    /// Only its owner: the file holds private data.
    Private,
}

/// A file that is to be written.
///
/// That it can be is tried at once, so that an output that cannot be written is an error before any work is done.
/// [`OutputFile::commit`] writes under another name in the same folder and then renames. Until then nothing is there,
/// and whoever ends the process asks [`Writing`](zkc_support::Writing) first, so that nothing half-written is left.
/// What is not an ordinary file (`/dev/null`, a pipe) is written to directly.
#[derive(Debug)]
pub struct OutputFile {
    path: PathBuf,
    access: Access,
    sink: Sink,
}

#[derive(Debug)]
enum Sink {
    /// Written aside, to be renamed to this path.
    Aside(PathBuf),
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
                    access,
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
        let _writing = Writing::begin();
        aside(&target, access).map_err(failed)?;
        Ok(OutputFile {
            path: path.into(),
            access,
            sink: Sink::Aside(target),
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
    pub fn commit_with(self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        let failed = |error: io::Error| Error::io("cannot write", &self.path, &error);
        match self.sink {
            Sink::Aside(target) => {
                let _writing = Writing::begin();
                let mut file = aside(&target, self.access).map_err(failed)?;
                write(file.as_file_mut())
                    .and_then(|()| file.flush())
                    .map_err(failed)?;
                file.persist(&target).map_err(|error| failed(error.error))?;
                Ok(())
            }
            Sink::Direct(mut file) => write(&mut file).and_then(|()| file.flush()).map_err(failed),
        }
    }
}

/// A new file in the folder of `target`, which goes away when it is dropped.
fn aside(target: &Path, access: Access) -> io::Result<NamedTempFile> {
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
    let made = builder.tempfile_in(folder);
    // The temporary name would only confuse.
    made.map_err(|error| io::Error::from(error.kind()))
}

/// Refuses outputs that would overwrite an input or each other, also by another name of the same file.
pub(crate) fn keep_apart(outputs: &[&Path], inputs: &[PathBuf]) -> Result<()> {
    let inputs: Vec<(&Path, Option<Identity>)> = (inputs.iter())
        .map(|path| (path.as_path(), Identity::of(path)))
        .collect();
    let mut taken: Vec<(&Path, Identity)> = Vec::new();
    for output in outputs {
        let Some(identity) = Identity::of(output) else {
            continue;
        };
        let is_same = |other: &Option<Identity>| other.as_ref() == Some(&identity);
        if let Some((input, _)) = inputs.iter().find(|(_, other)| is_same(other)) {
            return Err(Error::diagnostic(format!(
                "the output {} would overwrite the input {}",
                output.display(),
                input.display()
            ))
            .help("name another file for the output"));
        }
        if let Some((other, _)) = taken.iter().find(|(_, other)| *other == identity) {
            return Err(Error::diagnostic(format!(
                "two outputs go to one file, {} and {}",
                other.display(),
                output.display()
            ))
            .help("name a file for each"));
        }
        taken.push((output, identity));
    }
    Ok(())
}

/// What tells one ordinary file from another, by whatever names and links it is reached.
#[derive(Debug, PartialEq, Eq)]
enum Identity {
    /// A file that is there: device and number of the file.
    #[cfg(unix)]
    Node(u64, u64),
    /// Its path without links.
    Path(PathBuf),
}

impl Identity {
    /// `None` for what nothing can overwrite: devices, pipes, folders, and what cannot be reached.
    fn of(path: &Path) -> Option<Self> {
        match fs::metadata(path) {
            #[cfg(unix)]
            Ok(metadata) if metadata.is_file() => {
                use std::os::unix::fs::MetadataExt;
                Some(Identity::Node(metadata.dev(), metadata.ino()))
            }
            #[cfg(not(unix))]
            Ok(metadata) if metadata.is_file() => fs::canonicalize(path).ok().map(Identity::Path),
            Ok(_) => None,
            // Not there yet: the name in its folder.
            Err(_) => {
                let folder = match path.parent()? {
                    folder if folder.as_os_str().is_empty() => Path::new("."),
                    folder => folder,
                };
                let folder = fs::canonicalize(folder).ok()?;
                Some(Identity::Path(folder.join(path.file_name()?)))
            }
        }
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
        // Nothing is there that a killed process could leave.
        assert!(names(folder.path()).is_empty());
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
    fn outputs_are_kept_apart_from_inputs_and_each_other() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("model"), b"").unwrap();
        fs::hard_link(at("model"), at("hard")).unwrap();
        symlink(at("model"), at("soft")).unwrap();
        symlink(folder.path(), at("folder")).unwrap();
        let message = |outputs: &[&str]| {
            let outputs: Vec<PathBuf> = outputs.iter().map(|name| at(name)).collect();
            let outputs: Vec<&Path> = outputs.iter().map(PathBuf::as_path).collect();
            keep_apart(&outputs, &[at("model"), at("none")])
                .err()
                .map(|error| error.message().to_owned())
        };
        for same in [
            "model",
            "hard",
            "soft",
            "folder/model",
            "folder/soft",
            "none",
        ] {
            let message = message(&[same]).unwrap();
            assert!(message.contains("would overwrite the input"), "{same}");
        }
        for (a, b) in [("pk", "pk"), ("pk", "folder/pk")] {
            let message = message(&[a, b]).unwrap();
            assert!(message.starts_with("two outputs go to one file"), "{a} {b}");
        }
        assert_eq!(message(&["pk", "vk"]), None);
        let null = Path::new("/dev/null");
        assert!(keep_apart(&[null, null], &[null.into()]).is_ok());
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
