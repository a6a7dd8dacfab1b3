//! Which constraints depend on which cells.

mod lookups;

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use rayon::prelude::*;

use crate::check::Checker;
use crate::elements::NO_ELEMENT;
use crate::layout::{Cell, CellContents, Held};
use crate::number::{MERSENNE, Mersenne};
use crate::tape::{BATCH, Batch, Number, Slot, Tape, column_values, load_rows};
use crate::{ColumnKind, Op};

use super::computed::{Witness, derived_index, is_computed};
use lookups::{counted_lookups, found_by_sums, lookup_batch};

/// No constraint depends on the element.
pub(super) const UNPINNED: u32 = u32::MAX;

/// Batches of rows per task.
const TASK_BATCHES: usize = 16;

/// An unassigned cell that a constraint depends on.
#[derive(Debug, Clone)]
pub(super) struct UsedUnassigned {
    /// Number of the constraint.
    pub(super) constraint: u32,
    /// The row on which it is enforced.
    pub(super) row: u32,
    /// The cell.
    pub(super) cell: Cell,
    /// How many such (cell, row) pairs the constraint has.
    pub(super) count: u64,
}

/// What depends on what.
#[derive(Debug)]
pub(super) struct Dependence {
    /// For every unknown the lowest number of a constraint that depends on it.
    pub(super) pins: Vec<u32>,
    /// For every unknown whether a lookup or a gate depends on it alone.
    pub(super) restricted: Vec<bool>,
    /// The first unassigned cell of each constraint that depends on some.
    pub(super) unassigned: Vec<UsedUnassigned>,
    /// For every unknown whether a chain of constraints connects it to an input or a constant.
    pub(super) connected: Vec<bool>,
    /// For every unknown whether some constraint connects it to anything else.
    pub(super) tied: Vec<bool>,
    /// How often lookups of unassigned cells alone depend on a cell.
    pub(super) idle_lookups: u64,
}

/// The value that the audit gives to a cell: the honest one, or a pseudorandom one where nothing is placed.
///
/// A derivative that vanishes at zero by accident does not vanish there.
fn load(
    checker: &Checker<'_>,
    witness: &Witness<'_>,
    slot: Slot,
    tape: &Tape,
    rows: &[u32],
    out: &mut [Mersenne],
) {
    let layout = checker.layout;
    let derived = &witness.derived[slot.column as usize];
    if !derived.is_empty() {
        for (out, row) in out.iter_mut().zip(rows) {
            let row = tape.cell(slot, *row).row as usize;
            *out = derived.get(row).copied().unwrap_or(Mersenne::ZERO);
        }
        return;
    }
    let values = column_values(layout, witness.grid, slot.column);
    let elements = match &layout.columns[slot.column as usize].contents {
        CellContents::Elements(ids)
            if slot.kind == ColumnKind::Advice && !is_computed(checker, slot.column) =>
        {
            Some(ids)
        }
        _ => None,
    };
    load_rows(
        values,
        rows.iter().map(|row| tape.cell(slot, *row).row),
        out,
    );
    let Some(ids) = elements else { return };
    for (out, row) in out.iter_mut().zip(rows) {
        let cell = tape.cell(slot, *row);
        let id = ids.get(cell.row as usize).copied().unwrap_or(NO_ELEMENT);
        if id == NO_ELEMENT && cell.row < layout.usable_rows {
            *out = scramble(cell);
        }
    }
}

/// A field element that depends on the cell in no simple way (the finalizer of splitmix64).
fn scramble(cell: Cell) -> Mersenne {
    let mut word =
        (u64::from(cell.column) << 32 | u64::from(cell.row)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    Mersenne((word ^ (word >> 31)) % MERSENNE)
}

/// Stands in for challenges, which the verifier would draw at random.
pub(super) fn challenge(index: u32) -> Mersenne {
    scramble(Cell {
        column: u32::MAX,
        row: index,
    })
}

/// Calls `visit(row, slot, cell, derivative)` for every derivative of a tape that is not zero on some rows.
pub(super) fn derivatives(
    checker: &Checker<'_>,
    witness: &Witness<'_>,
    tape: &Tape,
    batch: &mut Batch<Mersenne>,
    rows: &[u32],
    mut visit: impl FnMut(u32, Cell, Mersenne),
) {
    batch.evaluate(
        tape,
        rows,
        |slot, rows, out| load(checker, witness, slot, tape, rows, out),
        challenge,
    );
    let gradients = batch.gradients(tape, rows.len());
    for (slot, gradients) in tape.slots.iter().zip(gradients.chunks(BATCH)) {
        if slot.kind == ColumnKind::Fixed {
            continue;
        }
        for (row, gradient) in rows.iter().zip(gradients) {
            if *gradient != Mersenne::ZERO {
                visit(*row, tape.cell(*slot, *row), *gradient);
            }
        }
    }
}

/// What one task of rows adds.
#[derive(Default)]
struct Found {
    unassigned: Vec<(u32, Cell)>,
    /// Unassigned cells that a lookup reads beside nothing else.
    idle: Vec<Cell>,
    /// Pairs of elements in one constraint.
    links: Vec<(u32, u32)>,
}

/// Sets of elements that constraints connect, as a forest of parents.
struct Components {
    parents: Vec<u32>,
}

impl Components {
    fn root(&mut self, mut element: u32) -> u32 {
        while self.parents[element as usize] != element {
            // Halving the path keeps later searches short.
            let grandparent = self.parents[self.parents[element as usize] as usize];
            self.parents[element as usize] = grandparent;
            element = grandparent;
        }
        element
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        self.parents[a.max(b) as usize] = a.min(b);
    }
}

/// What stands in a cell, as a node of the forest: an unknown, or the number after the last one for a constant, or one of
/// those after it for a derived column. A derived column is one node, as its cells depend on all rows.
fn node(checker: &Checker<'_>, cell: Cell) -> Option<u32> {
    let ground = checker.layout.unknowns();
    if let Some(index) = derived_index(checker, cell.column) {
        return Some(ground + 1 + index);
    }
    match checker.layout.held(cell) {
        Held::Constant(_) => Some(ground),
        Held::Unknown(unknown) => Some(unknown),
        Held::Nothing => None,
    }
}

/// The nodes that are alone on their row.
fn lone(touched: &mut Vec<(u32, u32)>) -> impl Iterator<Item = u32> {
    touched.sort_unstable();
    touched.dedup();
    touched
        .chunk_by(|a, b| a.0 == b.0)
        .filter(|row| row.len() == 1)
        .map(|row| row[0].1)
}

/// Links all nodes of one row to the first of them.
fn link(mut touched: Vec<(u32, u32)>, links: &mut Vec<(u32, u32)>) {
    touched.sort_unstable();
    touched.dedup();
    for row in touched.chunk_by(|a, b| a.0 == b.0) {
        links.extend(row[1..].iter().map(|(_, node)| (row[0].1, *node)));
    }
}

impl Dependence {
    pub(super) fn new(checker: &Checker<'_>, witness: &Witness<'_>) -> Self {
        let ground = checker.layout.unknowns();
        let pins: Vec<AtomicU32> = (0..ground).map(|_| AtomicU32::new(UNPINNED)).collect();
        let restricted: Vec<AtomicBool> = (0..ground).map(|_| AtomicBool::new(false)).collect();
        let mut unassigned = Vec::new();
        let mut idle = 0;
        let mut tied = vec![false; ground as usize];
        let mut components = Components {
            parents: (0..=ground + checker.circuit.derived.len() as u32).collect(),
        };
        for (register, instruction) in checker.circuit.program.iter().enumerate() {
            if matches!(instruction.op, Op::Input { .. }) {
                let own = checker
                    .layout
                    .elements
                    .own(crate::RegisterId(register as u32));
                own.for_each(|element| components.join(element, ground));
            }
        }
        // The verifier gives the public inputs that gates read in the instance columns.
        for unknown in checker.layout.elements.computed()..ground {
            let element = checker.layout.element_of(unknown);
            if element.is_some_and(|element| is_input(checker, element)) {
                components.join(unknown, ground);
            }
        }
        let mut note = |constraint: u32, found: Vec<Found>| {
            let mut used: Vec<(u32, Cell)> = Vec::new();
            for found in found {
                used.extend(found.unassigned);
                idle += found.idle.len() as u64;
                for (a, b) in found.links {
                    components.join(a, b);
                    for node in [a, b] {
                        if let Some(tied) = tied.get_mut(node as usize) {
                            *tied = true;
                        }
                    }
                }
            }
            used.sort_unstable();
            if let Some((row, cell)) = used.first() {
                let count = used.len() as u64;
                unassigned.push(UsedUnassigned {
                    constraint,
                    row: *row,
                    cell: *cell,
                    count,
                });
            }
        };
        // The gates over counted lookups read cells of unused rows too, which then may hold any row of the table.
        let mut spare: HashSet<Cell> = HashSet::new();
        for found in counted_lookups(checker, witness, (&pins, &restricted)) {
            spare.extend(&found.idle);
            let number = found_by_sums(checker);
            note(number, vec![found]);
        }
        for (number, gate) in checker.gates.iter().enumerate() {
            let number = number as u32;
            let tape = &gate.tape;
            let alone = tape
                .slots
                .iter()
                .filter(|slot| slot.kind != ColumnKind::Fixed)
                .count()
                == 1;
            let rows = tape.active_rows(checker.layout, checker.layout.usable_rows);
            let found: Vec<Found> = rows
                .par_chunks(BATCH * TASK_BATCHES)
                .map(|rows| {
                    let mut batch = Batch::new(tape);
                    let mut found = Found::default();
                    for rows in rows.chunks(BATCH) {
                        let mut touched = Vec::new();
                        derivatives(checker, witness, tape, &mut batch, rows, |row, cell, _| {
                            match classify(checker, cell) {
                                // Equal to its own public copy says nothing about the value.
                                Class::Element(element)
                                    if is_shown(checker, tape, row, element) => {}
                                Class::Computed => {
                                    if !tape.has_guards() {
                                        touched.extend(node(checker, cell).map(|node| (row, node)));
                                    }
                                }
                                Class::Element(element) => {
                                    pins[element as usize].fetch_min(number, Ordering::Relaxed);
                                    if !tape.has_guards() {
                                        touched.push((row, element));
                                    }
                                    if alone {
                                        restricted[element as usize].store(true, Ordering::Relaxed);
                                    }
                                }
                                Class::Unassigned if tape.in_field && spare.contains(&cell) => {}
                                Class::Unassigned => found.unassigned.push((row, cell)),
                                Class::Settled => {}
                            }
                        });
                        if tape.has_guards() {
                            // On an active row all cells belong together, even where a weight happens to be 0.
                            for row in rows {
                                let cells = tape.slots.iter().map(|slot| tape.cell(*slot, *row));
                                touched.extend(
                                    cells.filter_map(|cell| Some((*row, node(checker, cell)?))),
                                );
                            }
                        }
                        if !tape.has_guards() && !alone {
                            // Where all other cells hold constants or have the weight 0, what is left follows from
                            // constants.
                            lone(&mut touched).for_each(|node| found.links.push((node, ground)));
                        }
                        link(touched, &mut found.links);
                    }
                    found
                })
                .collect();
            note(number, found);
        }
        for (index, lookup) in checker.lookups.iter().enumerate() {
            let number = (checker.gates.len() + index) as u32;
            // Past these rows every cell is unassigned and every selector is 0.
            let rows = lookup.inputs.iter().map(|input| checker.rows(input)).max();
            let rows: Vec<u32> = (0..rows.unwrap_or(0)).collect();
            let found: Vec<Found> = rows
                .par_chunks(BATCH * TASK_BATCHES)
                .map(|rows| {
                    let mut batches: Vec<Batch<Mersenne>> =
                        lookup.inputs.iter().map(Batch::new).collect();
                    let mut found = Found::default();
                    for rows in rows.chunks(BATCH) {
                        lookup_batch(
                            checker,
                            witness,
                            (&lookup.inputs, &mut batches),
                            rows,
                            (number, &pins, &restricted),
                            &mut found,
                        );
                    }
                    found
                })
                .collect();
            note(number, found);
        }
        restrict_inputs_by_gates(checker, witness, &restricted);
        let root = components.root(ground);
        let connected = (0..ground)
            .map(|element| components.root(element) == root)
            .collect();
        Dependence {
            connected,
            tied,
            pins: pins.into_iter().map(AtomicU32::into_inner).collect(),
            restricted: restricted.into_iter().map(AtomicBool::into_inner).collect(),
            unassigned,
            idle_lookups: idle,
        }
    }
}

/// Marks input elements that a gate writes as a sum of restricted ones, such as their limbs.
///
/// The gate must be linear, and the element's coefficient 1 or -1: with another coefficient the element could be a
/// quotient in the field, which is no integer in any range.
fn restrict_inputs_by_gates(
    checker: &Checker<'_>,
    witness: &Witness<'_>,
    restricted: &[AtomicBool],
) {
    let layout = checker.layout;
    let is_restricted = |element: u32| restricted[element as usize].load(Ordering::Relaxed);
    // What the gates say of restricted elements is settled before, so the order of rows and gates does not matter.
    let open: Vec<bool> = (0..layout.unknowns())
        .map(|unknown| {
            unknown < layout.elements.computed()
                && is_input(checker, unknown)
                && layout.home(unknown).is_some()
                && !is_restricted(unknown)
        })
        .collect();
    if !open.contains(&true) {
        return;
    }
    let minus_one = Mersenne::ONE.neg();
    for gate in checker.gates.iter().filter(|gate| gate.tape.is_linear()) {
        let tape = &gate.tape;
        let rows = tape.active_rows(layout, layout.usable_rows);
        let sums: Vec<u32> = rows
            .par_chunks(BATCH)
            .flat_map_iter(|rows| {
                // Per row, the unrestricted cells: the element and whether its coefficient is a unit.
                let mut loose: Vec<(u32, Option<u32>, bool)> = Vec::new();
                derivatives(
                    checker,
                    witness,
                    tape,
                    &mut Batch::new(tape),
                    rows,
                    |row, cell, slope| {
                        let unit = slope == Mersenne::ONE || slope == minus_one;
                        match classify(checker, cell) {
                            Class::Element(element)
                                if !open[element as usize] && is_restricted(element) => {}
                            Class::Element(element) => loose.push((row, Some(element), unit)),
                            // Counts and derived cells have no bound.
                            Class::Unassigned | Class::Computed => loose.push((row, None, false)),
                            Class::Settled => {}
                        }
                    },
                );
                loose.sort_unstable();
                let sums: Vec<u32> = loose
                    .chunk_by(|a, b| a.0 == b.0)
                    .filter_map(|row| match row {
                        [(_, Some(element), true)] if open[*element as usize] => Some(*element),
                        _ => None,
                    })
                    .collect();
                sums
            })
            .collect();
        for element in sums {
            restricted[element as usize].store(true, Ordering::Relaxed);
        }
    }
}

/// What stands in a cell that a constraint depends on.
pub(super) enum Class {
    /// A computed element or a public cell that gates bind, as an unknown of the layout.
    Element(u32),
    /// Nothing: the prover may put anything there.
    Unassigned,
    /// A count of lookups or a derived cell.
    Computed,
    /// A constant, a declared free cell or a public value: held by something else, or free on purpose.
    Settled,
}

pub(super) fn classify(checker: &Checker<'_>, cell: Cell) -> Class {
    let layout = checker.layout;
    match layout.held(cell) {
        Held::Constant(_) => Class::Settled,
        Held::Unknown(unknown) if unknown >= layout.elements.computed() => Class::Element(unknown),
        Held::Unknown(element) => {
            let register = layout.elements.origin(element).0;
            match checker.circuit.program[register.0 as usize].op {
                Op::Free => Class::Settled,
                _ => Class::Element(element),
            }
        }
        Held::Nothing if is_computed(checker, cell.column) => Class::Computed,
        Held::Nothing if checker.is_advice(cell.column) => Class::Unassigned,
        Held::Nothing => Class::Settled,
    }
}

/// Whether an element is one of an input.
pub(super) fn is_input(checker: &Checker<'_>, element: u32) -> bool {
    let register = checker.layout.elements.origin(element).0;
    let op = &checker.circuit.program[register.0 as usize].op;
    matches!(op, Op::Input { .. })
}

/// Whether a constraint reads, on a row, an instance cell that shows the element. No unknown that is a cell itself is one.
fn is_shown(checker: &Checker<'_>, tape: &Tape, row: u32, element: u32) -> bool {
    if element >= checker.layout.elements.computed() {
        return false;
    }
    let instance = tape
        .slots
        .iter()
        .filter(|slot| slot.kind == ColumnKind::Instance);
    instance
        .map(|slot| checker.layout.element(tape.cell(*slot, row)))
        .any(|shown| shown == Some(element))
}
