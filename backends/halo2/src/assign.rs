//! Synthesis: handing cells and copies to halo2.
//!
//! All cells stand in one region with absolute rows, so that no floor planner decides anything. The order is tables,
//! columns as the layout numbers them, rows downwards, then copies in the layout's order.

use std::sync::Arc;

use halo2_proofs::circuit::{AssignedCell, Cell, Layouter, Region, SimpleFloorPlanner, Value};
use halo2_proofs::pasta::Fp;
use halo2_proofs::plonk::{self, Circuit, ConstraintSystem};
use zkc_backend::{GridColumn, for_each_table_cell};
use zkc_circuit::{CellContents, Grid, Layout};

use crate::columns::{Columns, Prepared, configure, current};
use crate::field::to_field;

/// What halo2 is to be told of the circuit that `columns::current` gives.
#[derive(Clone, Copy)]
pub(crate) enum Synthesis<'a> {
    /// For keys: fixed columns, tables and copies.
    Keys,
    /// For a proof: advice. The proving key has the rest, and `create_proof` would ignore it.
    Proof(&'a Grid),
    /// For the mock prover: everything.
    Mock(&'a Grid),
}

/// What halo2 keeps of the configuration for synthesis.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    columns: Columns,
    /// The circuit that was configured.
    prepared: Arc<Prepared>,
}

/// By column of the layout, then row: the cells that copies refer to.
type Handles = Vec<Vec<Option<Cell>>>;

impl Circuit<Fp> for Synthesis<'_> {
    type Config = Config;
    type FloorPlanner = SimpleFloorPlanner;

    fn without_witnesses(&self) -> Self {
        Synthesis::Keys
    }

    fn configure(meta: &mut ConstraintSystem<Fp>) -> Config {
        let prepared = current();
        let columns = configure(meta, &prepared.laid_out)
            .expect("a prepared circuit has been configured once without an error");
        Config { columns, prepared }
    }

    fn synthesize(
        &self,
        config: Config,
        mut layouter: impl Layouter<Fp>,
    ) -> Result<(), plonk::Error> {
        let Config { columns, prepared } = &config;
        let layout = prepared.layout();
        if !matches!(self, Synthesis::Proof(_)) {
            assign_tables(&mut layouter, prepared.circuit(), columns)?;
        }
        let handles = layouter.assign_region(
            || "",
            |mut region| self.region(columns, layout, &mut region),
        )?;
        if matches!(self, Synthesis::Proof(_)) {
            return Ok(());
        }
        for (home, copy) in &layout.copies {
            if let GridColumn::Instance(column) = columns.columns[copy.column as usize] {
                layouter.constrain_instance(handle(&handles, home)?, column, copy.row as usize)?;
            }
        }
        Ok(())
    }
}

impl Synthesis<'_> {
    fn grid(&self) -> Option<&Grid> {
        match self {
            Synthesis::Keys => None,
            Synthesis::Proof(grid) | Synthesis::Mock(grid) => Some(grid),
        }
    }

    /// Assigns all cells and binds all copies but those of public values.
    fn region(
        &self,
        config: &Columns,
        layout: &Layout,
        region: &mut Region<'_, Fp>,
    ) -> Result<Handles, plonk::Error> {
        let copies: &[_] = match self {
            Synthesis::Proof(_) => &[],
            Synthesis::Keys | Synthesis::Mock(_) => &layout.copies,
        };
        let mut needed = vec![vec![]; layout.columns.len()];
        for cell in copies.iter().flat_map(|(home, copy)| [home, copy]) {
            let rows: &mut Vec<bool> = &mut needed[cell.column as usize];
            if rows.len() <= cell.row as usize {
                rows.resize(cell.row as usize + 1, false);
            }
            rows[cell.row as usize] = true;
        }
        let mut handles = Vec::with_capacity(config.columns.len());
        for (index, column) in config.columns.iter().enumerate() {
            handles.push(match (*column, &layout.columns[index].contents) {
                (GridColumn::Fixed(_), _) if matches!(self, Synthesis::Proof(_)) => vec![],
                (GridColumn::Fixed(column), CellContents::Fixed(values)) => {
                    let value = |row| values.get(row).unwrap_or(0);
                    assign_column(&needed[index], values.len(), value, |row, value| {
                        region.assign_fixed(|| "", column, row, || Value::known(value))
                    })?
                }
                (GridColumn::Advice(column), _) => {
                    let values = self.grid().and_then(|grid| grid.values.get(index));
                    let value = |row| values.and_then(|values| values.get(row)).unwrap_or(0);
                    let rows = values.map_or(0, |values| values.len());
                    let wrap = |value| match values {
                        Some(_) => Value::known(value),
                        None => Value::unknown(),
                    };
                    assign_column(&needed[index], rows, value, |row, value| {
                        region.assign_advice(|| "", column, row, || wrap(value))
                    })?
                }
                (GridColumn::Instance(_), _) => vec![],
                (GridColumn::Fixed(_), CellContents::Elements(_)) => {
                    return Err(plonk::Error::Synthesis);
                }
            });
        }
        for (home, copy) in copies {
            if !matches!(
                config.columns[copy.column as usize],
                GridColumn::Instance(_)
            ) {
                region.constrain_equal(handle(&handles, home)?, handle(&handles, copy)?)?;
            }
        }
        Ok(handles)
    }
}

/// Fills the columns of all tables.
fn assign_tables(
    layouter: &mut impl Layouter<Fp>,
    circuit: &zkc_circuit::Circuit,
    config: &Columns,
) -> Result<(), plonk::Error> {
    let tables = circuit.tables.iter().zip(&*config.tables);
    for (table, columns) in tables.filter(|(_, columns)| !columns.is_empty()) {
        layouter.assign_table(
            || "table",
            |mut cells| {
                for_each_table_cell(table, columns, |column, row, value| {
                    cells.assign_cell(|| "", column, row, || Value::known(to_field(value)))
                })
            },
        )?;
    }
    Ok(())
}

/// Assigns the cells of one column and returns those that copies need.
///
/// A cell that is 0 and not needed is left out, as halo2 takes it for 0 anyway. Row 0 is always assigned: the mock prover
/// counts rows from the first one assigned.
fn assign_column(
    needed: &[bool],
    rows: usize,
    value: impl Fn(usize) -> i128,
    mut assign: impl FnMut(usize, Fp) -> Result<AssignedCell<Fp, Fp>, plonk::Error>,
) -> Result<Vec<Option<Cell>>, plonk::Error> {
    let mut handles = vec![None; needed.len()];
    for row in 0..rows.max(needed.len()).max(1) {
        let value = value(row);
        let is_needed = needed.get(row).copied().unwrap_or(false);
        let handle = handles.get_mut(row).filter(|_| is_needed);
        if value != 0 || row == 0 || handle.is_some() {
            let cell = assign(row, to_field(value))?;
            if let Some(handle) = handle {
                *handle = Some(cell.cell());
            }
        }
    }
    Ok(handles)
}

fn handle(handles: &Handles, cell: &zkc_circuit::Cell) -> Result<Cell, plonk::Error> {
    let rows = handles.get(cell.column as usize);
    rows.and_then(|rows| rows.get(cell.row as usize).copied().flatten())
        .ok_or(plonk::Error::Synthesis)
}
