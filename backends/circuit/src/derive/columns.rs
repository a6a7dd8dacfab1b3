//! Columns as elements of a field, converted when they are first read.

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
    pub(crate) fn load(&mut self, wanted: impl Iterator<Item = u32>) {
        let missing: Vec<u32> = wanted
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

    /// The values of a column where all of them are narrow integers.
    pub(crate) fn narrow(&self, column: u32) -> Option<&'a [i8]> {
        let changed = self.changes.iter().any(|(cell, _)| cell.column == column);
        if changed || self.layout.columns[column as usize].computed.is_some() {
            return None;
        }
        match column_values(self.layout, self.grid, column) {
            Ints::I8(values) => Some(values),
            _ => None,
        }
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
