//! Constraints on single rows, in numbers of any size, with some cells changed.

use std::collections::BTreeMap;

use num_bigint::BigInt;

use super::{Checker, GateTape, LookupTape};
use crate::layout::{Cell, Grid};
use crate::tape::{Node, Tape};

/// The representative in `[0, modulus)`.
pub(crate) fn reduce(value: BigInt, modulus: Option<&BigInt>) -> BigInt {
    match modulus {
        Some(modulus) => {
            let rest = value % modulus;
            if rest < BigInt::ZERO {
                rest + modulus
            } else {
                rest
            }
        }
        None => value,
    }
}

impl Checker<'_> {
    /// The value of a cell, changed or not.
    pub(crate) fn exact_value(
        &self,
        cell: Cell,
        grid: &Grid,
        changes: &BTreeMap<Cell, BigInt>,
        modulus: Option<&BigInt>,
    ) -> BigInt {
        let value = match changes.get(&cell) {
            Some(value) => value.clone(),
            None => BigInt::from(grid.value(self.layout, cell)),
        };
        reduce(value, modulus)
    }

    /// The value of an expression without challenges on one row.
    pub(crate) fn exact_tape(
        &self,
        tape: &Tape,
        row: u32,
        grid: &Grid,
        changes: &BTreeMap<Cell, BigInt>,
        modulus: Option<&BigInt>,
    ) -> BigInt {
        let mut values: Vec<BigInt> = Vec::with_capacity(tape.nodes.len());
        for node in &tape.nodes {
            let value = match node {
                Node::Const(value) => BigInt::from(*value),
                Node::Challenge(_) => BigInt::ZERO,
                Node::Slot(slot) => {
                    let cell = tape.cell(tape.slots[*slot as usize], row);
                    self.exact_value(cell, grid, changes, modulus)
                }
                Node::Neg(child) => -&values[*child as usize],
                Node::Sum(children) => children.iter().map(|child| &values[*child as usize]).sum(),
                Node::Product(children) => children
                    .iter()
                    .map(|child| &values[*child as usize])
                    .product(),
            };
            values.push(reduce(value, modulus));
        }
        values.pop().unwrap_or_default()
    }

    pub(super) fn gate_holds(
        &self,
        gate: &GateTape,
        row: u32,
        grid: &Grid,
        changes: &BTreeMap<Cell, BigInt>,
        modulus: Option<&BigInt>,
    ) -> bool {
        self.exact_tape(&gate.tape, row, grid, changes, modulus) == BigInt::ZERO
    }

    pub(super) fn lookup_holds(
        &self,
        lookup: &LookupTape,
        row: u32,
        grid: &Grid,
        changes: &BTreeMap<Cell, BigInt>,
        modulus: Option<&BigInt>,
    ) -> bool {
        let tuple: Vec<BigInt> = lookup
            .inputs
            .iter()
            .map(|input| self.exact_tape(input, row, grid, changes, modulus))
            .collect();
        lookup.table.contains_exact(&tuple, modulus)
    }
}
