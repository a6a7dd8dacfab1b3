//! Checking a grid against every constraint of its circuit.
//!
//! Gates and lookups are enforced on all usable rows, over the integers: an identity holds when its value is 0 in Z, which
//! by the no wrap-around rule of [validation](mod@crate::validate) is the same as 0 in the field for honest values. For tests
//! the same can be asked modulo a prime.
//!
//! Constraints that contain challenges or derived columns are checked over the field [`PallasBase`](crate::PallasBase)
//! instead, with challenges drawn by hash and columns derived from them.

mod exact;
mod field;
mod table;
mod violation;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use num_bigint::{BigInt, BigUint};
use rayon::prelude::*;

use crate::layout::{Cell, Grid, Layout};
use crate::tape::{BATCH, Batch, Number, Slot, Tape, column_values, load_rows};
use crate::{Circuit, ColumnKind};

pub(crate) use self::exact::reduce;
use self::field::Counts;
use self::table::TableSet;
pub use self::violation::{CellValue, Violation};

/// Most violations reported for one constraint or lookup.
const MAX_PER_CONSTRAINT: usize = 16;

/// Batches of rows per task.
const TASK_BATCHES: usize = 16;

/// One constraint of a gate.
#[derive(Debug)]
pub(crate) struct GateTape {
    pub(crate) gate: u32,
    pub(crate) constraint: u32,
    pub(crate) tape: Tape,
}

/// All inputs of a lookup.
#[derive(Debug)]
pub(crate) struct LookupTape {
    pub(crate) lookup: u32,
    pub(crate) inputs: Vec<Tape>,
    table: TableSet,
}

/// The constraints of a circuit, ready to be checked against grids of one layout.
#[derive(Debug)]
pub struct Checker<'a> {
    pub(crate) circuit: &'a Circuit,
    pub(crate) layout: &'a Layout,
    pub(crate) gates: Vec<GateTape>,
    pub(crate) lookups: Vec<LookupTape>,
    /// For each column, the constraints (gates first, lookups after them) that query it, with the rotation.
    users: Vec<Vec<(u32, i32)>>,
    /// Both cells of every copy with the copy's index, sorted.
    copies: OnceLock<Vec<(Cell, u32)>>,
}

/// Checks every constraint: all gates and lookups on all usable rows, and all copies.
///
/// The circuit must be valid and the layout made of it. At most 16 violations of each constraint are reported.
pub fn check(circuit: &Circuit, layout: &Layout, grid: &Grid) -> Vec<Violation> {
    Checker::new(circuit, layout).check(grid)
}

impl<'a> Checker<'a> {
    /// Prepares the constraints of a valid circuit.
    pub fn new(circuit: &'a Circuit, layout: &'a Layout) -> Self {
        let gates: Vec<GateTape> = circuit
            .gates
            .iter()
            .enumerate()
            .flat_map(|(gate, info)| {
                info.constraints
                    .iter()
                    .enumerate()
                    .map(move |(constraint, info)| GateTape {
                        gate: gate as u32,
                        constraint: constraint as u32,
                        tape: Tape::new(&info.poly, layout),
                    })
            })
            .collect();
        let lookups: Vec<LookupTape> = circuit
            .lookups
            .iter()
            .enumerate()
            .map(|(lookup, info)| LookupTape {
                lookup: lookup as u32,
                inputs: info
                    .inputs
                    .iter()
                    .map(|input| Tape::new(input, layout))
                    .collect(),
                table: TableSet::new(&circuit.tables[info.table.0 as usize]),
            })
            .collect();
        let mut users = vec![Vec::new(); layout.columns.len()];
        let gate_slots = gates.iter().map(|gate| std::slice::from_ref(&gate.tape));
        let lookup_slots = lookups.iter().map(|lookup| lookup.inputs.as_slice());
        for (index, tapes) in gate_slots.chain(lookup_slots).enumerate() {
            for slot in tapes.iter().flat_map(|tape| &tape.slots) {
                let user = (index as u32, slot.rotation);
                let users: &mut Vec<(u32, i32)> = &mut users[slot.column as usize];
                if !users.contains(&user) {
                    users.push(user);
                }
            }
        }
        Checker {
            circuit,
            layout,
            gates,
            lookups,
            users,
            copies: OnceLock::new(),
        }
    }

    /// Checks every constraint, over the integers where it contains neither challenges nor derived columns.
    pub fn check(&self, grid: &Grid) -> Vec<Violation> {
        let largest = self.largest(grid);
        let mut violations = self.unknown_challenges();
        for gate in self.gates.iter().filter(|gate| !gate.tape.in_field) {
            let rows = gate.tape.active_rows(self.layout, self.rows(&gate.tape));
            let failed = self.failed_rows(&gate.tape, grid, &largest, &rows);
            violations.extend(
                failed
                    .into_iter()
                    .map(|row| self.gate_violation(gate, row, grid, &BTreeMap::new(), None)),
            );
        }
        for lookup in &self.lookups {
            if lookup.inputs.iter().any(|input| input.in_field) {
                continue;
            }
            let failed = self.failed_lookup_rows(lookup, grid, &largest);
            violations.extend(
                failed
                    .into_iter()
                    .map(|row| self.lookup_violation(lookup, row, grid, &BTreeMap::new(), None)),
            );
        }
        violations.extend(self.failed_copies(grid));
        let unchanged = BTreeMap::new();
        violations.extend(self.field_violations(grid, &unchanged, Counts::Kept, false));
        violations
    }

    /// Checks every constraint modulo a prime. Slow: for tests.
    pub fn check_modulo(&self, grid: &Grid, prime: &BigUint) -> Vec<Violation> {
        let prime = BigInt::from(prime.clone());
        let changes = BTreeMap::new();
        let mut violations = self.unknown_challenges();
        for gate in self.gates.iter().filter(|gate| !gate.tape.in_field) {
            let rows = gate.tape.active_rows(self.layout, self.rows(&gate.tape));
            let failed = rows
                .into_iter()
                .filter(|row| !self.gate_holds(gate, *row, grid, &changes, Some(&prime)));
            violations.extend(
                failed
                    .take(MAX_PER_CONSTRAINT)
                    .map(|row| self.gate_violation(gate, row, grid, &changes, Some(&prime))),
            );
        }
        for lookup in &self.lookups {
            if lookup.inputs.iter().any(|input| input.in_field) {
                continue;
            }
            let rows = lookup
                .inputs
                .iter()
                .map(|input| self.rows(input))
                .max()
                .unwrap_or(0);
            let failed = (0..rows)
                .filter(|row| !self.lookup_holds(lookup, *row, grid, &changes, Some(&prime)));
            violations.extend(
                failed
                    .take(MAX_PER_CONSTRAINT)
                    .map(|row| self.lookup_violation(lookup, row, grid, &changes, Some(&prime))),
            );
        }
        violations.extend(self.failed_copies(grid));
        let unchanged = BTreeMap::new();
        violations.extend(self.field_violations(grid, &unchanged, Counts::Kept, false));
        violations
    }

    /// Checks only what touches the given cells: gates and lookups on rows that query them, and their copies.
    ///
    /// Derived columns depend on every cell, so constraints in the field are all checked.
    pub fn check_around(&self, grid: &Grid, cells: &[Cell]) -> Vec<Violation> {
        let changes: BTreeMap<Cell, BigInt> = cells
            .iter()
            .map(|cell| (*cell, BigInt::from(grid.value(self.layout, *cell))))
            .collect();
        self.violations_of(grid, &changes, None, Counts::Kept)
    }

    /// What rejects a grid in which some cells were changed, where `grid` itself is accepted; empty if nothing does.
    ///
    /// With a modulus everything is understood modulo that prime, so that values are field elements.
    ///
    /// Constraints with challenges or derived columns are checked for the best that a dishonest prover can do: lookups are
    /// counted again, challenges drawn again and columns derived again, but for cells that `changes` sets. They are checked
    /// over [`PallasBase`](crate::PallasBase) whatever the modulus is.
    pub fn violations_with(
        &self,
        grid: &Grid,
        changes: &BTreeMap<Cell, BigInt>,
        modulus: Option<&BigInt>,
    ) -> Vec<Violation> {
        self.violations_of(grid, changes, modulus, Counts::Again)
    }

    fn violations_of(
        &self,
        grid: &Grid,
        changes: &BTreeMap<Cell, BigInt>,
        modulus: Option<&BigInt>,
        counts: Counts,
    ) -> Vec<Violation> {
        let mut violations = Vec::new();
        for (user, row) in self.around(changes.keys()) {
            match self.gates.get(user as usize) {
                Some(gate) => {
                    if !gate.tape.in_field && !self.gate_holds(gate, row, grid, changes, modulus) {
                        violations.push(self.gate_violation(gate, row, grid, changes, modulus));
                    }
                }
                None => {
                    let lookup = &self.lookups[user as usize - self.gates.len()];
                    let challenges = lookup.inputs.iter().any(|input| input.in_field);
                    if !challenges && !self.lookup_holds(lookup, row, grid, changes, modulus) {
                        violations.push(self.lookup_violation(lookup, row, grid, changes, modulus));
                    }
                }
            }
        }
        for cell in changes.keys() {
            for copy in self.copies_of(*cell) {
                let (from, to) = self.layout.copies[copy as usize];
                let values = [from, to].map(|cell| self.exact_value(cell, grid, changes, modulus));
                if values[0] != values[1] {
                    violations.push(self.copy_violation(from, to, values));
                }
            }
        }
        violations.extend(self.field_violations(grid, changes, counts, false));
        violations
    }

    /// Whether anything rejects a grid in which some cells were changed; stops at the first thing that does.
    ///
    /// See [`violations_with`](Self::violations_with) for what happens to derived columns.
    pub fn rejects(
        &self,
        grid: &Grid,
        changes: &BTreeMap<Cell, BigInt>,
        modulus: Option<&BigInt>,
    ) -> bool {
        let rejected = self.around(changes.keys()).into_iter().any(|(user, row)| {
            match self.gates.get(user as usize) {
                Some(gate) => {
                    !gate.tape.in_field && !self.gate_holds(gate, row, grid, changes, modulus)
                }
                None => {
                    let lookup = &self.lookups[user as usize - self.gates.len()];
                    !lookup.inputs.iter().any(|input| input.in_field)
                        && !self.lookup_holds(lookup, row, grid, changes, modulus)
                }
            }
        });
        rejected
            || changes.keys().any(|cell| {
                self.copies_of(*cell).any(|copy| {
                    let (from, to) = self.layout.copies[copy as usize];
                    self.exact_value(from, grid, changes, modulus)
                        != self.exact_value(to, grid, changes, modulus)
                })
            })
            || !self
                .field_violations(grid, changes, Counts::Again, true)
                .is_empty()
    }

    /// Constraints (as numbered in `users`) and rows that query any of the cells.
    fn around<'c>(&self, cells: impl Iterator<Item = &'c Cell>) -> Vec<(u32, u32)> {
        let rows = 1i64 << self.layout.k;
        let mut found: Vec<(u32, u32)> = cells
            .flat_map(|cell| {
                self.users[cell.column as usize]
                    .iter()
                    .map(move |(user, rotation)| {
                        let row = (i64::from(cell.row) - i64::from(*rotation)).rem_euclid(rows);
                        (*user, row as u32)
                    })
            })
            .filter(|(_, row)| *row < self.layout.usable_rows)
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Indices of the copies that a cell takes part in.
    pub(crate) fn copies_of(&self, cell: Cell) -> impl Iterator<Item = u32> + '_ {
        let copies = self.copies.get_or_init(|| {
            let mut copies: Vec<(Cell, u32)> = self
                .layout
                .copies
                .iter()
                .enumerate()
                .flat_map(|(index, (from, to))| [(*from, index as u32), (*to, index as u32)])
                .collect();
            copies.par_sort_unstable();
            copies
        });
        let start = copies.partition_point(|(known, _)| *known < cell);
        copies[start..]
            .iter()
            .take_while(move |(known, _)| *known == cell)
            .map(|(_, copy)| *copy)
    }

    /// Number of rows to look at: from there on every queried cell is 0, as on the last of these rows.
    ///
    /// Computed columns have values on rows in which nothing is placed.
    pub(crate) fn rows(&self, tape: &Tape) -> u32 {
        let usable = self.layout.usable_rows;
        let blinding = (1u32 << self.layout.k) - usable;
        let wraps = tape
            .slots
            .iter()
            .any(|slot| slot.rotation > blinding as i32);
        let computed = tape
            .slots
            .iter()
            .any(|slot| self.layout.columns[slot.column as usize].computed.is_some());
        if wraps || computed {
            return usable;
        }
        let reach = tape
            .slots
            .iter()
            .map(|slot| (-slot.rotation).max(0))
            .max()
            .unwrap_or(0);
        usable.min(
            self.layout
                .used_rows()
                .saturating_add(reach as u32)
                .saturating_add(1),
        )
    }

    /// The largest absolute value of each column.
    fn largest(&self, grid: &Grid) -> Vec<f64> {
        (0..self.layout.columns.len())
            .into_par_iter()
            .map(|column| {
                let values = column_values(self.layout, grid, column as u32);
                let (lo, hi) = values.min_max().unwrap_or((0, 0));
                lo.unsigned_abs().max(hi.unsigned_abs()) as f64
            })
            .collect()
    }

    /// How wide the numbers must be for a tape not to overflow anywhere on its way.
    fn width(&self, tape: &Tape, largest: &[f64]) -> Width {
        let slots: Vec<f64> = tape
            .slots
            .iter()
            .map(|slot| largest[slot.column as usize])
            .collect();
        let peak = tape.magnitudes(&slots).into_iter().fold(0.0, f64::max);
        // Far enough from the limits for the rounding of the estimate not to matter.
        if peak < 2f64.powi(62) {
            Width::Narrow
        } else if peak < 2f64.powi(126) {
            Width::Wide
        } else {
            Width::Exact
        }
    }

    /// The first rows on which a polynomial is not 0.
    fn failed_rows(&self, tape: &Tape, grid: &Grid, largest: &[f64], rows: &[u32]) -> Vec<u32> {
        let mut failed: Vec<u32> = match self.width(tape, largest) {
            Width::Narrow => self.failed_in::<i64>(tape, grid, rows),
            Width::Wide => self.failed_in::<i128>(tape, grid, rows),
            Width::Exact => rows
                .par_iter()
                .copied()
                .filter(|row| {
                    self.exact_tape(tape, *row, grid, &BTreeMap::new(), None) != BigInt::ZERO
                })
                .collect(),
        };
        failed.sort_unstable();
        failed.truncate(MAX_PER_CONSTRAINT);
        failed
    }

    fn failed_in<T: Number + PartialEq>(&self, tape: &Tape, grid: &Grid, rows: &[u32]) -> Vec<u32> {
        rows.par_chunks(BATCH * TASK_BATCHES)
            .flat_map_iter(|rows| {
                let mut batch = Batch::<T>::new(tape);
                let mut failed = Vec::new();
                for rows in rows.chunks(BATCH) {
                    self.evaluate(&mut batch, tape, grid, rows);
                    let values = batch.root(tape, rows.len());
                    failed.extend(
                        rows.iter()
                            .zip(values)
                            .filter(|(_, value)| **value != T::ZERO)
                            .map(|(row, _)| *row),
                    );
                }
                failed
            })
            .collect()
    }

    /// Evaluates a tape on a batch of rows.
    fn evaluate<T: Number>(&self, batch: &mut Batch<T>, tape: &Tape, grid: &Grid, rows: &[u32]) {
        let load = |slot: Slot, rows: &[u32], out: &mut [T]| {
            let values = column_values(self.layout, grid, slot.column);
            load_rows(
                values,
                rows.iter().map(|row| tape.cell(slot, *row).row),
                out,
            );
        };
        // Tapes that need the field are left out by all callers.
        batch.evaluate(tape, rows, load, |_| T::ZERO);
    }

    /// The first rows on which a lookup fails.
    fn failed_lookup_rows(&self, lookup: &LookupTape, grid: &Grid, largest: &[f64]) -> Vec<u32> {
        let rows = lookup
            .inputs
            .iter()
            .map(|input| self.rows(input))
            .max()
            .unwrap_or(0);
        let widest = lookup
            .inputs
            .iter()
            .map(|input| self.width(input, largest))
            .max();
        let rows: Vec<u32> = (0..rows).collect();
        let mut failed: Vec<u32> = if widest == Some(Width::Exact) {
            rows.par_iter()
                .copied()
                .filter(|row| !self.lookup_holds(lookup, *row, grid, &BTreeMap::new(), None))
                .collect()
        } else {
            rows.par_chunks(BATCH * TASK_BATCHES)
                .flat_map_iter(|rows| {
                    let mut batches: Vec<Batch<i128>> =
                        lookup.inputs.iter().map(Batch::new).collect();
                    let mut failed = Vec::new();
                    let mut tuple = vec![0i128; lookup.inputs.len()];
                    for rows in rows.chunks(BATCH) {
                        for (batch, input) in batches.iter_mut().zip(&lookup.inputs) {
                            self.evaluate(batch, input, grid, rows);
                        }
                        for (position, row) in rows.iter().enumerate() {
                            let inputs = batches.iter().zip(&lookup.inputs);
                            for (value, (batch, input)) in tuple.iter_mut().zip(inputs) {
                                *value = batch.root(input, rows.len())[position];
                            }
                            if !lookup.table.contains(&tuple) {
                                failed.push(*row);
                            }
                        }
                    }
                    failed
                })
                .collect()
        };
        failed.sort_unstable();
        failed.truncate(MAX_PER_CONSTRAINT);
        failed
    }

    fn failed_copies(&self, grid: &Grid) -> Vec<Violation> {
        let mut failed: Vec<usize> = self
            .layout
            .copies
            .par_iter()
            .enumerate()
            .filter(|(_, (from, to))| {
                grid.value(self.layout, *from) != grid.value(self.layout, *to)
            })
            .map(|(index, _)| index)
            .collect();
        failed.sort_unstable();
        failed.truncate(MAX_PER_CONSTRAINT);
        failed
            .into_iter()
            .map(|index| {
                let (from, to) = self.layout.copies[index];
                let values = [from, to].map(|cell| BigInt::from(grid.value(self.layout, cell)));
                self.copy_violation(from, to, values)
            })
            .collect()
    }

    /// Lookups that cannot be checked, as they use challenges or derived columns.
    fn unknown_challenges(&self) -> Vec<Violation> {
        self.lookups
            .iter()
            .filter(|lookup| lookup.inputs.iter().any(|input| input.in_field))
            .map(|lookup| {
                let name = &self.circuit.lookups[lookup.lookup as usize].name;
                Violation::Challenge {
                    name: format!("lookup `{name}`"),
                }
            })
            .collect()
    }

    /// Whether a column is decided by the prover.
    pub(crate) fn is_advice(&self, column: u32) -> bool {
        self.layout.columns[column as usize].kind == ColumnKind::Advice
    }
}

/// Which numbers hold every intermediate value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Width {
    Narrow,
    Wide,
    Exact,
}
