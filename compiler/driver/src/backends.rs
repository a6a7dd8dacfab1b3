//! The proof systems, and what their errors mean to a user.
//!
//! A backend is a row of [`Backend`], an arm of each `match` in this file, and a module below that implements the traits
//! here. Everything else speaks to the traits.

mod axiom;
mod halo2;
mod kzg;
mod named;
mod shared;

use std::fmt;
use std::path::Path;

use zkc_backend::CircuitShape;
use zkc_circuit::file::{self, FileKind};
use zkc_circuit::{
    AuditOptions, Checker, Circuit, ColumnKind, EvalError, Grid, Layout, Registers, evaluate,
};
pub use zkc_halo2::{Cost, Digest};
use zkc_halo2::{Digests, PublicTensor};
use zkc_halo2_axiom::Prediction;

use crate::error::{Error, Result, names};
use crate::model::file_error;
use crate::options::{Backend, CommitOptions};
use crate::report::{CircuitSize, ProofSystem};
use crate::soundness::soundness_bits;
use crate::ui::Ui;
use crate::values::FixedTensor;

pub(crate) use kzg::generate_insecure;

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

    /// Something is wrong that the user can act on.
    fn diagnostic(self, text: String) -> Error {
        match self {
            Origin::File(path) if !names(&text, &path.to_string_lossy()) => {
                Error::diagnostic(text).in_file(path)
            }
            _ => Error::diagnostic(text),
        }
    }
}

/// A circuit that a backend has checked and laid out.
pub(crate) trait Prepared: fmt::Debug {
    /// The circuit.
    fn circuit(&self) -> &Circuit;

    /// Where its values stand.
    fn layout(&self) -> &Layout;

    /// Its dimensions.
    fn size(&self) -> CircuitSize;

    /// Puts the values of an evaluation of the circuit into their cells, but for columns that depend on challenges.
    fn assign(&self, registers: &Registers, origin: Origin<'_>) -> Result<Grid>;

    /// Checks all constraints at the values of a grid, without keys.
    fn check(&self, grid: &Grid, origin: Origin<'_>) -> Result<Checked>;

    /// Gets parameters, then makes keys.
    fn make_keys(
        &self,
        options: &CommitOptions,
        origin: Origin<'_>,
        ui: &dyn Ui,
    ) -> Result<ReadyKey>;
}

/// The outcome of checking all constraints.
pub(crate) struct Checked {
    /// The first constraints that do not hold, in words.
    pub(crate) failures: Vec<String>,
    /// How many do not hold.
    pub(crate) total: usize,
    /// What the check cost.
    pub(crate) cost: Cost,
}

/// Parameters were got.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ParamsUse {
    /// What that cost.
    pub(crate) cost: Cost,
    /// Whether they were there, in the cache or a file; otherwise they were made.
    pub(crate) cached: bool,
}

/// A proving key together with its parameters.
pub(crate) struct ReadyKey {
    /// The key.
    pub(crate) key: Box<dyn ProvingKey>,
    /// How its parameters were got.
    pub(crate) params: ParamsUse,
    /// What making or reading the key cost.
    pub(crate) key_cost: Cost,
}

/// A proving key that is ready for use; the verifying key is part of it.
pub(crate) trait ProvingKey {
    /// What its proofs are.
    fn system(&self) -> ProofSystem;

    /// What identifies it.
    fn digests(&self) -> Digests;

    /// Writes the files of both keys, each all or nothing. Returns their lengths in bytes.
    fn write(&self, pk: &Path, vk: &Path) -> Result<(u64, u64)>;

    /// The lengths that the files would have.
    fn file_sizes(&self) -> Result<(u64, u64)>;

    /// What a proof is predicted to cost; `None` where no constants were measured.
    fn predict(&self) -> Option<Prediction>;

    /// Proves that the values of a grid satisfy the circuit. `origin` is asked where they do not, or the key is damaged.
    fn prove<'a>(&self, grid: &Grid, origin: &dyn Fn() -> Origin<'a>) -> Result<Proved>;

    /// Checks a proof, insecure ones included: whoever made the key with such a setup has asked for it.
    fn verify(&self, payload: &[u8]) -> Result<Verified>;
}

/// A proof and what making it cost.
pub(crate) struct Proved {
    /// The public values.
    pub(crate) public: Vec<PublicTensor>,
    /// The payload of a proof file.
    pub(crate) payload: Vec<u8>,
    /// What making the proof cost.
    pub(crate) cost: Cost,
}

/// A proof that holds.
pub(crate) struct Verified {
    /// Digest of its circuit.
    pub(crate) circuit: Digest,
    /// Its public values.
    pub(crate) public: Vec<PublicTensor>,
    /// How parameters were got; `None` where none were needed, or where they were at hand.
    pub(crate) params: Option<ParamsUse>,
    /// What making or reading the key cost.
    pub(crate) key_cost: Cost,
    /// What checking the proof cost.
    pub(crate) cost: Cost,
}

/// A proving key as its file holds it.
pub(crate) trait StoredProvingKey {
    /// What identifies it.
    fn digests(&self) -> Digests;

    /// The circuit.
    fn prepared(&self) -> &dyn Prepared;

    /// Gets parameters, where KZG needs them from the file `srs`, and readies the key, which stands in file `pk`.
    fn ready(self: Box<Self>, srs: Option<&Path>, pk: &Path, ui: &dyn Ui) -> Result<ReadyKey>;
}

/// A verifying key as its file holds it.
pub(crate) trait StoredVerifyingKey {
    /// What its proofs are.
    fn system(&self) -> ProofSystem;

    /// Checks a proof; what needs neither key nor parameters is checked first.
    fn verify(&self, proof: ProofFile<'_>, insecure_srs: bool, ui: &dyn Ui) -> Result<Verified>;
}

/// The payload of a proof file, and where that and the key stand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProofFile<'a> {
    /// The payload.
    pub(crate) payload: &'a [u8],
    /// The file.
    pub(crate) path: &'a Path,
    /// The file of the verifying key.
    pub(crate) vk: &'a Path,
}

/// Checks and lays out a circuit.
pub(crate) fn prepare(
    backend: Backend,
    circuit: Circuit,
    origin: Origin<'_>,
) -> Result<Box<dyn Prepared>> {
    match backend {
        Backend::Halo2 => halo2::prepare(circuit, origin),
        Backend::Halo2Axiom => axiom::prepare(circuit, origin),
    }
}

/// Reads a proving key, which has to be for the backend of the compiled model in file `model`.
pub(crate) fn read_proving_key(
    path: &Path,
    backend: Backend,
    model: &Path,
) -> Result<Box<dyn StoredProvingKey>> {
    let max = zkc_halo2::MAX_KEY_FILE_BYTES.max(zkc_halo2_axiom::MAX_PROVING_KEY_FILE_BYTES);
    let contents = file::read(path, FileKind::ProvingKey, max).map_err(file_error)?;
    let found = named::of_key(&contents.payload).map_err(|error| error.in_file(path))?;
    if found != backend {
        return Err(Error::diagnostic(format!(
            "{} is a key of backend `{}`, {} is compiled for backend `{}`",
            path.display(),
            found.name(),
            model.display(),
            backend.name()
        ))
        .help("make the keys of this compiled model with `zkc setup`"));
    }
    match backend {
        Backend::Halo2 => halo2::read_proving_key(&contents.payload, path),
        Backend::Halo2Axiom => axiom::read_proving_key(&contents.payload, path),
    }
}

/// Reads a verifying key.
pub(crate) fn read_verifying_key(path: &Path) -> Result<(Backend, Box<dyn StoredVerifyingKey>)> {
    let max = zkc_halo2::MAX_KEY_FILE_BYTES.max(zkc_halo2_axiom::MAX_VERIFYING_KEY_FILE_BYTES);
    let contents = file::read(path, FileKind::VerifyingKey, max).map_err(file_error)?;
    let backend = named::of_key(&contents.payload).map_err(|error| error.in_file(path))?;
    let key = match backend {
        Backend::Halo2 => halo2::read_verifying_key(&contents.payload, path),
        Backend::Halo2Axiom => axiom::read_verifying_key(&contents.payload, path),
    }?;
    Ok((backend, key))
}

/// Reads the payload of a proof file.
pub(crate) fn read_proof(path: &Path) -> Result<Vec<u8>> {
    let max = zkc_halo2::MAX_PROOF_FILE_BYTES.max(zkc_halo2_axiom::MAX_PROOF_FILE_BYTES);
    let contents = file::read(path, FileKind::Proof, max).map_err(file_error)?;
    Ok(contents.payload)
}

/// Refuses a proof that is of another backend than the key that shall check it.
pub(crate) fn check_proof_backend(proof: ProofFile<'_>, key: Backend) -> Result<()> {
    let found = named::of_proof(proof.payload).map_err(|error| error.in_file(proof.path))?;
    if found == key {
        return Ok(());
    }
    Err(Error::diagnostic(format!(
        "{} is a proof of backend `{}`, {} is a key of backend `{}`",
        proof.path.display(),
        found.name(),
        proof.vk.display(),
        key.name()
    ))
    .help(OTHER_KEY_HELP))
}

/// What helps against a proof that is not of a key.
const OTHER_KEY_HELP: &str =
    "use the verifying key that was made together with the proving key of this proof";

/// Refuses a file of KZG's parameters for keys that have no use for it.
fn refuse_srs(srs: Option<&Path>, system: &ProofSystem) -> Result<()> {
    match srs {
        None => Ok(()),
        Some(_) => Err(Error::diagnostic(format!(
            "`--srs` is for keys of commitment `kzg`, this key is of `{}`",
            system.commitment
        ))
        .help("leave out `--srs`")),
    }
}

/// The dimensions of a circuit that a backend says has this shape.
fn size(circuit: &Circuit, layout: &Layout, shape: &CircuitShape) -> CircuitSize {
    // A table that only the witness program reads stands in no column, and may have more rows than the circuit.
    let tables = circuit.tables.iter().zip(circuit.looked_up());
    let tables = tables.filter_map(|(table, looked_up)| looked_up.then_some(table));
    let table_rows = tables.clone().map(|table| table.rows()).max().unwrap_or(0);
    let phases = layout.columns.iter().map(|column| column.phase).max();
    let advice = |phase: u32| {
        let columns = layout.columns.iter();
        columns
            .filter(|column| column.kind == ColumnKind::Advice && column.phase == phase)
            .count() as u64
    };
    let advice_phases: Vec<u64> = (0..=phases.unwrap_or(0)).map(advice).collect();
    let sums = circuit.multiplicities.iter();
    let summed: usize = sums.map(|multiplicity| multiplicity.terms.len()).sum();
    CircuitSize {
        k: shape.k,
        rows: u64::from(layout.used_rows()).max(table_rows),
        usable_rows: u64::from(shape.usable_rows),
        advice: advice_phases.iter().sum(),
        advice_phases,
        fixed: shape.fixed_columns as u64,
        table_columns: tables.map(|table| table.columns.len() as u64).sum(),
        instance: shape.instance_columns as u64,
        challenges: circuit.challenges.len() as u64,
        lookups: (shape.lookups + summed) as u64,
        gates: circuit.gates.len() as u64,
        constraints: shape.constraints as u64,
        degree: shape.degree as u64,
        copies: layout.copies.len() as u64,
        public_values: layout.public_cells().count() as u64,
        soundness_bits: soundness_bits(circuit),
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

/// What an audit without findings has to tell.
pub(crate) struct Audited {
    /// Number of witness cells that are declared free.
    pub(crate) free_cells: u64,
    /// What cannot be decided, as it rests on constraints with challenges.
    pub(crate) undecided: Vec<String>,
}

/// Checks that every witness cell is pinned by a constraint, at the witness `grid`, which all constraints accept.
///
/// What nothing pins is a mistake in the circuit.
pub(crate) fn audit(
    prepared: &dyn Prepared,
    grid: &Grid,
    origin: Origin<'_>,
    ui: &dyn Ui,
) -> Result<Audited> {
    ui.step("auditing the circuit");
    let checker = Checker::new(prepared.circuit(), prepared.layout());
    let audit = zkc_circuit::audit(&checker, grid, &AuditOptions::default());
    if audit.findings.is_empty() {
        match &audit.jacobian {
            Some(jacobian) => ui.detail(&format!("the constraints determine all {} cells to first order", jacobian.columns)),
            None => ui.detail("the circuit is too large for the rank of its constraints; the other checks were made"),
        }
        return Ok(Audited {
            free_cells: audit.free.iter().map(|free| free.cells).sum(),
            undecided: audit.undecided,
        });
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

#[cfg(test)]
mod tests {
    use zkc_circuit::{AffineMap, ColumnGroup, Expr, InputInfo, Table};

    use super::*;

    #[test]
    fn rows_and_columns_are_those_of_the_grid() {
        // A value and its table of 20 rows, in k = 5; the other table is for the witness program, and larger than that.
        let mut circuit = Circuit::new("tables", 5);
        let group = circuit.add_group(ColumnGroup::advice("x", 1));
        let looked_up = circuit.add_table(Table::range("small", 0, 20));
        circuit.add_table(Table::range("large", 0, 4000));
        circuit.add_lookup("x", vec![Expr::query(0, 0, 0)], looked_up);
        let x = circuit.add_input(InputInfo {
            name: "x".into(),
            shape: vec![3],
            scale: 0,
            lo: 0,
            hi: 19,
            public: false,
        });
        let rows = AffineMap::linear(1, &[(&[], 0), (&[1], 0)]);
        circuit.place(x, group, vec![3], AffineMap::identity(1), rows, "x");
        for backend in Backend::ALL {
            let prepared = prepare(backend, circuit.clone(), Origin::Compiled).unwrap();
            let size = prepared.size();
            assert_eq!((size.rows, size.table_columns), (20, 1));
            assert!(size.rows <= size.usable_rows && size.table_columns <= size.fixed);
        }
    }
}
