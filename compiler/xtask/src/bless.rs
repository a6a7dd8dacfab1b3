//! Accepting new test expectations.

use std::{env, path::Path, process::Command};

use anyhow::{Context, Result, bail};

use crate::place::Place;

/// Suites whose expectations can be accepted: their folder of cases and their test target.
const SUITES: [(&str, &str); 2] = [("tests/filetests", "filetests"), ("tests/cli/cases", "cli")];

/// Runs the tests below `path` so that they write what they found as what they expect. They are built with the features in
/// `ZKC_FEATURES`, those of the tools that they run.
pub(crate) fn run(place: &Place, path: &Path) -> Result<()> {
    // As typed in the root, or from anywhere when absolute.
    let path = path.strip_prefix(&place.root).unwrap_or(path);
    let mut known = false;
    for (folder, suite) in SUITES {
        let filter = match path.strip_prefix(folder) {
            Ok(inside) => inside.with_extension(""),
            Err(_) if Path::new(folder).starts_with(path) => Path::new("").to_path_buf(),
            Err(_) => continue,
        };
        known = true;
        let features = env::var("ZKC_FEATURES").unwrap_or_default();
        let status = Command::new("cargo")
            .current_dir(&place.root)
            .args([
                "test",
                "--release",
                "--locked",
                "-p",
                "zkc-tests",
                "--test",
                suite,
                "--features",
                &features,
                "--",
            ])
            .args((!filter.as_os_str().is_empty()).then_some(filter))
            .env("ZKC_BIN_DIR", &place.bin)
            .env("ZKC_BLESS", "1")
            .env("INSTA_UPDATE", "always")
            .env("INSTA_FORCE_PASS", "1")
            .status()
            .context("cannot start cargo")?;
        if !status.success() {
            bail!("some tests of `{suite}` fail for other reasons than their expectations");
        }
    }
    if !known {
        bail!(
            "{} holds no tests with expectations; they are in {SUITES:?}",
            path.display()
        );
    }
    println!(
        "accepted; read the difference like code: git diff -- {}",
        path.display()
    );
    Ok(())
}
