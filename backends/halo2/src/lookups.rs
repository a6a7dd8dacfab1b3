//! Lookups and their tables.
//!
//! Each table of the description has columns of its own, filled from row 0; halo2 repeats the first row in the rows
//! below, as the description says. Each lookup is one halo2 lookup argument: on every usable row, the tuple of inputs must
//! be a row of the table.

use halo2_proofs::circuit::{Layouter, Value};
use halo2_proofs::pasta::Fp;
use halo2_proofs::plonk::{self, ConstraintSystem, TableColumn};
use zkc_circuit::Circuit;

use crate::columns::Cells;
use crate::error::Error;
use crate::field::to_field;

/// Declares the lookup arguments, one per lookup of the description and in its order.
pub(crate) fn configure(
    meta: &mut ConstraintSystem<Fp>,
    circuit: &Circuit,
    cells: &Cells<'_>,
    tables: &[Vec<TableColumn>],
    nodes: &mut usize,
) -> Result<(), Error> {
    for lookup in &circuit.lookups {
        let columns = tables.get(lookup.table.0 as usize);
        let columns = columns.filter(|columns| columns.len() == lookup.inputs.len());
        let Some(columns) = columns.filter(|columns| !columns.is_empty()) else {
            return Err(Error::Inconsistent {
                what: format!(
                    "lookup `{}` does not have one input per column of its table",
                    lookup.name
                ),
            });
        };
        let mut failure = None;
        meta.lookup(|virtual_cells| {
            let inputs = lookup.inputs.iter().enumerate().map(|(i, input)| {
                let what = || format!("input {i} of lookup `{}`", lookup.name);
                cells.tree(virtual_cells, input, what, nodes)
            });
            match inputs.collect::<Result<Vec<_>, _>>() {
                Ok(inputs) => inputs.into_iter().zip(columns.iter().copied()).collect(),
                Err(error) => {
                    failure = Some(error);
                    vec![]
                }
            }
        });
        if let Some(error) = failure {
            return Err(error);
        }
    }
    Ok(())
}

/// Fills the columns of all tables.
pub(crate) fn assign(
    layouter: &mut impl Layouter<Fp>,
    circuit: &Circuit,
    tables: &[Vec<TableColumn>],
) -> Result<(), plonk::Error> {
    for (table, columns) in circuit.tables.iter().zip(tables) {
        layouter.assign_table(
            || "table",
            |mut cells| {
                for (values, column) in table.columns.iter().zip(columns) {
                    for row in 0..values.len() {
                        // Every row below the length has a value.
                        let value = to_field(values.get(row).unwrap_or(0));
                        cells.assign_cell(|| "", *column, row as usize, || Value::known(value))?;
                    }
                }
                Ok(())
            },
        )?;
    }
    Ok(())
}
