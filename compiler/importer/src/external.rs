//! Files beside a model that hold its external data.

use crate::error::ErrorKind;
use onnx_protobuf::StringStringEntryProto;
use std::{
    collections::BTreeMap,
    ops::Range,
    path::{Component, Path, PathBuf},
};
use zkc_support::{MappedFile, describe_io};

/// The external files of one model; each is mapped once.
#[derive(Debug)]
pub(crate) struct External {
    folder: PathBuf,
    files: BTreeMap<String, MappedFile>,
}

impl External {
    /// For a model in `folder`.
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.into(),
            files: BTreeMap::new(),
        }
    }

    /// The files that were opened.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        let names = self.files.keys();
        names.map(|name| self.folder.join(name)).collect()
    }

    /// The file, relative to the model's folder, and the place in it that hold `bytes` bytes of
    /// tensor `name`. The range lies within the file.
    pub(crate) fn locate(
        &mut self,
        name: &str,
        entries: &[StringStringEntryProto],
        bytes: usize,
    ) -> Result<(String, Range<usize>), ErrorKind> {
        let entry = |key: &str| {
            entries
                .iter()
                .find(|e| e.key == key)
                .map(|e| e.value.as_str())
        };
        let location = entry("location").unwrap_or("");
        let fail = |reason: String| ErrorKind::ExternalData {
            name: name.into(),
            file: location.into(),
            reason,
        };
        let number = |key: &str| match entry(key) {
            None => Ok(None),
            Some(text) => {
                let value = text.parse::<usize>();
                value
                    .map(Some)
                    .map_err(|_| fail(format!("`{key}` is \"{text}\", which is no size")))
            }
        };
        let offset = number("offset")?.unwrap_or(0);
        let length = number("length")?.unwrap_or(bytes);
        if length != bytes {
            return Err(fail(format!(
                "`length` is {length}, but the tensor's dimensions need {bytes} bytes"
            )));
        }
        let file = relative(location).map_err(fail)?;
        let present = self.map(&file).map_err(fail)?.len();
        match offset.checked_add(length) {
            Some(end) if end <= present => Ok((file, offset..end)),
            _ => Err(fail(format!(
                "the file has {present} bytes, but {length} bytes at offset {offset} are needed"
            ))),
        }
    }

    /// Bytes at a place that [`External::locate`] found.
    pub(crate) fn read(
        &mut self,
        name: &str,
        file: &str,
        range: Range<usize>,
    ) -> Result<Vec<u8>, ErrorKind> {
        self.bytes(name, file, range).map(<[u8]>::to_vec)
    }

    /// The mapped bytes at a place that [`External::locate`] found.
    pub(crate) fn bytes(
        &mut self,
        name: &str,
        file: &str,
        range: Range<usize>,
    ) -> Result<&[u8], ErrorKind> {
        let mapped = self.map(file).and_then(|mapped| {
            mapped
                .get(range)
                .ok_or_else(|| "the file became shorter meanwhile".to_string())
        });
        mapped.map_err(|reason| ErrorKind::ExternalData {
            name: name.into(),
            file: file.into(),
            reason,
        })
    }

    fn map(&mut self, file: &str) -> Result<&MappedFile, String> {
        if !self.files.contains_key(file) {
            let mapped = self.open(file)?;
            self.files.insert(file.into(), mapped);
        }
        Ok(&self.files[file])
    }

    fn open(&self, file: &str) -> Result<MappedFile, String> {
        let folder = if self.folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            &self.folder
        };
        let cannot = |e: std::io::Error| format!("cannot read the file: {}", describe_io(&e));
        let path = folder.join(file).canonicalize().map_err(cannot)?;
        // A link may lead elsewhere, and a model from a stranger must not read the user's files.
        if !path.starts_with(folder.canonicalize().map_err(cannot)?) {
            return Err("a link leads out of the model's folder; copy the file there".into());
        }
        // A pipe or device would block, or never end.
        if !path.metadata().map_err(cannot)?.is_file() {
            return Err("is no regular file".into());
        }
        MappedFile::open(&path).map_err(cannot)
    }
}

/// A path that stays below the model's folder, in its shortest form.
fn relative(location: &str) -> Result<String, String> {
    let mut parts = Vec::new();
    for part in Path::new(location).components() {
        match part {
            // The path comes from a `str`, so its parts are text.
            Component::Normal(part) => parts.push(part.to_string_lossy()),
            Component::CurDir => {}
            _ => return Err("the path must be relative and stay in the model's folder".into()),
        }
    }
    if parts.is_empty() {
        return Err("there is no file name (`location`)".into());
    }
    Ok(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_in_the_folder() {
        assert_eq!(relative("./a//b.bin").as_deref(), Ok("a/b.bin"));
        for bad in ["", ".", "..", "../a", "a/../../b", "/etc/passwd"] {
            assert!(relative(bad).is_err(), "{bad}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_do_not_lead_out() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret"), [0; 8]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("w.bin");
        std::os::unix::fs::symlink(outside.path().join("secret"), link).unwrap();
        let mut entry = StringStringEntryProto::new();
        entry.key = "location".into();
        entry.value = "w.bin".into();
        let error = External::new(folder.path())
            .locate("w", &[entry], 8)
            .unwrap_err();
        assert!(error.to_string().contains("a link leads out"), "{error}");
    }
}
