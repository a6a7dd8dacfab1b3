//! Which test files there must be: a pass or a dialect without them fails the suite.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};

use crate::{repository, tests_dir};

/// What every dialect has: what prints as it was read, and what its verifiers refuse.
const OF_A_DIALECT: [&str; 2] = ["ops.mlir", "invalid.mlir"];
/// What every pass has. Most also have `unchanged.mlir`, `errors.mlir` and, from their docs, `doc.mlir`.
const OF_A_PASS: [&str; 1] = ["basic.mlir"];

/// Checks that each dialect and each pass has its test files.
///
/// # Errors
/// Naming every file that is missing.
pub fn check() -> Result<()> {
    let filetests = tests_dir().join("filetests");
    let mut missing = Vec::new();
    let mut require = |folder: &Path, files: &[&str]| {
        missing.extend(
            files
                .iter()
                .map(|file| folder.join(file))
                .filter(|file| !filetests.join(file).exists()),
        );
    };
    for dialect in names(&repository().join("dialects"), |path| path.is_dir())? {
        require(&Path::new("dialects").join(dialect), &OF_A_DIALECT);
    }
    for file in names(&repository().join("passes"), is_pass)? {
        require(
            &Path::new("passes").join(file.trim_end_matches(".rs").replace('_', "-")),
            &OF_A_PASS,
        );
    }
    if !missing.is_empty() {
        let list: Vec<String> = missing
            .iter()
            .map(|path| format!("tests/filetests/{}", path.display()))
            .collect();
        bail!("missing tests:\n{}", list.join("\n"));
    }
    Ok(())
}

/// A pass file opens with ``//! `name`: ...``, the name being that of the file.
fn is_pass(path: &Path) -> bool {
    let stem = path
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default()
        .replace('_', "-");
    fs::read_to_string(path).is_ok_and(|source| source.starts_with(&format!("//! `{stem}`: ")))
}

fn names(folder: &Path, wanted: impl Fn(&Path) -> bool) -> Result<Vec<String>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        if wanted(&entry.path()) {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}
