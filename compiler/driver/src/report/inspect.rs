//! What a compiled model consists of: `zkc inspect`.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::escape::one_line;
use crate::report::CircuitSize;
use crate::report::text::{Table, bytes, count, real};

/// The range of an input or output.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RangeReport {
    /// Name of the graph input or output.
    pub name: String,
    /// Shape in the ONNX model.
    pub shape: Vec<usize>,
    /// Fraction bits.
    pub scale: i32,
    /// Least value.
    pub lo: f64,
    /// Greatest value.
    pub hi: f64,
    /// Whether the values are public.
    pub public: bool,
}

/// What one ONNX node takes in the circuit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NodeReport {
    /// Name of the ONNX node.
    pub node: String,
    /// Rows in which it has advice cells.
    pub rows: u64,
    /// Its advice cells.
    pub cells: u64,
    /// Copies into its cells.
    pub copies: u64,
    /// Constants it needs: weights, biases and parameters.
    pub constants: u64,
    /// Fraction bits of its result; absent where the node left no tensor of its own.
    pub scale: Option<i32>,
    /// Least integer of its result.
    pub lo: Option<Value>,
    /// Greatest integer of its result.
    pub hi: Option<Value>,
    /// Bits that the integers of its result take.
    pub bits: Option<u32>,
}

/// A lookup table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TableReport {
    /// Name of the table.
    pub name: String,
    /// Its columns.
    pub columns: u64,
    /// Its rows.
    pub rows: u64,
    /// Lookup arguments that use it.
    pub lookups: u64,
}

/// What stands for a real function at some nodes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ApproximationReport {
    /// The ONNX node.
    pub node: String,
    /// The function.
    pub function: String,
    /// The kind of approximation.
    pub form: String,
    /// The arguments for which it holds.
    pub domain: [f64; 2],
    /// What happens to other arguments.
    pub outside: String,
    /// Bound of the absolute error.
    pub max_error: f64,
    /// How the bound is known.
    pub certificate: String,
}

/// Report of `zkc inspect`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InspectReport {
    /// The model that was compiled.
    pub model: String,
    /// The proof system.
    pub backend: String,
    /// Program and version that compiled it.
    pub compiled_by: String,
    /// Digest of the circuit.
    pub digest: String,
    /// Bytes of the file.
    pub zkc_bytes: u64,
    /// The circuit.
    #[serde(flatten)]
    pub size: CircuitSize,
    /// Ranges of the inputs.
    pub inputs: Vec<RangeReport>,
    /// Ranges of the outputs.
    pub outputs: Vec<RangeReport>,
    /// The ONNX nodes in the order in which they are computed.
    pub nodes: Vec<NodeReport>,
    /// Names of the gates with degree and number of constraints.
    pub gate_list: Vec<GateReport>,
    /// The lookup tables.
    pub tables: Vec<TableReport>,
    /// What stands for real functions.
    pub approximations: Vec<ApproximationReport>,
    /// The passes that made the circuit.
    pub pipeline: String,
}

/// A gate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GateReport {
    /// Name of the gate.
    pub name: String,
    /// Number of its constraints.
    pub constraints: u64,
    /// Greatest degree of its constraints.
    pub degree: u64,
}

impl fmt::Display for InspectReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", one_line(&self.model))?;
        writeln!(f, "  backend      {}", self.backend)?;
        writeln!(
            f,
            "  compiled by  {}, {}",
            one_line(&self.compiled_by),
            bytes(self.zkc_bytes)
        )?;
        writeln!(f, "  digest       {}", self.digest)?;
        writeln!(f, "\n{}", self.size)?;

        let mut table = Table::new(&["", "shape", "range", "fraction bits", "visibility"]);
        for (kind, ranges) in [("input", &self.inputs), ("output", &self.outputs)] {
            for range in ranges {
                table.row([
                    format!("{kind} \"{}\"", range.name),
                    format!("{:?}", range.shape),
                    format!("{}:{}", real(range.lo), real(range.hi)),
                    range.scale.to_string(),
                    if range.public { "public" } else { "private" }.to_owned(),
                ]);
            }
        }
        writeln!(f, "\n{table}")?;

        let mut table = Table::new(&[
            "node",
            "rows",
            "cells",
            "constants",
            "bits",
            "fraction bits",
        ])
        .numbers_from(1);
        for node in &self.nodes {
            let optional = |value: Option<String>| value.unwrap_or_else(|| "-".into());
            table.row([
                node.node.clone(),
                count(node.rows),
                count(node.cells),
                count(node.constants),
                optional(node.bits.map(|bits| bits.to_string())),
                optional(node.scale.map(|scale| scale.to_string())),
            ]);
        }
        writeln!(f, "\n{table}")?;

        let mut table = Table::new(&["gate", "constraints", "degree"]).numbers_from(1);
        for gate in &self.gate_list {
            table.row([
                gate.name.clone(),
                count(gate.constraints),
                count(gate.degree),
            ]);
        }
        writeln!(f, "\n{table}")?;

        if !self.tables.is_empty() {
            let mut table = Table::new(&["table", "rows", "columns", "lookups"]).numbers_from(1);
            for entry in &self.tables {
                table.row([
                    entry.name.clone(),
                    count(entry.rows),
                    count(entry.columns),
                    count(entry.lookups),
                ]);
            }
            writeln!(f, "\n{table}")?;
        }
        if !self.approximations.is_empty() {
            let mut table = Table::new(&[
                "approximation",
                "node",
                "form",
                "domain",
                "error",
                "known by",
            ]);
            for entry in &self.approximations {
                table.row([
                    entry.function.clone(),
                    entry.node.clone(),
                    entry.form.clone(),
                    format!("{}:{}", real(entry.domain[0]), real(entry.domain[1])),
                    format!("{:.1e}", entry.max_error),
                    entry.certificate.clone(),
                ]);
            }
            writeln!(f, "\n{table}")?;
        }
        Ok(())
    }
}
