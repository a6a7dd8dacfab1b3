//! `zkc srs`: files with the parameters of KZG.

use std::path::Path;

use zkc_halo2::Stopwatch;

use crate::backends;
use crate::error::{Error, Result};
use crate::output::OutputFile;
use crate::report::SrsReport;
use crate::ui::Ui;

/// `zkc srs generate`: makes a setup for up to 2^k rows and writes `output`.
///
/// An error unless it may be `insecure`: a secure one takes a ceremony of several people.
pub fn generate_srs(k: u32, insecure: bool, output: &Path, ui: &dyn Ui) -> Result<SrsReport> {
    if !insecure {
        return Err(Error::diagnostic("zkc makes insecure setups only")
            .note("whoever makes a setup alone knows its secret, and can forge proofs")
            .help(
                "for tests, add `--insecure`; otherwise use `--commitment ipa`, which needs no setup",
            ));
    }
    OutputFile::check(output)?;
    ui.step(&format!("making an insecure setup for k = {k}"));
    let watch = Stopwatch::start();
    let (setup_digest, srs_bytes) = backends::generate_insecure(k, output)?;
    Ok(SrsReport {
        k,
        insecure_setup: true,
        setup_digest,
        srs_bytes,
        srs_s: watch.cost().wall_s,
    })
}
