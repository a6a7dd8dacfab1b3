//! Finding rows of lookup tables.

use std::collections::HashMap;

use crate::{Circuit, TableColumn, TableId, TagMatch};

/// Finds the first row of a table that holds a value in one column.
#[derive(Debug)]
pub(super) enum TableIndex {
    /// The column is a range: the row follows from the value.
    Range { start: i128, len: u64 },
    /// Any other column.
    Rows(HashMap<i128, u64>),
}

impl TableIndex {
    /// The first row that holds `value`.
    pub(super) fn row(&self, value: i128) -> Option<u64> {
        match self {
            TableIndex::Range { start, len } => {
                let row = u64::try_from(value.checked_sub(*start)?).ok()?;
                (row < *len).then_some(row)
            }
            TableIndex::Rows(rows) => rows.get(&value).copied(),
        }
    }
}

type Key = (u32, u32, Option<(u32, i128)>);

/// The indices made so far.
#[derive(Debug, Default)]
pub(super) struct TableIndices {
    indices: HashMap<Key, TableIndex>,
}

impl TableIndices {
    /// Makes the index for a search, once.
    pub(super) fn prepare(
        &mut self,
        circuit: &Circuit,
        table: TableId,
        column: u32,
        tag: Option<TagMatch>,
    ) {
        self.indices
            .entry(key(table, column, tag))
            .or_insert_with(|| {
                let columns = &circuit.tables[table.0 as usize].columns;
                let searched = &columns[column as usize];
                if let (TableColumn::Range { start, len }, None) = (searched, tag) {
                    return TableIndex::Range {
                        start: *start,
                        len: *len,
                    };
                }
                let mut rows = HashMap::new();
                for row in 0..searched.len() {
                    let tagged = tag
                        .is_none_or(|tag| columns[tag.column as usize].get(row) == Some(tag.value));
                    if let (true, Some(value)) = (tagged, searched.get(row)) {
                        rows.entry(value).or_insert(row);
                    }
                }
                TableIndex::Rows(rows)
            });
    }

    /// The index for a search that was prepared.
    pub(super) fn get(&self, table: TableId, column: u32, tag: Option<TagMatch>) -> &TableIndex {
        &self.indices[&key(table, column, tag)]
    }
}

fn key(table: TableId, column: u32, tag: Option<TagMatch>) -> Key {
    (table.0, column, tag.map(|tag| (tag.column, tag.value)))
}
