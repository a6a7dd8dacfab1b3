//! Parameters of KZG: files that the user names, and those that the cache keeps.
//!
//! Keys and proofs need parameters for exactly as many rows as the circuit has. Making these of a file for more rows takes
//! time, as does making insecure ones, so the cache keeps both, named by the setup's digest and by k. What is read there
//! is checked like any other file, and its setup must be the one that was asked for.

use std::path::{Path, PathBuf};

use zkc_halo2_axiom::{Params, Setup, Stopwatch};
use zkc_support::Writing;

use super::axiom::convert;
use super::{Origin, ParamsUse};
use crate::error::{Error, Result};
use crate::options::CommitOptions;
use crate::ui::Ui;

/// Parameters and how they were got.
pub(super) struct Loaded {
    pub(super) params: Params,
    pub(super) used: ParamsUse,
}

/// The parameters that the options name, for new keys of a circuit of 2^k rows.
pub(super) fn load(k: u32, options: &CommitOptions, ui: &dyn Ui) -> Result<Loaded> {
    let watch = Stopwatch::start();
    let (params, cached) = match &options.srs {
        None => insecure(k, ui)?,
        Some(path) => from_file(k, path, options.insecure_srs, ui)?,
    };
    if params.setup() == Setup::Insecure {
        ui.warn("the setup is insecure: its secret is published, so that anybody can forge proofs");
    }
    Ok(loaded(params, cached, &watch))
}

/// The parameters of the setup that a key was made with, which stands in file `pk`.
pub(super) fn load_again(
    k: u32,
    setup: &Setup,
    srs: Option<&Path>,
    pk: &Path,
    ui: &dyn Ui,
) -> Result<Loaded> {
    let watch = Stopwatch::start();
    if *setup == Setup::Insecure {
        ui.warn(&format!(
            "{} is of an insecure setup: its secret is published, so that anybody can forge proofs",
            pk.display()
        ));
    }
    if let Some(params) = try_cache(k, setup, ui) {
        return Ok(loaded(params, true, &watch));
    }
    let (params, cached) = match (srs, setup) {
        (Some(path), _) => from_file(k, path, true, ui)?,
        (None, Setup::Insecure) => insecure(k, ui)?,
        (None, _) => {
            return Err(Error::diagnostic(format!(
                "proving with {} needs the parameters of {setup}, which are not in the cache",
                pk.display()
            ))
            .help("name their file with `--srs FILE`"));
        }
    };
    if params.setup() != *setup {
        return Err(Error::diagnostic(format!(
            "{} is a key for {setup}, the parameters are of {}",
            pk.display(),
            params.setup()
        ))
        .help("name the file that the key was made with"));
    }
    Ok(loaded(params, cached, &watch))
}

fn loaded(params: Params, cached: bool, watch: &Stopwatch) -> Loaded {
    Loaded {
        params,
        used: ParamsUse {
            cost: watch.cost(),
            cached,
        },
    }
}

/// The insecure parameters, and whether they were there already.
fn insecure(k: u32, ui: &dyn Ui) -> Result<(Params, bool)> {
    if let Some(params) = try_cache(k, &Setup::Insecure, ui) {
        return Ok((params, true));
    }
    ui.step(&format!("making insecure parameters for k = {k}, once"));
    let params = Params::insecure(k).map_err(failed)?;
    keep(&params, ui);
    Ok((params, false))
}

/// Parameters from a file, cut down to 2^k rows, and whether nothing had to be made for that.
fn from_file(k: u32, path: &Path, insecure_allowed: bool, ui: &dyn Ui) -> Result<(Params, bool)> {
    ui.step("reading the setup");
    let params = Params::read_srs(path).map_err(|error| convert(error, Origin::File(path)))?;
    let setup = params.setup();
    if setup == Setup::Insecure && !insecure_allowed {
        return Err(Error::diagnostic(format!(
            "{} holds an insecure setup: its secret is published, so that anybody can forge proofs",
            path.display()
        ))
        .help("for tests, allow it with `--insecure-srs`"));
    }
    if params.k() < k {
        return Err(Error::limit(format!(
            "{} is for at most 2^{} rows, the circuit has 2^{k}",
            path.display(),
            params.k()
        ))
        .help("name a file of parameters for more rows, or use `--commitment ipa`"));
    }
    if params.k() == k {
        return Ok((params, true));
    }
    if let Some(params) = try_cache(k, &setup, ui) {
        return Ok((params, true));
    }
    ui.step(&format!("cutting the setup down to k = {k}, once"));
    let params = params.downsize(k).map_err(failed)?;
    keep(&params, ui);
    Ok((params, false))
}

/// The cached parameters of a setup; a damaged file is told and ignored.
fn try_cache(k: u32, setup: &Setup, ui: &dyn Ui) -> Option<Params> {
    let path = cache_path(k, setup)?;
    if !path.exists() {
        return None;
    }
    ui.step("reading parameters");
    let damaged = |what: &str| {
        ui.warn(&format!(
            "cannot use the parameters {}: {what}; making them anew",
            path.display()
        ));
    };
    match Params::read_srs(&path) {
        Ok(params) if params.k() == k && params.setup() == *setup => Some(params),
        Ok(_) => {
            damaged("they are of another setup");
            None
        }
        Err(error) => {
            damaged(convert(error, Origin::Compiled).message());
            None
        }
    }
}

/// Keeps parameters for the next time. That this fails is no error.
fn keep(params: &Params, ui: &dyn Ui) {
    let Some(path) = cache_path(params.k(), &params.setup()) else {
        return;
    };
    let kept = {
        let _writing = Writing::begin();
        let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        folder
            .map_err(|error| Error::io("cannot write", &path, &error))
            .and_then(|()| params.write_srs(&path).map_err(failed))
    };
    if let Err(error) = kept {
        ui.warn(&format!(
            "cannot keep the parameters for k = {}: {}; they will be made again next time",
            params.k(),
            error.message()
        ));
    }
}

/// The file in the cache for a setup and 2^k rows.
fn cache_path(k: u32, setup: &Setup) -> Option<PathBuf> {
    let digest = setup.digest()?;
    let name = format!("halo2-axiom-kzg-{digest}-k{k}");
    Some(zkc_support::cache_dir().join("params").join(name))
}

/// Makes an insecure setup for 2^k rows and writes its file; returns its digest and the length of the file in bytes.
pub(crate) fn generate_insecure(k: u32, output: &Path) -> Result<(String, u64)> {
    let params = Params::insecure(k).map_err(failed)?;
    let digest = params.setup().digest();
    let _writing = Writing::begin();
    let bytes = params.write_srs(output).map_err(failed)?;
    Ok((
        digest.map(|digest| digest.to_hex()).unwrap_or_default(),
        bytes,
    ))
}

fn failed(error: zkc_halo2_axiom::Error) -> Error {
    convert(error, Origin::Compiled)
}
