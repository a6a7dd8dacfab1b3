//! What holds the cells of columns that no placement fills.

use std::collections::BTreeMap;

use crate::check::Checker;
use crate::derive::{Columns, Program, derive_into};
use crate::field::Field;
use crate::layout::{Cell, Computed, Grid};
use crate::number::Mersenne;
use crate::tape::{BATCH, Batch, Tape};

use super::dependence::{challenge, derivatives};

/// The honest witness over the field in which derivatives are taken.
#[derive(Debug)]
pub(crate) struct Witness<'a> {
    pub(super) grid: &'a Grid,
    /// Values of derived columns, by column of the layout; empty for others.
    pub(super) derived: Vec<Vec<Mersenne>>,
}

impl<'a> Witness<'a> {
    /// Derives the columns that depend on challenges, for which pseudorandom numbers stand in.
    pub(crate) fn new(checker: &Checker<'_>, grid: &'a Grid) -> Self {
        let (circuit, layout) = (checker.circuit, checker.layout);
        let mut derived = vec![Vec::new(); layout.columns.len()];
        if let Ok(mut columns) = Columns::new(layout, grid) {
            let challenges: Vec<Mersenne> = (0..circuit.challenges.len())
                .map(|index| challenge(index as u32))
                .collect();
            let changes = BTreeMap::new();
            // A valid circuit can be derived; of another the columns stay empty.
            if derive_into(circuit, layout, &mut columns, &challenges, &changes).is_ok() {
                for column in layout.derived_columns(circuit) {
                    derived[column as usize] = columns.take(column);
                }
            }
        }
        Witness { grid, derived }
    }
}

/// A derived cell that nothing holds although a constraint depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Loose {
    /// The first such cell of its column.
    pub(super) cell: Cell,
    /// Number of a constraint that depends on it.
    pub(super) constraint: u32,
    /// Number of such cells of the column.
    pub(super) count: u64,
}

/// What constraints say about computed cells.
#[derive(Debug, Default)]
pub(crate) struct ComputedCells {
    /// Rows on which some gate depends on the cell, by column of the layout.
    pub(crate) rows: BTreeMap<u32, Vec<u32>>,
    /// Derived columns with cells that nothing holds.
    pub(super) loose: Vec<Loose>,
}

/// What is known of one cell.
#[derive(Debug, Clone, Copy, Default)]
struct Status {
    /// Its defining constraint determines it.
    held: bool,
    /// A constraint that contains no other derived cell determines it.
    pinned: bool,
    /// A constraint that depends on it.
    user: Option<u32>,
}

impl ComputedCells {
    /// Looks at every derived and counting cell of a circuit.
    pub(crate) fn new(checker: &Checker<'_>, witness: &Witness<'_>) -> Self {
        let layout = checker.layout;
        let mut cells: BTreeMap<u32, Vec<Status>> = BTreeMap::new();
        for (index, column) in layout.columns.iter().enumerate() {
            if column.computed.is_some() {
                let status = vec![Status::default(); layout.usable_rows as usize];
                cells.insert(index as u32, status);
            }
        }
        mark_held(checker, witness, &mut cells);
        for (number, gate) in checker.gates.iter().enumerate() {
            let tape = &gate.tape;
            let reads = |slot: &crate::tape::Slot| cells.contains_key(&slot.column);
            if tape.slots.iter().any(reads) {
                mark_used(checker, witness, tape, number as u32, &mut cells);
            }
        }
        let mut found = ComputedCells::default();
        for (column, status) in cells {
            let row = |(row, _): (usize, &Status)| row as u32;
            let used = status.iter().enumerate();
            let used = used.filter(|(_, cell)| cell.user.is_some()).map(row);
            found.rows.insert(column, used.collect());
            if !layout.is_derived(column) {
                continue;
            }
            let mut loose = status.iter().enumerate().filter_map(|(row, cell)| {
                let user = cell.user.filter(|_| !cell.held && !cell.pinned)?;
                Some((row as u32, user))
            });
            if let Some((row, constraint)) = loose.next() {
                found.loose.push(Loose {
                    cell: Cell { column, row },
                    constraint,
                    count: 1 + loose.count() as u64,
                });
            }
        }
        found
    }
}

/// Marks the cells that their defining constraint determines: where the coefficient is not 0.
fn mark_held(checker: &Checker<'_>, witness: &Witness<'_>, cells: &mut BTreeMap<u32, Vec<Status>>) {
    let (circuit, layout) = (checker.circuit, checker.layout);
    let challenges: Vec<Mersenne> = (0..circuit.challenges.len())
        .map(|index| challenge(index as u32))
        .collect();
    let Ok(mut columns) = Columns::new(layout, witness.grid) else {
        return;
    };
    for (column, values) in witness.derived.iter().enumerate() {
        if !values.is_empty() {
            columns.set(column as u32, values.clone());
        }
    }
    for derived in &circuit.derived {
        let Some(constraint) = circuit.defining(derived) else {
            continue;
        };
        let solved = Program::solve(layout, &constraint.poly, *derived, &challenges);
        let Some((program, solution)) = solved else {
            continue;
        };
        let tape = Tape::new(&constraint.poly, layout);
        let rows = tape.active_rows(layout, layout.usable_rows);
        let column = layout.column_of(derived.group, derived.column);
        let Some(status) = cells.get_mut(&column) else {
            continue;
        };
        let coefficient = program
            .run(&mut columns, &rows)
            .swap_remove(solution.coefficient);
        for (position, row) in rows.iter().enumerate() {
            let target = *row as usize + derived.rotation as usize;
            if let Some(cell) = status.get_mut(target)
                && !coefficient.at(position).is_zero()
            {
                cell.held = true;
            }
        }
    }
}

/// Notes which computed cells one constraint depends on, and which of them it determines.
fn mark_used(
    checker: &Checker<'_>,
    witness: &Witness<'_>,
    tape: &Tape,
    number: u32,
    cells: &mut BTreeMap<u32, Vec<Status>>,
) {
    let layout = checker.layout;
    let rows = tape.active_rows(layout, layout.usable_rows);
    let mut batch = Batch::new(tape);
    for rows in rows.chunks(BATCH) {
        let mut touched: Vec<(u32, Cell)> = Vec::new();
        derivatives(checker, witness, tape, &mut batch, rows, |row, cell, _| {
            if let Some(status) = cells.get_mut(&cell.column)
                && let Some(status) = status.get_mut(cell.row as usize)
            {
                status.user.get_or_insert(number);
                if layout.is_derived(cell.column) {
                    touched.push((row, cell));
                }
            }
        });
        touched.sort_unstable();
        touched.dedup();
        for row in touched.chunk_by(|a, b| a.0 == b.0) {
            if let [(_, cell)] = row
                && let Some(status) = cells.get_mut(&cell.column)
            {
                status[cell.row as usize].pinned = true;
            }
        }
    }
}

/// Whether a column of the layout is filled by no placement.
pub(super) fn is_computed(checker: &Checker<'_>, column: u32) -> bool {
    checker.layout.columns[column as usize].computed.is_some()
}

/// The index of a derived column.
pub(super) fn derived_index(checker: &Checker<'_>, column: u32) -> Option<u32> {
    match checker.layout.columns[column as usize].computed {
        Some(Computed::Derived(index)) => Some(index),
        Some(Computed::Multiplicity(_)) | None => None,
    }
}
