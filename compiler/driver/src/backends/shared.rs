//! What the backends do alike: parameters that need no setup, and what errors mean to a user.

use zkc_backend::{CacheableParams, ParamsCache, ParamsSource};
use zkc_support::without_os_number;

use super::{Origin, ParamsUse};
use crate::error::{Error, Result};
use crate::ui::Ui;

/// What helps against too many rows or bits.
const LIMIT_HELP: &str = "lower `--fraction-bits`, narrow `--input-range`, or use a smaller model";

/// Parameters and how they were got.
#[derive(Debug)]
pub(super) struct Loaded<P> {
    pub(super) params: P,
    pub(super) used: ParamsUse,
}

/// Reads the parameters for circuits of 2^k rows from the project's cache, or makes them and keeps them there.
pub(super) fn load_or_make<P: CacheableParams>(k: u32, ui: &dyn Ui) -> Result<Loaded<P>> {
    let cache = ParamsCache::<P>::new(&zkc_support::cache_dir());
    if cache.path(k).exists() {
        ui.step("reading parameters");
    } else {
        ui.step(&format!("making parameters for k = {k}, once"));
    }
    let loaded = cache
        .load_or_make(k, &mut |text| ui.warn(&without_os_number(text)))
        .map_err(|error| convert(error, Origin::Compiled))?;
    let cached = loaded.source == ParamsSource::Cache;
    ui.detail(&format!(
        "parameters for k = {k} {} in {:.2} s: {}",
        if cached { "read" } else { "made" },
        loaded.cost.wall_s,
        cache.path(k).display()
    ));
    Ok(Loaded {
        params: loaded.params,
        used: ParamsUse {
            cost: loaded.cost,
            cached,
        },
    })
}

/// What an error of a backend means to the user.
pub(super) fn convert(error: zkc_backend::Error, origin: Origin<'_>) -> Error {
    use zkc_backend::Error as E;
    let text = without_os_number(&error.to_string());
    match error {
        E::Limit { .. } => Error::limit(text).help(LIMIT_HELP),
        E::Memory { .. } => Error::limit(text),
        E::Rejected(_) => Error::diagnostic(format!("the proof is rejected: {text}")),
        E::InsecureSetup { .. } => origin
            .diagnostic(text)
            .help("for tests, `--insecure-srs` accepts such a key"),
        // The machine is the cause, not the file.
        E::Randomness { .. } | E::Threads { .. } | E::Environment { .. } | E::Processor => {
            Error::diagnostic(text)
        }
        E::Capability { .. }
        | E::ParamsK { .. }
        | E::ParamsMissing { .. }
        | E::OtherCommitment { .. }
        | E::OtherSetup { .. }
        | E::File(_)
        | E::KeyDigest { .. } => origin.diagnostic(text),
        E::Expand(_)
        | E::Multiplicity(_)
        | E::Derive(_)
        | E::Invalid(_)
        | E::Inconsistent { .. }
        | E::Polynomial { .. }
        | E::Unsatisfied { .. } => origin.broken(text),
        E::Backend { .. } => Error::bug(text),
        // The list may grow; a new kind is at least reported with its text.
        _ => Error::diagnostic(text),
    }
}
