//! What the test suites of zkc share: finding the tools, running them, sharding, and the fixture models.
//!
//! Every suite starts the tools as separate programs, so that tests see what users see and no test binary links MLIR.

pub mod bless;
pub mod coverage;
pub mod filetest;
pub mod models;
pub mod networks;
pub mod onnx_text;
pub mod process;
pub mod shard;
pub mod tensor;
pub mod tools;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// The folder of this crate: `tests/` at the root of the repository.
pub fn tests_dir() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The root of the repository.
pub fn repository() -> &'static Path {
    tests_dir()
        .parent()
        .expect("the tests folder stands in the repository")
}

/// The folder of fixtures: models, digits, inputs.
pub fn fixtures() -> PathBuf {
    tests_dir().join("fixtures")
}

/// Ends a program: says what went wrong, and fails then.
pub fn exit_code(done: anyhow::Result<ExitCode>) -> ExitCode {
    done.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

/// All files below `dir` in the order of their paths, so that suites list their cases alike everywhere.
///
/// # Errors
/// When a folder cannot be read.
pub fn files_below(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}
