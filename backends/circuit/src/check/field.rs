//! Constraints with challenges or derived columns, checked over a field.
//!
//! Challenges are a hash of everything that is committed before them, so the outcome is the same at every run, and cells
//! cannot be chosen to suit the challenges.

use std::collections::BTreeMap;

use num_bigint::BigInt;

use super::{CellValue, Checker, GateTape, MAX_PER_CONSTRAINT, Violation};
use crate::ColumnKind;
use crate::derive::{Columns, DeriveError, Program, derive_into};
use crate::field::{Field, PallasBase};
use crate::layout::{Cell, Grid};
use crate::multiplicity::recount;

/// All columns over the field, and the challenges that go with them.
pub(super) struct FieldGrid<'a> {
    columns: Columns<'a, PallasBase>,
    challenges: Vec<PallasBase>,
}

/// What becomes of the multiplicities where cells are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counts {
    /// They stay as the grid has them.
    Kept,
    /// They are counted again, as a dishonest prover would.
    Again,
}

impl<'a> Checker<'a> {
    /// Whether any gate needs the field.
    pub(crate) fn uses_field(&self) -> bool {
        self.gates.iter().any(|gate| gate.tape.in_field)
    }

    /// Draws challenges for a grid in which some cells were changed, and derives what depends on them.
    fn field_grid(
        &self,
        grid: &'a Grid,
        changes: &BTreeMap<Cell, BigInt>,
        counts: Counts,
    ) -> Result<FieldGrid<'a>, DeriveError> {
        let (mut before, mut derived) = (Vec::new(), BTreeMap::new());
        for (cell, value) in changes {
            let value = PallasBase::from_big(value);
            if self.layout.is_derived(cell.column) {
                derived.insert(*cell, value);
            } else {
                before.push((*cell, value));
            }
        }
        let mut hasher = blake3::Hasher::new_derive_key("zkc check: challenges");
        for (index, column) in self.layout.columns.iter().enumerate() {
            if column.kind != ColumnKind::Fixed {
                hasher.update(&(index as u32).to_le_bytes());
                for value in grid.values[index].iter() {
                    hasher.update(&value.to_le_bytes());
                }
            }
        }
        for (cell, value) in &before {
            hasher.update(&cell.column.to_le_bytes());
            hasher.update(&cell.row.to_le_bytes());
            hasher.update(&value.to_bytes());
        }
        let challenges: Vec<PallasBase> = (0..self.circuit.challenges.len() as u64)
            .map(|index| {
                let mut hasher = hasher.clone();
                hasher.update(&index.to_le_bytes());
                PallasBase::from_hash(hasher.finalize_xof())
            })
            .collect();
        let touched: Vec<u32> = before.iter().map(|(cell, _)| cell.column).collect();
        let mut columns = Columns::with_changes(self.layout, grid, before)?;
        if counts == Counts::Again {
            recount(self.circuit, self.layout, &mut columns, |column| {
                touched.contains(&column)
            });
        }
        derive_into(
            self.circuit,
            self.layout,
            &mut columns,
            &challenges,
            &derived,
        )?;
        Ok(FieldGrid {
            columns,
            challenges,
        })
    }

    /// What rejects a grid in the field, with some cells changed; with `stop` only the first thing found.
    pub(super) fn field_violations(
        &self,
        grid: &'a Grid,
        changes: &BTreeMap<Cell, BigInt>,
        counts: Counts,
        stop: bool,
    ) -> Vec<Violation> {
        if !self.uses_field() {
            return Vec::new();
        }
        let gates = self.gates.iter().filter(|gate| gate.tape.in_field);
        let Ok(mut field) = self.field_grid(grid, changes, counts) else {
            // Only a circuit that is not valid gets here.
            let name =
                |gate: &GateTape| format!("gate `{}`", self.circuit.gates[gate.gate as usize].name);
            return gates
                .map(|gate| Violation::Challenge { name: name(gate) })
                .collect();
        };
        let mut violations = Vec::new();
        for gate in gates {
            let poly =
                &self.circuit.gates[gate.gate as usize].constraints[gate.constraint as usize].poly;
            let program = Program::whole(self.layout, poly, &field.challenges);
            let rows = gate.tape.active_rows(self.layout, self.layout.usable_rows);
            let outputs = program.run(&mut field.columns, &rows);
            // One output per program.
            let values = rows.iter().enumerate();
            let values = values.map(|(position, row)| (row, outputs[0].at(position)));
            let failed = values.filter(|(_, value)| !value.is_zero());
            for (row, value) in failed.take(MAX_PER_CONSTRAINT) {
                violations.push(self.field_violation(gate, *row, value, &mut field));
                if stop {
                    return violations;
                }
            }
        }
        violations
    }

    fn field_violation(
        &self,
        gate: &GateTape,
        row: u32,
        value: PallasBase,
        field: &mut FieldGrid<'_>,
    ) -> Violation {
        let info = &self.circuit.gates[gate.gate as usize];
        let constraint = &info.constraints[gate.constraint as usize];
        let mut cells: Vec<CellValue> = Vec::new();
        for slot in &gate.tape.slots {
            let cell = gate.tape.cell(*slot, row);
            if cells.iter().all(|known| known.cell != cell) {
                let value = centred(field.columns.cell(cell));
                cells.push(self.cell_value(cell, value));
            }
        }
        Violation::Gate {
            gate: info.name.clone(),
            constraint: constraint.name.clone(),
            row,
            equation: self.circuit.describe(&constraint.poly),
            value: centred(value),
            cells,
        }
    }

    /// Values of cells of any kind, as integers of least absolute value; `None` where columns cannot be derived.
    pub(crate) fn field_values(&self, grid: &'a Grid, cells: &[Cell]) -> Option<Vec<BigInt>> {
        let mut field = self.field_grid(grid, &BTreeMap::new(), Counts::Kept).ok()?;
        let values = cells.iter().map(|cell| centred(field.columns.cell(*cell)));
        Some(values.collect())
    }
}

/// The representative of least absolute value.
fn centred(value: PallasBase) -> BigInt {
    let (value, negative) = (value.to_big(), value.neg().to_big());
    if value <= negative { value } else { -negative }
}
