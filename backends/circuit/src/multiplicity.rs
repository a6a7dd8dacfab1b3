//! Counting how often each row of the tables is looked up.

use std::collections::HashMap;
use std::hash::Hash;

use rayon::prelude::*;
use thiserror::Error;

use crate::derive::{Columns, Program};
use crate::field::PallasBase;
use crate::layout::{Cell, Grid, Layout};
use crate::tape::{Tape, fixed_cell};
use crate::{Circuit, CountedTable, Expr, Field, GroupId, Ints, Multiplicity};

/// Why lookups could not be counted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MultiplicityError {
    /// A tuple that is looked up, but that no active row of the tables has.
    #[error("row {row} of `{node}`: {tuple:?} is not in the table of `{table}`")]
    NotInTable {
        /// What the multiplicity belongs to.
        table: String,
        /// The row that looks up.
        row: u32,
        /// The ONNX node of that row, empty where there is none.
        node: String,
        /// What is looked up.
        tuple: Vec<i128>,
    },
    /// A selector or the column of active rows is neither 0 nor 1.
    #[error("row {row} of `{table}`: {what} is {value}, neither 0 nor 1")]
    NotBoolean {
        /// What the multiplicity belongs to.
        table: String,
        /// The row.
        row: u32,
        /// `the selector of term 3` or `the column of active rows`.
        what: String,
        /// Its value.
        value: i128,
    },
    /// An expression exceeds 128 bits.
    #[error("row {row} of `{node}`, looked up in `{table}`: the value exceeds 128 bits")]
    Overflow {
        /// What the multiplicity belongs to.
        table: String,
        /// The row.
        row: u32,
        /// The ONNX node of that row, empty where there is none.
        node: String,
    },
    /// The grid or layout belongs to another circuit.
    #[error("the values were laid out for another circuit")]
    OtherCircuit,
}

impl Layout {
    /// Counts lookups: fills the columns of [`Circuit::multiplicities`] of a grid that [`assign`](Self::assign) made.
    ///
    /// # Errors
    /// When a selected tuple is in no active row of its tables, a selector is neither 0 nor 1, a value exceeds 128 bits, or
    /// the arguments do not belong together.
    pub fn complete(&self, circuit: &Circuit, mut grid: Grid) -> Result<Grid, MultiplicityError> {
        if grid.values.len() != self.columns.len() {
            return Err(MultiplicityError::OtherCircuit);
        }
        for multiplicity in &circuit.multiplicities {
            let counts = count(self, circuit, &grid, multiplicity)?;
            for (table, counts) in multiplicity.tables.iter().zip(counts) {
                let column = self.column_of(table.group, table.column) as usize;
                let slot = grid.values.get_mut(column);
                *slot.ok_or(MultiplicityError::OtherCircuit)? = counts;
            }
        }
        Ok(grid)
    }
}

/// The usable rows on which the column of active rows is 1, in ascending order.
pub(crate) fn active_rows(
    layout: &Layout,
    multiplicity: &Multiplicity,
) -> Result<Vec<u32>, MultiplicityError> {
    let Some((group, column)) = multiplicity.active else {
        return Ok((0..layout.usable_rows).collect());
    };
    let column = layout.column_of(group, column);
    let mut rows = Vec::new();
    for row in 0..layout.usable_rows {
        match fixed_cell(layout, Cell { column, row }) {
            0 => {}
            1 => rows.push(row),
            value => {
                return Err(MultiplicityError::NotBoolean {
                    table: multiplicity.source.clone(),
                    row,
                    what: "the column of active rows".to_string(),
                    value,
                });
            }
        }
    }
    Ok(rows)
}

/// Where a tuple is counted: the number of a table, and the row.
type Place = (usize, u32);

/// The first place of each tuple that stands in some table.
fn first_places<K: Hash + Eq>(
    layout: &Layout,
    tables: &[CountedTable],
    rows: &[u32],
    key: impl Fn(i128) -> K,
) -> HashMap<Vec<K>, Place> {
    let mut first = HashMap::with_capacity(tables.len() * rows.len());
    for (number, table) in tables.iter().enumerate() {
        let columns: Vec<u32> = table
            .columns
            .iter()
            .map(|(group, column): &(GroupId, u32)| layout.column_of(*group, *column))
            .collect();
        for row in rows {
            let cells = columns.iter().map(|column| Cell {
                column: *column,
                row: *row,
            });
            let tuple = cells.map(|cell| key(fixed_cell(layout, cell))).collect();
            first.entry(tuple).or_insert((number, *row));
        }
    }
    first
}

/// The counts of each table.
fn count(
    layout: &Layout,
    circuit: &Circuit,
    grid: &Grid,
    multiplicity: &Multiplicity,
) -> Result<Vec<Ints>, MultiplicityError> {
    let rows = active_rows(layout, multiplicity)?;
    let first = first_places(layout, &multiplicity.tables, &rows, |value| value);
    let mut counts = vec![vec![0i64; layout.usable_rows as usize]; multiplicity.tables.len()];
    for (number, term) in multiplicity.terms.iter().enumerate() {
        let selector = Tape::new(&term.selector, layout);
        let inputs: Vec<Tape> = term
            .inputs
            .iter()
            .map(|input| Tape::new(input, layout))
            .collect();
        let node = |row: u32| {
            let slots = inputs.iter().flat_map(|input| {
                let cells = input.slots.iter().map(|slot| input.cell(*slot, row));
                cells.collect::<Vec<Cell>>()
            });
            let mut sources = slots.map(|cell| layout.source(circuit, cell));
            let source = sources.find(|source| !source.is_empty());
            source.unwrap_or_default().to_string()
        };
        let table = || multiplicity.source.clone();
        let overflow = |row: u32| MultiplicityError::Overflow {
            table: table(),
            row,
            node: node(row),
        };
        // The place that each row looks up.
        let found: Result<Vec<Option<Place>>, MultiplicityError> = rows
            .par_iter()
            .with_min_len(256)
            .map(|row| {
                let selected = selector.checked_value(layout, grid, *row);
                match selected.ok_or_else(|| overflow(*row))? {
                    0 => return Ok(None),
                    1 => {}
                    value => {
                        return Err(MultiplicityError::NotBoolean {
                            table: table(),
                            row: *row,
                            what: format!("the selector of term {number}"),
                            value,
                        });
                    }
                }
                let tuple: Option<Vec<i128>> = inputs
                    .iter()
                    .map(|input| input.checked_value(layout, grid, *row))
                    .collect();
                let tuple = tuple.ok_or_else(|| overflow(*row))?;
                match first.get(&tuple) {
                    Some(found) => Ok(Some(*found)),
                    None => Err(MultiplicityError::NotInTable {
                        table: table(),
                        row: *row,
                        node: node(*row),
                        tuple,
                    }),
                }
            })
            .collect();
        for (table, row) in found?.into_iter().flatten() {
            counts[table][row as usize] += 1;
        }
    }
    for counts in &mut counts {
        while counts.last() == Some(&0) {
            counts.pop();
        }
    }
    Ok(counts.into_iter().map(Ints::I64).collect())
}

/// Counts again over a field, as a prover who changed cells would: what is in no table is not counted.
///
/// `skip` says which columns of the layout keep their values.
pub(crate) fn recount(
    circuit: &Circuit,
    layout: &Layout,
    columns: &mut Columns<'_, PallasBase>,
    skip: impl Fn(u32) -> bool,
) {
    for multiplicity in &circuit.multiplicities {
        let tables = &multiplicity.tables;
        let target = |table: &CountedTable| layout.column_of(table.group, table.column);
        // Active rows are fixed; the honest count has refused them where they are not 0 or 1.
        let Ok(rows) = active_rows(layout, multiplicity) else {
            continue;
        };
        if tables.iter().all(|table| skip(target(table))) {
            continue;
        }
        let key = |value: i128| PallasBase::from_i128(value).to_bytes();
        let first = first_places(layout, tables, &rows, key);
        let mut counts = vec![vec![0i128; layout.usable_rows as usize]; tables.len()];
        for term in &multiplicity.terms {
            let mut values = |expr: &Expr| -> Vec<PallasBase> {
                let program = Program::whole(layout, expr, &[]);
                // One output per program.
                let output = program.run(columns, &rows).swap_remove(0);
                (0..rows.len())
                    .map(|position| output.at(position))
                    .collect()
            };
            let selected = values(&term.selector);
            let inputs: Vec<Vec<PallasBase>> = term.inputs.iter().map(values).collect();
            for (position, selected) in selected.iter().enumerate() {
                if *selected == PallasBase::one() {
                    let tuple = inputs.iter().map(|input| input[position].to_bytes());
                    let tuple: Vec<[u8; 32]> = tuple.collect();
                    if let Some((table, row)) = first.get(&tuple) {
                        counts[*table][*row as usize] += 1;
                    }
                }
            }
        }
        for (column, counts) in tables.iter().map(target).zip(counts) {
            if !skip(column) {
                let counts = counts.into_iter().map(PallasBase::from_i128).collect();
                columns.set(column, counts);
            }
        }
    }
}
