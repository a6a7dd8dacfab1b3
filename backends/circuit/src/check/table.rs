//! Whether a tuple is a row of a table.

use num_bigint::BigInt;

use crate::{Table, TableColumn};

/// The rows of a table, arranged for searching.
#[derive(Debug)]
pub(crate) struct TableSet {
    columns: Vec<TableColumn>,
    search: Search,
}

#[derive(Debug)]
enum Search {
    /// Column `column` is a range, so its value tells the row.
    Direct { column: usize },
    /// Row numbers in ascending order of the rows.
    Sorted(Vec<u32>),
}

impl TableSet {
    pub(crate) fn new(table: &Table) -> Self {
        let columns = table.columns.clone();
        let range = columns
            .iter()
            .position(|column| matches!(column, TableColumn::Range { .. }));
        let search = match range {
            Some(column) => Search::Direct { column },
            None => {
                // Tables have at most as many rows as the grid, so 32 bits number them.
                let mut rows: Vec<u32> = (0..table.rows() as u32).collect();
                let row = |row: u32| columns.iter().map(move |column| column.get(u64::from(row)));
                rows.sort_unstable_by(|a, b| row(*a).cmp(row(*b)));
                Search::Sorted(rows)
            }
        };
        TableSet { columns, search }
    }

    /// Whether a row of the table has these values.
    pub(crate) fn contains(&self, tuple: &[i128]) -> bool {
        match &self.search {
            Search::Direct { column } => {
                let TableColumn::Range { start, len } = &self.columns[*column] else {
                    return false;
                };
                let row = tuple[*column]
                    .checked_sub(*start)
                    .and_then(|row| u64::try_from(row).ok());
                let Some(row) = row.filter(|row| row < len) else {
                    return false;
                };
                self.columns
                    .iter()
                    .zip(tuple)
                    .all(|(column, value)| column.get(row) == Some(*value))
            }
            Search::Sorted(rows) => {
                let compare = |row: &u32| {
                    let values = self
                        .columns
                        .iter()
                        .map(|column| column.get(u64::from(*row)));
                    values.cmp(tuple.iter().map(|value| Some(*value)))
                };
                rows.binary_search_by(compare).is_ok()
            }
        }
    }

    /// The same for numbers of any size, modulo a prime where there is one.
    pub(crate) fn contains_exact(&self, tuple: &[BigInt], modulus: Option<&BigInt>) -> bool {
        // A field element stands for the integers that are congruent to it; tables hold small ones of both signs.
        let candidates = |value: &BigInt| -> Vec<i128> {
            let shifted = modulus.map(|modulus| value - modulus);
            let small = |value: &BigInt| i128::try_from(value).ok();
            [small(value), shifted.as_ref().and_then(small)]
                .into_iter()
                .flatten()
                .collect()
        };
        let mut tuples: Vec<Vec<i128>> = vec![Vec::new()];
        for value in tuple {
            let candidates = candidates(value);
            tuples = tuples
                .iter()
                .flat_map(|start| {
                    candidates.iter().map(move |value| {
                        let mut longer = start.clone();
                        longer.push(*value);
                        longer
                    })
                })
                .collect();
        }
        tuples.iter().any(|tuple| self.contains(tuple))
    }
}
