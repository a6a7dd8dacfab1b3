//! A temporary folder in which `zkc` runs, and what it reports.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use zkc_tests::{
    process::{self, Finished},
    tools::Tools,
};

/// The longest that one command may take, parameters of a new circuit size included.
pub(crate) const LIMIT: Duration = Duration::from_secs(900);

pub(crate) struct Work {
    folder: tempfile::TempDir,
}

impl Work {
    pub(crate) fn new() -> Result<Work> {
        Ok(Work {
            folder: tempfile::Builder::new().prefix("zkc-e2e-").tempdir()?,
        })
    }

    /// A file of the temporary folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> Result<Vec<u8>> {
        fs::read(self.path(name)).with_context(|| format!("cannot read {name}"))
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        fs::write(self.path(name), bytes).with_context(|| format!("cannot write {name}"))
    }

    /// Runs a tool in the folder; it may fail.
    pub(crate) fn tool(&self, name: &str, args: &[&str]) -> Result<Finished> {
        process::run(
            Tools::get()?
                .command(name)
                .args(args)
                .current_dir(self.folder.path()),
            LIMIT,
        )
    }

    /// Runs a tool in the folder, which must succeed.
    pub(crate) fn tool_done(&self, name: &str, args: &[&str]) -> Result<()> {
        let done = self.tool(name, args)?;
        ensure!(
            done.success(),
            "{name} {} {}\n{}",
            args.join(" "),
            done.status(),
            done.stderr
        );
        Ok(())
    }

    /// Runs `zkc ARGS --json`, which must succeed, and returns its report.
    pub(crate) fn zkc(&self, args: &[&str]) -> Result<Value> {
        let done = self.tool("zkc", &[args, &["--json"]].concat())?;
        ensure!(
            done.success(),
            "zkc {} {}\n{}",
            args.join(" "),
            done.status(),
            done.stderr
        );
        serde_json::from_str(&done.stdout).with_context(|| {
            format!(
                "zkc {} printed something else than one JSON object: {}",
                args.join(" "),
                done.stdout
            )
        })
    }

    /// Runs `zkc ARGS`, which must refuse: a code from 1 to 2, a message of one kind, no panic, nothing printed as result.
    pub(crate) fn refused(&self, args: &[&str]) -> Result<String> {
        let done = self.tool("zkc", args)?;
        let command = args.join(" ");
        ensure!(
            matches!(done.code, Some(1 | 2)),
            "zkc {command} {} instead of refusing\n{}",
            done.status(),
            done.stderr
        );
        let errors = done
            .stderr
            .lines()
            .filter(|line| line.starts_with("error: "))
            .count();
        ensure!(
            errors == 1,
            "zkc {command} gave {errors} error messages instead of one:\n{}",
            done.stderr
        );
        ensure!(
            !done.stderr.contains("panicked"),
            "zkc {command} panicked:\n{}",
            done.stderr
        );
        Ok(done.stderr)
    }
}

/// `zkc prove` of `m.zkc` from the witness `w`.
pub(crate) fn by_witness(proof: &str) -> [&str; 8] {
    [
        "prove",
        "m.zkc",
        "--pk",
        "m.pk",
        "--witness",
        "w",
        "-o",
        proof,
    ]
}

/// A path as an argument.
pub(crate) fn arg(path: &Path) -> &str {
    // Fixtures and temporary files of the tests have names in UTF-8.
    path.to_str().unwrap_or_default()
}

/// All numbers of a nested list, in order.
pub(crate) fn numbers(value: &Value) -> Result<Vec<f64>> {
    match value {
        Value::Array(items) => Ok(items
            .iter()
            .map(numbers)
            .collect::<Result<Vec<_>>>()?
            .concat()),
        other => Ok(vec![
            other
                .as_f64()
                .with_context(|| format!("{other} is no number"))?,
        ]),
    }
}
