//! Columns as elements of a field, converted when they are first read.

use std::sync::OnceLock;

use rayon::prelude::*;

use super::DeriveError;
use crate::Ints;
use crate::field::Field;
use crate::layout::{Cell, Grid, Layout};
use crate::tape::column_values;

/// Values of all columns, rows past the end being 0.
#[derive(Debug)]
pub(crate) struct Columns<'a, F> {
    layout: &'a Layout,
    grid: &'a Grid,
    /// By column of the layout; `None` for columns that have not been read yet.
    values: Vec<Option<Vec<F>>>,
    /// Cells that differ from the grid, sorted.
    changes: Vec<(Cell, F)>,
    /// The largest absolute value of each column, once it was asked for; `None` where its values are not as in the grid,
    /// or of more than 64 bits.
    magnitudes: Vec<OnceLock<Option<u64>>>,
}

impl<'a, F: Field> Columns<'a, F> {
    /// The columns of a grid.
    pub(crate) fn new(layout: &'a Layout, grid: &'a Grid) -> Result<Self, DeriveError> {
        if grid.values.len() != layout.columns.len() {
            return Err(DeriveError::OtherCircuit);
        }
        Ok(Columns {
            layout,
            grid,
            values: vec![None; layout.columns.len()],
            changes: Vec::new(),
            magnitudes: vec![OnceLock::new(); layout.columns.len()],
        })
    }

    /// The columns of a grid in which some cells were changed. `changes` ascend.
    pub(crate) fn with_changes(
        layout: &'a Layout,
        grid: &'a Grid,
        changes: Vec<(Cell, F)>,
    ) -> Result<Self, DeriveError> {
        Ok(Columns {
            changes,
            ..Columns::new(layout, grid)?
        })
    }

    /// Makes columns ready to be read.
    pub(crate) fn load(&mut self, wanted: impl IntoIterator<Item = u32>) {
        let missing: Vec<u32> = wanted
            .into_iter()
            .filter(|column| self.values[*column as usize].is_none())
            .collect();
        let loaded: Vec<(u32, Vec<F>)> = missing
            .into_par_iter()
            .map(|column| (column, self.convert(column)))
            .collect();
        for (column, values) in loaded {
            self.values[column as usize] = Some(values);
        }
    }

    fn convert(&self, column: u32) -> Vec<F> {
        let mut values = to_field(column_values(self.layout, self.grid, column));
        let start = self
            .changes
            .partition_point(|(cell, _)| cell.column < column);
        let own = self.changes[start..].iter();
        for (cell, value) in own.take_while(|(cell, _)| cell.column == column) {
            let row = cell.row as usize;
            if values.len() <= row {
                values.resize(row + 1, F::zero());
            }
            values[row] = *value;
        }
        values
    }

    /// Sets the values of a column.
    pub(crate) fn set(&mut self, column: u32, values: Vec<F>) {
        self.values[column as usize] = Some(values);
    }

    /// Takes the values of a column out; empty where it was never set or read.
    pub(crate) fn take(&mut self, column: u32) -> Vec<F> {
        self.values[column as usize].take().unwrap_or_default()
    }

    /// The values of a column that has been loaded or set; empty otherwise.
    pub(crate) fn get(&self, column: u32) -> &[F] {
        self.values[column as usize].as_deref().unwrap_or_default()
    }

    /// The values of a column of integers of up to 64 bits as they are, with the largest absolute value.
    pub(crate) fn small(&self, column: u32) -> Option<(&'a Ints, u64)> {
        let magnitude = self.magnitudes[column as usize].get_or_init(|| {
            let changed = self.changes.iter().any(|(cell, _)| cell.column == column);
            if changed || self.layout.columns[column as usize].computed.is_some() {
                return None;
            }
            magnitude(column_values(self.layout, self.grid, column))
        });
        Some((column_values(self.layout, self.grid, column), (*magnitude)?))
    }

    /// The value of a cell, of whichever column.
    pub(crate) fn cell(&mut self, cell: Cell) -> F {
        self.load(std::iter::once(cell.column));
        let value = self.get(cell.column).get(cell.row as usize);
        value.copied().unwrap_or(F::zero())
    }

    /// Number of rows of the grid.
    pub(crate) fn rows(&self) -> u32 {
        1 << self.layout.k
    }
}

/// The largest absolute value, 0 of none; `None` for storage of more than 64 bits.
fn magnitude(values: &Ints) -> Option<u64> {
    fn widest<V: Copy + Ord + Into<i64>>(values: &[V]) -> u64 {
        let least = values.iter().min().map_or(0, |value| (*value).into());
        let greatest = values.iter().max().map_or(0, |value| (*value).into());
        least.unsigned_abs().max(greatest.unsigned_abs())
    }
    Some(match values {
        Ints::I8(values) => widest(values),
        Ints::I16(values) => widest(values),
        Ints::I32(values) => widest(values),
        Ints::I64(values) => widest(values),
        Ints::I128(_) => return None,
    })
}

/// Integers modulo the prime.
fn to_field<F: Field>(values: &Ints) -> Vec<F> {
    let (zero, one) = (F::zero(), F::one());
    values
        .iter()
        .map(|value| match value {
            // Most cells are selectors or empty.
            0 => zero,
            1 => one,
            value => F::from_i128(value),
        })
        .collect()
}
