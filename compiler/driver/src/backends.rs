//! The proof systems, and what their errors mean to a user.
//!
//! A backend is a row of [`Backend`] and an arm of each `match` here.

use std::path::Path;
use std::sync::Arc;

use zkc_circuit::{AuditOptions, Checker, Circuit, EvalError, Grid, Registers, evaluate};
pub use zkc_halo2::{Cost, Digest};
use zkc_halo2::{LoadedParams, ParamsCache, ParamsSource, Prepared};
use zkc_support::without_os_number;

use crate::error::{Error, Result};
use crate::options::Backend;
use crate::report::CircuitSize;
use crate::ui::Ui;
use crate::values::FixedTensor;

/// Where a circuit comes from: who is to blame if it breaks a rule.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Origin<'a> {
    /// Compiled just now.
    Compiled,
    /// Read from a file.
    File(&'a Path),
}

impl Origin<'_> {
    /// A rule is broken that what we make keeps.
    pub(crate) fn broken(self, text: impl Into<String>) -> Error {
        match self {
            Origin::Compiled => Error::bug(text),
            Origin::File(path) => Error::diagnostic(text)
                .in_file(path)
                .note("the file was changed after zkc wrote it, or zkc has a bug")
                .help(
                    "make the file again; if that does not help, please report it with the model",
                ),
        }
    }
}

/// Checks and lays out a circuit.
pub(crate) fn prepare(
    backend: Backend,
    circuit: Circuit,
    origin: Origin<'_>,
) -> Result<Arc<Prepared>> {
    match backend {
        Backend::Halo2 => Prepared::try_new(circuit).map_err(|error| convert(error, origin)),
    }
}

/// Reads or makes the public parameters for circuits of 2^k rows.
pub(crate) fn params(k: u32, ui: &dyn Ui) -> Result<LoadedParams> {
    let cache = ParamsCache::new(&zkc_support::cache_dir());
    if cache.path(k).exists() {
        ui.step("reading parameters");
    } else {
        ui.step(&format!("making parameters for k = {k}, once"));
    }
    let loaded = cache
        .load_or_make(k, &mut |text| ui.warn(&without_os_number(text)))
        .map_err(|error| convert(error, Origin::Compiled))?;
    ui.detail(&format!(
        "parameters for k = {k} {} in {:.2} s: {}",
        if loaded.source == ParamsSource::Cache {
            "read"
        } else {
            "made"
        },
        loaded.cost.wall_s,
        cache.path(k).display()
    ));
    Ok(loaded)
}

/// The dimensions of a circuit.
pub(crate) fn size(prepared: &Prepared) -> CircuitSize {
    let (circuit, layout, shape) = (prepared.circuit(), prepared.layout(), prepared.shape());
    let tables = circuit.tables.iter();
    let table_rows = tables.clone().map(|table| table.rows()).max().unwrap_or(0);
    CircuitSize {
        k: shape.k,
        rows: u64::from(layout.used_rows()).max(table_rows),
        usable_rows: u64::from(shape.usable_rows),
        advice: shape.advice_columns as u64,
        fixed: shape.fixed_columns as u64,
        table_columns: tables.map(|table| table.columns.len() as u64).sum(),
        instance: shape.instance_columns as u64,
        lookups: shape.lookups as u64,
        gates: circuit.gates.len() as u64,
        constraints: shape.constraints as u64,
        degree: shape.degree as u64,
        copies: layout.copies.len() as u64,
        public_values: layout.public_cells().count() as u64,
    }
}

/// Runs the witness program on quantized inputs.
pub(crate) fn run_program(
    circuit: &Circuit,
    inputs: &[FixedTensor],
    origin: Origin<'_>,
) -> Result<Registers> {
    let inputs: Vec<Vec<i128>> = inputs.iter().map(|input| input.integers.clone()).collect();
    evaluate(circuit, &inputs).map_err(|error| match &error {
        EvalError::InputCount { .. }
        | EvalError::InputLength { .. }
        | EvalError::InputRange { .. } => Error::diagnostic(error.to_string()),
        // Once compiled, every input in the declared range has a witness.
        _ => origin.broken(format!("the witness program fails: {error}")),
    })
}

/// The outputs of an evaluation.
pub(crate) fn outputs(
    circuit: &Circuit,
    registers: &Registers,
    origin: Origin<'_>,
) -> Result<Vec<FixedTensor>> {
    let outputs = circuit.outputs.iter().enumerate();
    outputs
        .map(|(index, info)| {
            let tensor = registers.output(circuit, index).ok_or_else(|| {
                origin.broken(format!("output \"{}\" has no register", info.name))
            })?;
            Ok(FixedTensor {
                name: info.name.clone(),
                shape: crate::model::to_shape(&info.shape)?,
                scale: info.scale,
                integers: tensor.values.to_vec(),
            })
        })
        .collect()
}

/// Checks that every witness cell is pinned by a constraint, at the witness `grid`, which all constraints accept.
///
/// Returns the number of cells that are declared free. What nothing pins is a mistake in the circuit.
pub(crate) fn audit(
    prepared: &Prepared,
    grid: &Grid,
    origin: Origin<'_>,
    ui: &dyn Ui,
) -> Result<u64> {
    ui.step("auditing the circuit");
    let checker = Checker::new(prepared.circuit(), prepared.layout());
    let audit = zkc_circuit::audit(&checker, grid, &AuditOptions::default());
    if audit.is_ok() {
        match &audit.jacobian {
            Some(jacobian) => ui.detail(&format!("the constraints determine all {} cells to first order", jacobian.columns)),
            None => ui.detail("the circuit is too large for the rank of its constraints; the other checks were made"),
        }
        return Ok(audit.free.iter().map(|free| free.cells).sum());
    }
    let mut error = origin.broken(match audit.findings.len() {
        1 => "the audit finds a mistake in the circuit".to_owned(),
        found => format!("the audit finds {found} mistakes in the circuit"),
    });
    for finding in &audit.findings {
        error = error.note(finding.to_string());
    }
    Err(error)
}

/// What an error of the backend means to the user.
pub(crate) fn convert(error: zkc_halo2::Error, origin: Origin<'_>) -> Error {
    use zkc_halo2::Error as E;
    let text = without_os_number(&error.to_string());
    match error {
        E::Limit { .. } => Error::limit(text)
            .help("lower `--fraction-bits`, narrow `--input-range`, or use a smaller model"),
        E::Memory { .. } => Error::limit(text),
        E::Rejected(_) => Error::diagnostic(format!("the proof is rejected: {text}")),
        // The machine is the cause, not the file.
        E::Randomness { .. } | E::Threads { .. } => Error::diagnostic(text),
        E::Capability { .. } | E::ParamsK { .. } | E::File(_) | E::KeyDigest { .. } => match origin
        {
            Origin::File(path) if !text.contains(&*path.to_string_lossy()) => {
                Error::diagnostic(text).in_file(path)
            }
            _ => Error::diagnostic(text),
        },
        E::Expand(_)
        | E::Invalid(_)
        | E::Inconsistent { .. }
        | E::Polynomial { .. }
        | E::Unsatisfied { .. } => origin.broken(text),
        E::Backend { .. } => Error::bug(text),
        // The list may grow; a new kind is at least reported with its text.
        _ => Error::diagnostic(text),
    }
}
