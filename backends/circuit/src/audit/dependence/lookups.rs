//! What lookups depend on.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use rayon::prelude::*;

use crate::ColumnKind;
use crate::check::Checker;
use crate::layout::Cell;
use crate::multiplicity::active_rows;
use crate::number::Mersenne;
use crate::tape::{BATCH, Batch, Number, Tape};

use super::{
    Class, Found, TASK_BATCHES, Witness, challenge, classify, derivatives, link, load, node,
};

/// The number of the first gate that is enforced in the field only: those that counted lookups are summed up in.
pub(super) fn found_by_sums(checker: &Checker<'_>) -> u32 {
    let position = checker.gates.iter().position(|gate| gate.tape.in_field);
    position.unwrap_or(0) as u32
}

/// What the lookups depend on that multiplicities count, on the rows on which they are selected. That the sums over them
/// enforce them is for the argument about the gates.
pub(super) fn counted_lookups(
    checker: &Checker<'_>,
    witness: &Witness<'_>,
    (pins, restricted): (&[AtomicU32], &[AtomicBool]),
) -> Vec<Found> {
    let layout = checker.layout;
    let number = found_by_sums(checker);
    let mut all = Vec::new();
    for multiplicity in &checker.circuit.multiplicities {
        // A column of active rows with other values than bits is reported where lookups are counted.
        let Ok(active) = active_rows(layout, multiplicity) else {
            continue;
        };
        for term in &multiplicity.terms {
            let selector = Tape::new(&term.selector, layout);
            if selector
                .slots
                .iter()
                .any(|slot| slot.kind != ColumnKind::Fixed)
            {
                continue;
            }
            let inputs: Vec<Tape> = term
                .inputs
                .iter()
                .map(|input| Tape::new(input, layout))
                .collect();
            let tasks = active.par_chunks(BATCH * TASK_BATCHES).map(|rows| {
                let mut batches: Vec<Batch<Mersenne>> = inputs.iter().map(Batch::new).collect();
                let mut selected = Batch::new(&selector);
                let mut found = Found::default();
                for rows in rows.chunks(BATCH) {
                    selected.evaluate(
                        &selector,
                        rows,
                        |slot, rows, out| load(checker, witness, slot, &selector, rows, out),
                        challenge,
                    );
                    let rows: Vec<u32> = rows
                        .iter()
                        .zip(selected.root(&selector, rows.len()))
                        .filter(|(_, on)| **on == Mersenne::ONE)
                        .map(|(row, _)| *row)
                        .collect();
                    lookup_batch(
                        checker,
                        witness,
                        (&inputs, &mut batches),
                        &rows,
                        (number, pins, restricted),
                        &mut found,
                    );
                }
                found
            });
            all.extend(tasks.collect::<Vec<_>>());
        }
    }
    all
}

/// What a lookup depends on, row by row.
pub(super) fn lookup_batch(
    checker: &Checker<'_>,
    witness: &Witness<'_>,
    (inputs, batches): (&[Tape], &mut [Batch<Mersenne>]),
    rows: &[u32],
    (number, pins, restricted): (u32, &[AtomicU32], &[AtomicBool]),
    found: &mut Found,
) {
    // Per row: unassigned cells and whether anything else occurs in the tuple.
    let mut loose: Vec<Vec<Cell>> = vec![Vec::new(); rows.len()];
    let mut settled = vec![false; rows.len()];
    let position = |row: u32| rows.binary_search(&row).unwrap_or(0);
    let mut touched = Vec::new();
    for (tape, batch) in inputs.iter().zip(batches) {
        // The one element that this input depends on per row: none, one, or several.
        let mut only: Vec<Option<Result<u32, ()>>> = vec![None; rows.len()];
        derivatives(checker, witness, tape, batch, rows, |row, cell, _| {
            let position = position(row);
            touched.extend(node(checker, cell).map(|node| (row, node)));
            match classify(checker, cell) {
                Class::Element(element) => {
                    pins[element as usize].fetch_min(number, Ordering::Relaxed);
                    settled[position] = true;
                    only[position] = match only[position] {
                        None => Some(Ok(element)),
                        Some(Ok(known)) if known == element => Some(Ok(element)),
                        Some(_) => Some(Err(())),
                    };
                }
                Class::Unassigned => {
                    loose[position].push(cell);
                    only[position] = Some(Err(()));
                }
                Class::Settled | Class::Computed => {
                    settled[position] = true;
                    only[position] = Some(Err(()));
                }
            }
        });
        for element in only.into_iter().flatten().flatten() {
            restricted[element as usize].store(true, Ordering::Relaxed);
        }
    }
    link(touched, &mut found.links);
    for ((row, loose), settled) in rows.iter().zip(loose).zip(settled) {
        if settled {
            found
                .unassigned
                .extend(loose.into_iter().map(|cell| (*row, cell)));
        } else {
            found.idle.extend(loose);
        }
    }
}
