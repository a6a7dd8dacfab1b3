//! All rules that a description must keep.
//!
//! Beyond the [structure](crate::structure) these are, cell by cell and element by element:
//! - every placement and fill stays within its group and the usable rows, and no cell is assigned twice;
//! - only constants stand in fixed cells; every public value is a copy of an advice cell, or is read by a constraint where
//!   gates bind it;
//! - the rows of an instance column are assigned without gaps, public inputs and outputs are there, and nothing else is;
//! - no constraint depends on a row that blinds the proof, and every gate is 0 on those rows whatever they hold;
//! - a value that is looked up has a bound within the range of the table column, so that every input has a proof;
//! - constraints hold every cell that they depend on to a range of integers, whatever the prover does;
//! - no wrap-around: with these ranges, the absolute values of both sides of every identity, and of the terms of every
//!   lookup input, add up to less than 2^253.

mod blinding;
mod bounds;
mod public;

pub(crate) use bounds::enforced;

use thiserror::Error;

use crate::expand::{ExpandError, expand};
use crate::layout::Layout;
use crate::structure::check_structure;
use crate::{Circuit, Op, RegisterId};

/// A rule that a description breaks.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ValidateError {
    /// Something is too large, or empty where it must not be.
    #[error("{at}: {problem}")]
    Size {
        /// Where.
        at: String,
        /// What is wrong.
        problem: String,
    },
    /// A name is used twice or reserved.
    #[error("{what} name `{name}` is used twice or reserved")]
    Name {
        /// What has the name.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// An index refers to nothing.
    #[error("{at}: there is no {what} {index} among {count}")]
    Index {
        /// Where.
        at: String,
        /// What the index counts.
        what: &'static str,
        /// The index.
        index: u32,
        /// How many there are.
        count: usize,
    },
    /// Ranks, shapes or kinds do not agree.
    #[error("{at}: {problem}")]
    Shape {
        /// Where.
        at: String,
        /// What is wrong.
        problem: String,
    },
    /// A bound is empty or exceeded.
    #[error("{at}: {problem}")]
    Bounds {
        /// Where.
        at: String,
        /// What is wrong.
        problem: String,
    },
    /// Something depends on a challenge that is drawn later.
    #[error("{at}: {problem}")]
    Phase {
        /// Where.
        at: String,
        /// What is wrong.
        problem: String,
    },
    /// The grid cannot be made.
    #[error(transparent)]
    Expand(#[from] ExpandError),
    /// Public cells have gaps, are missing, or show something that is not public.
    #[error("{at}: {problem}")]
    Public {
        /// Where.
        at: String,
        /// What is wrong.
        problem: String,
    },
    /// A constraint depends on rows that blind the proof.
    #[error("{at}: row {row}: {problem}; multiply it by a selector that is 0 there")]
    Blinding {
        /// The constraint or lookup.
        at: String,
        /// The row.
        row: u32,
        /// What is wrong.
        problem: &'static str,
    },
    /// A looked-up value may be outside of the table.
    #[error(
        "{at}: row {row}: `{node}` has bound [{lo}, {hi}] where the table holds [{table_lo}, {table_hi}]"
    )]
    OutsideTable {
        /// The lookup.
        at: String,
        /// The row.
        row: u32,
        /// The ONNX node of the value.
        node: String,
        /// Least value of the lookup input.
        lo: i128,
        /// Greatest value of the lookup input.
        hi: i128,
        /// Least value of the table column.
        table_lo: i128,
        /// Greatest value of the table column.
        table_hi: i128,
    },
    /// Constraints depend on a cell that none of them holds to a range of integers.
    #[error("{at}: row {row}: nothing bounds cell {cell} to a range of integers")]
    Unbounded {
        /// The constraint or lookup.
        at: String,
        /// The row.
        row: u32,
        /// The cell and its ONNX node.
        cell: String,
    },
    /// An identity over the integers might hold only modulo the field's prime.
    #[error(
        "{at}: row {row}: both sides can reach {bits} bits, the field allows {}",
        crate::limits::FIELD_BITS
    )]
    WrapAround {
        /// The constraint.
        at: String,
        /// The row.
        row: u32,
        /// Bits of the sum of absolute values.
        bits: u64,
    },
}

impl Circuit {
    /// Checks every rule of the description. Takes time in proportion to the number of cells.
    pub fn validate(&self) -> Result<(), Vec<ValidateError>> {
        validate(self).map(|_| ())
    }
}

/// Checks every rule of the description and returns the layout that was made on the way.
pub fn validate(circuit: &Circuit) -> Result<Layout, Vec<ValidateError>> {
    let errors = check_structure(circuit);
    if !errors.is_empty() {
        return Err(errors);
    }
    let layout = expand(circuit).map_err(|error| vec![ValidateError::from(error)])?;
    let mut errors = Vec::new();
    public::check(circuit, &layout, &mut errors);
    blinding::check(circuit, &layout, &mut errors);
    bounds::check(circuit, &layout, &mut errors);
    if errors.is_empty() {
        Ok(layout)
    } else {
        Err(errors)
    }
}

/// Registers whose elements the verifier sees, with their names.
pub(crate) fn public_registers(circuit: &Circuit) -> Vec<(RegisterId, String)> {
    let inputs = circuit
        .program
        .iter()
        .enumerate()
        .filter_map(|(index, instruction)| {
            let Op::Input { input } = instruction.op else {
                return None;
            };
            let info = circuit.inputs.get(input as usize)?;
            info.public.then(|| {
                (
                    RegisterId(index as u32),
                    format!("public input `{}`", info.name),
                )
            })
        });
    let outputs = circuit
        .outputs
        .iter()
        .filter(|output| output.public)
        .map(|output| (output.register, format!("public output `{}`", output.name)));
    inputs.chain(outputs).collect()
}
