//! Mutations of columns that no placement fills: counts of lookups, and derived columns.

use std::collections::BTreeMap;

use num_bigint::BigInt;

use super::{Changes, MutationClass, Mutations};
use crate::Circuit;
use crate::audit::{ComputedCells, Witness};
use crate::check::reduce;
use crate::layout::{Cell, Computed};

impl Mutations<'_> {
    /// Tries mutations of the cells of computed columns that some gate depends on.
    pub(super) fn computed(&self) -> Vec<(MutationClass, Vec<Changes>)> {
        let (circuit, layout) = (self.checker.circuit, self.checker.layout);
        if circuit.multiplicities.is_empty() && circuit.derived.is_empty() {
            return Vec::new();
        }
        let witness = Witness::new(self.checker, self.grid);
        let cells = ComputedCells::new(self.checker, &witness).rows;
        cells
            .into_iter()
            .filter(|(_, rows)| !rows.is_empty())
            .map(|(column, rows)| {
                let info = &layout.columns[column as usize];
                let (op, source) = match info.computed {
                    Some(Computed::Multiplicity(index)) => {
                        let info = &circuit.multiplicities[index as usize];
                        ("multiplicity", info.source.clone())
                    }
                    Some(Computed::Derived(index)) => ("derived", defining_gate(circuit, index)),
                    None => ("", String::new()),
                };
                let (tried, survivors) = self.column(column, &rows);
                let class = MutationClass {
                    register: u32::MAX,
                    op,
                    source,
                    group: circuit.groups[info.group as usize].name.clone(),
                    cells: rows.len(),
                    tried,
                };
                (class, survivors)
            })
            .collect()
    }

    /// Mutations tried on one column, and those that survived.
    fn column(&self, column: u32, rows: &[u32]) -> (usize, Vec<Changes>) {
        let samples = self.options.cells_per_class.clamp(1, rows.len());
        let cells: Vec<Cell> = (0..samples)
            .map(|sample| match samples {
                1 => 0,
                _ => sample * (rows.len() - 1) / (samples - 1),
            })
            .map(|position| Cell {
                column,
                row: rows[position],
            })
            .collect();
        let (mut tried, mut survivors) = (0, Vec::new());
        let Some(honest) = self.checker.field_values(self.grid, &cells) else {
            return (tried, survivors);
        };
        for (cell, honest) in cells.into_iter().zip(honest) {
            let mut values = vec![
                &honest + 1,
                &honest - 1,
                BigInt::ZERO,
                -&honest,
                BigInt::from(1) - &honest,
            ];
            for value in &mut values {
                *value = reduce(std::mem::take(value), Some(&self.modulus));
            }
            values.sort_unstable();
            values.dedup();
            let same = reduce(honest.clone(), Some(&self.modulus));
            for value in values.into_iter().filter(|value| *value != same) {
                tried += 1;
                let changes = BTreeMap::from([(cell, value.clone())]);
                if !self
                    .checker
                    .rejects(self.grid, &changes, Some(&self.modulus))
                {
                    let cell = self.checker.cell_value(cell, honest.clone());
                    survivors.push(vec![(cell, value)]);
                }
            }
        }
        (tried, survivors)
    }
}

/// The gate that a derived column is computed from.
fn defining_gate(circuit: &Circuit, index: u32) -> String {
    let gate = circuit.derived[index as usize].gate;
    circuit.gates[gate as usize].name.clone()
}
