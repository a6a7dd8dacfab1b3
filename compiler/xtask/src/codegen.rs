//! Generated files: each has one source, names it in its first lines, and is committed.

mod dialects;
mod digits;
mod passes;
mod supported_ops;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};

use crate::place::Place;

/// A file and what should be in it.
pub(crate) struct Generated {
    /// Path below the root of the repository.
    pub(crate) path: PathBuf,
    /// The whole contents.
    pub(crate) contents: Vec<u8>,
}

impl Generated {
    pub(crate) fn text(path: impl Into<PathBuf>, contents: String) -> Self {
        Generated {
            path: path.into(),
            contents: contents.into_bytes(),
        }
    }
}

/// Writes the generated files, or with `check` only compares them.
pub(crate) fn run(place: &Place, check: bool) -> Result<()> {
    // One source that cannot be read does not keep the others from being written.
    let mut files = Vec::new();
    let mut problems = Vec::new();
    for generate in [
        dialects::generate,
        passes::generate,
        supported_ops::generate,
        digits::generate,
    ] {
        match generate(place) {
            Ok(generated) => files.extend(generated),
            Err(error) => problems.push(format!("{error:#}")),
        }
    }

    let mut stale = Vec::new();
    for file in &files {
        let path = place.file(&file.path);
        if fs::read(&path).is_ok_and(|found| found == file.contents) {
            continue;
        }
        if check {
            show_difference(&path, &file.contents);
            stale.push(file.path.display().to_string());
        } else {
            write(&path, &file.contents)?;
            println!("wrote {}", file.path.display());
        }
    }
    if !stale.is_empty() {
        problems.push(format!(
            "out of date: {}\n  to bring them up to date: ./x codegen",
            stale.join(", ")
        ));
    }
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    Ok(())
}

fn write(path: &Path, contents: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    fs::write(path, contents).with_context(|| format!("cannot write {}", path.display()))
}

/// Prints a unified diff of a text file; without `diff` on the machine the closing message has to do.
fn show_difference(path: &Path, wanted: &[u8]) {
    if std::str::from_utf8(wanted).is_err() {
        return;
    }
    let child = Command::new("diff")
        .args(["-uN", "--label", "committed", "--label", "generated"])
        .arg(path)
        .arg("-")
        .stdin(Stdio::piped())
        .spawn();
    if let Ok(mut child) = child {
        if let Some(mut input) = child.stdin.take() {
            // A reader that stops early has shown enough.
            let _ = input.write_all(wanted);
        }
        let _ = child.wait();
    }
}
