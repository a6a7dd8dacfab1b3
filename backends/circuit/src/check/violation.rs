//! What is said about a constraint that does not hold.

use std::collections::BTreeMap;
use std::fmt;

use num_bigint::BigInt;

use super::{Checker, GateTape, LookupTape};
use crate::layout::{Cell, Grid};
use crate::tape::Tape;

/// A cell with its value and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellValue {
    /// The cell.
    pub cell: Cell,
    /// Its name: group, column and row.
    pub name: String,
    /// Its value.
    pub value: BigInt,
    /// The ONNX node, empty where there is none.
    pub source: String,
}

impl fmt::Display for CellValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", self.name, self.value)?;
        if !self.source.is_empty() {
            write!(f, "  (`{}`)", self.source)?;
        }
        Ok(())
    }
}

/// A constraint that a grid does not keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Violation {
    /// A polynomial that is not 0.
    Gate {
        /// The gate.
        gate: String,
        /// The constraint.
        constraint: String,
        /// The row.
        row: u32,
        /// The polynomial.
        equation: String,
        /// Its value.
        value: BigInt,
        /// The cells that it reads.
        cells: Vec<CellValue>,
    },
    /// A tuple that is not in its table.
    Lookup {
        /// The lookup.
        lookup: String,
        /// The table.
        table: String,
        /// The row.
        row: u32,
        /// The inputs.
        inputs: Vec<String>,
        /// Their values.
        values: Vec<BigInt>,
        /// The cells that they read.
        cells: Vec<CellValue>,
    },
    /// Two cells that should be equal.
    Copy {
        /// The home of the value.
        from: CellValue,
        /// The copy.
        to: CellValue,
    },
    /// A constraint that cannot be checked without challenges.
    Challenge {
        /// The gate or lookup.
        name: String,
    },
}

impl Violation {
    /// The ONNX nodes of the cells involved, each once.
    pub fn sources(&self) -> Vec<&str> {
        let cells: Vec<&CellValue> = match self {
            Violation::Gate { cells, .. } | Violation::Lookup { cells, .. } => {
                cells.iter().collect()
            }
            Violation::Copy { from, to } => vec![from, to],
            Violation::Challenge { .. } => Vec::new(),
        };
        let mut sources: Vec<&str> = Vec::new();
        for cell in cells {
            if !cell.source.is_empty() && !sources.contains(&cell.source.as_str()) {
                sources.push(&cell.source);
            }
        }
        sources
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, cells: &[CellValue]| {
            cells.iter().try_for_each(|cell| write!(f, "\n    {cell}"))
        };
        match self {
            Violation::Gate {
                gate,
                constraint,
                row,
                equation,
                value,
                cells,
            } => {
                write!(f, "gate `{gate}`, constraint `{constraint}`, row {row}: ")?;
                write!(f, "{value} instead of 0\n  {equation}")?;
                list(f, cells)
            }
            Violation::Lookup {
                lookup,
                table,
                row,
                inputs,
                values,
                cells,
            } => {
                write!(
                    f,
                    "lookup `{lookup}`, row {row}: no such row in table `{table}`"
                )?;
                for (input, value) in inputs.iter().zip(values) {
                    write!(f, "\n  {input} = {value}")?;
                }
                list(f, cells)
            }
            Violation::Copy { from, to } => {
                write!(f, "copy constraint\n    {from}\n    {to}")
            }
            Violation::Challenge { name } => {
                write!(
                    f,
                    "{name} uses challenges and cannot be checked without a proof"
                )
            }
        }
    }
}

impl Checker<'_> {
    /// The cells that some tapes read on a row, each once, with their values.
    fn cell_values(
        &self,
        tapes: &[Tape],
        row: u32,
        grid: &Grid,
        changes: &BTreeMap<Cell, BigInt>,
        modulus: Option<&BigInt>,
    ) -> Vec<CellValue> {
        let mut cells: Vec<Cell> = Vec::new();
        for tape in tapes {
            for slot in &tape.slots {
                let cell = tape.cell(*slot, row);
                if !cells.contains(&cell) {
                    cells.push(cell);
                }
            }
        }
        let value = |cell| self.exact_value(cell, grid, changes, modulus);
        cells
            .into_iter()
            .map(|cell| self.cell_value(cell, value(cell)))
            .collect()
    }

    pub(crate) fn cell_value(&self, cell: Cell, value: BigInt) -> CellValue {
        CellValue {
            cell,
            name: self.layout.cell_name(self.circuit, cell),
            value,
            source: self.layout.source(self.circuit, cell).to_string(),
        }
    }

    pub(super) fn gate_violation(
        &self,
        gate: &GateTape,
        row: u32,
        grid: &Grid,
        changes: &BTreeMap<Cell, BigInt>,
        modulus: Option<&BigInt>,
    ) -> Violation {
        let info = &self.circuit.gates[gate.gate as usize];
        let constraint = &info.constraints[gate.constraint as usize];
        let tapes = std::slice::from_ref(&gate.tape);
        Violation::Gate {
            gate: info.name.clone(),
            constraint: constraint.name.clone(),
            row,
            equation: self.circuit.describe(&constraint.poly),
            value: self.exact_tape(&gate.tape, row, grid, changes, modulus),
            cells: self.cell_values(tapes, row, grid, changes, modulus),
        }
    }

    pub(super) fn lookup_violation(
        &self,
        lookup: &LookupTape,
        row: u32,
        grid: &Grid,
        changes: &BTreeMap<Cell, BigInt>,
        modulus: Option<&BigInt>,
    ) -> Violation {
        let info = &self.circuit.lookups[lookup.lookup as usize];
        let value = |input| self.exact_tape(input, row, grid, changes, modulus);
        Violation::Lookup {
            lookup: info.name.clone(),
            table: self.circuit.tables[info.table.0 as usize].name.clone(),
            row,
            inputs: info
                .inputs
                .iter()
                .map(|input| self.circuit.describe(input))
                .collect(),
            values: lookup.inputs.iter().map(value).collect(),
            cells: self.cell_values(&lookup.inputs, row, grid, changes, modulus),
        }
    }

    pub(super) fn copy_violation(&self, from: Cell, to: Cell, values: [BigInt; 2]) -> Violation {
        let [from_value, to_value] = values;
        Violation::Copy {
            from: self.cell_value(from, from_value),
            to: self.cell_value(to, to_value),
        }
    }
}
