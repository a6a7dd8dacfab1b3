//! The rank of all constraints' derivatives.
//!
//! Most rows have one unknown cell once the others are known: a range lookup holds its cell alone, a dot-product gate
//! determines the accumulator. Such rows and columns are peeled off one after the other; what remains, if anything, is
//! eliminated as a sparse matrix modulo 2^61 - 1.

use std::collections::BTreeMap;

use crate::check::Checker;
use crate::layout::{Cell, CellContents};
use crate::number::Mersenne;
use crate::tape::{BATCH, Batch, Number, Tape};
use crate::{ColumnKind, Op};

use super::AuditOptions;
use super::computed::Witness;
use super::dependence::{Class, classify, derivatives, is_input};

/// Multiplications after which the elimination of the remaining matrix gives up.
const MAX_WORK: u64 = 4_000_000_000;

/// The rank of the derivatives of all gates and lookup inputs by all advice cells that are not declared free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jacobian {
    /// Number of rows: derivatives of constraints that are not all zero.
    pub rows: usize,
    /// Number of columns: computed elements that have a home, copies merged, and public cells that gates bind and that are
    /// neither inputs nor constants.
    pub columns: usize,
    /// The rank modulo 2^61 - 1.
    pub rank: usize,
    /// Cells whose column has no pivot, the home for all its copies: they are not determined.
    pub deficient: Vec<Cell>,
}

impl Jacobian {
    /// Computes the rank; `None` when the circuit exceeds the limits of the options or has challenges.
    ///
    /// With challenges one equation stands for many, and derivatives at one draw of them do not show which.
    pub(super) fn new(
        checker: &Checker<'_>,
        witness: &Witness<'_>,
        options: &AuditOptions,
    ) -> Option<Self> {
        let layout = checker.layout;
        if checker.uses_field() {
            return None;
        }
        let mut columns: Vec<Cell> = Vec::new();
        let mut column_of: Vec<u32> = vec![u32::MAX; layout.unknowns() as usize];
        for unknown in 0..layout.unknowns() {
            let cell = layout.cell_of(unknown);
            let Some(cell) = cell.filter(|_| is_sought(checker, unknown)) else {
                continue;
            };
            if columns.len() >= options.max_jacobian_cells {
                return None;
            }
            column_of[unknown as usize] = columns.len() as u32;
            columns.push(cell);
        }
        let mut matrix = Matrix {
            rows: Vec::new(),
            entries: 0,
        };
        for gate in &checker.gates {
            let rows = gate.tape.active_rows(layout, layout.usable_rows);
            matrix.add(checker, witness, &gate.tape, &rows, &column_of, options)?;
        }
        for lookup in &checker.lookups {
            for input in &lookup.inputs {
                let rows: Vec<u32> = (0..checker.rows(input)).collect();
                matrix.add(checker, witness, input, &rows, &column_of, options)?;
            }
        }
        // A public input is whatever the verifier says it is.
        for column in layout
            .columns
            .iter()
            .filter(|column| column.kind == ColumnKind::Instance && !column.by_gates)
        {
            let CellContents::Elements(ids) = &column.contents else {
                continue;
            };
            for id in ids.iter().filter(|id| **id < layout.elements.computed()) {
                let number = column_of[*id as usize];
                if is_input(checker, *id) && number != u32::MAX {
                    matrix.rows.push(vec![(number, Mersenne::ONE)]);
                }
            }
        }
        let rows = matrix.rows.len();
        let pivots = matrix.eliminate(columns.len())?;
        let deficient: Vec<Cell> = columns
            .iter()
            .zip(&pivots)
            .filter(|(_, pivot)| !**pivot)
            .map(|(cell, _)| *cell)
            .collect();
        let rank = columns.len() - deficient.len();
        Some(Jacobian {
            rows,
            columns: columns.len(),
            rank,
            deficient,
        })
    }

    /// Whether every cell is determined, to first order.
    pub fn has_full_rank(&self) -> bool {
        self.deficient.is_empty()
    }
}

/// Whether the constraints have to determine an unknown: free cells are free, and the verifier gives public inputs.
fn is_sought(checker: &Checker<'_>, unknown: u32) -> bool {
    let elements = &checker.layout.elements;
    if unknown < elements.computed() {
        let register = elements.origin(unknown).0;
        return checker.circuit.program[register.0 as usize].op != Op::Free;
    }
    let shown = checker.layout.element_of(unknown);
    shown.is_some_and(|element| !elements.is_constant(element) && !is_input(checker, element))
}

type Row = Vec<(u32, Mersenne)>;

struct Matrix {
    rows: Vec<Row>,
    entries: usize,
}

impl Matrix {
    /// Appends the derivatives of one tape on some rows; `None` when there are too many.
    fn add(
        &mut self,
        checker: &Checker<'_>,
        witness: &Witness<'_>,
        tape: &Tape,
        rows: &[u32],
        column_of: &[u32],
        options: &AuditOptions,
    ) -> Option<()> {
        let mut batch = Batch::new(tape);
        for rows in rows.chunks(BATCH) {
            let mut found: Vec<Row> = vec![Vec::new(); rows.len()];
            derivatives(
                checker,
                witness,
                tape,
                &mut batch,
                rows,
                |row, cell, slope| {
                    let Class::Element(element) = classify(checker, cell) else {
                        return;
                    };
                    let column = column_of[element as usize];
                    // Rows are ascending, so the search always succeeds.
                    if let (true, Ok(position)) = (column != u32::MAX, rows.binary_search(&row)) {
                        let found = &mut found[position];
                        match found.iter_mut().find(|(known, _)| *known == column) {
                            Some((_, sum)) => *sum = sum.add(slope),
                            None => found.push((column, slope)),
                        }
                    }
                },
            );
            for mut row in found {
                row.retain(|(_, slope)| *slope != Mersenne::ZERO);
                if !row.is_empty() {
                    self.entries += row.len();
                    self.rows.push(row);
                }
            }
            if self.entries > options.max_jacobian_entries {
                return None;
            }
        }
        Some(())
    }

    /// Which columns have a pivot; `None` when the elimination takes too long.
    fn eliminate(&self, columns: usize) -> Option<Vec<bool>> {
        let mut pivots = vec![false; columns];
        let mut used = vec![false; self.rows.len()];
        let rest = self.peel(&mut pivots, &mut used);
        // What remains: rows that are not used, restricted to columns without a pivot. Short rows first keeps fill-in low.
        let mut rest: Vec<BTreeMap<u32, Mersenne>> = rest
            .into_iter()
            .map(|row| {
                self.rows[row]
                    .iter()
                    .filter(|(column, _)| !pivots[*column as usize])
                    .copied()
                    .collect()
            })
            .collect();
        rest.sort_by_key(BTreeMap::len);
        let mut reduced: BTreeMap<u32, Vec<(u32, Mersenne)>> = BTreeMap::new();
        let mut work: u64 = 0;
        for mut row in rest {
            while let Some((column, value)) = row.first_key_value().map(|(c, v)| (*c, *v)) {
                let Some(pivot) = reduced.get(&column) else {
                    let inverse = value.inverse();
                    let scaled = row.iter().map(|(c, v)| (*c, v.mul(inverse))).collect();
                    reduced.insert(column, scaled);
                    pivots[column as usize] = true;
                    break;
                };
                work += pivot.len() as u64;
                if work > MAX_WORK {
                    return None;
                }
                for (other, factor) in pivot {
                    let entry = row.entry(*other).or_insert(Mersenne::ZERO);
                    *entry = entry.add(factor.mul(value).neg());
                    if *entry == Mersenne::ZERO {
                        row.remove(other);
                    }
                }
            }
        }
        Some(pivots)
    }

    /// Takes pivots from rows with one unknown column and columns in one row, as long as there are any.
    ///
    /// Returns the rows that are left, each with at least two unknown columns.
    fn peel(&self, pivots: &mut [bool], used: &mut [bool]) -> Vec<usize> {
        let mut starts = vec![0usize; pivots.len() + 1];
        for (column, _) in self.rows.iter().flatten() {
            starts[*column as usize + 1] += 1;
        }
        for column in 0..pivots.len() {
            starts[column + 1] += starts[column];
        }
        let mut next = starts.clone();
        let mut rows_of = vec![0u32; starts[pivots.len()]];
        for (index, row) in self.rows.iter().enumerate() {
            for (column, _) in row {
                rows_of[next[*column as usize]] = index as u32;
                next[*column as usize] += 1;
            }
        }
        let rows_of = |column: u32| &rows_of[starts[column as usize]..starts[column as usize + 1]];
        let mut unknowns: Vec<u32> = self.rows.iter().map(|row| row.len() as u32).collect();
        let mut readers: Vec<u32> = (0..pivots.len() as u32)
            .map(|column| rows_of(column).len() as u32)
            .collect();
        let mut single_rows: Vec<u32> = (0..self.rows.len() as u32)
            .filter(|row| unknowns[*row as usize] == 1)
            .collect();
        let mut single_columns: Vec<u32> = (0..pivots.len() as u32)
            .filter(|column| readers[*column as usize] == 1)
            .collect();
        loop {
            // A row with one unknown column determines it; a column in one row lets that row determine it.
            let (row, column) = if let Some(row) = single_rows.pop() {
                if used[row as usize] || unknowns[row as usize] != 1 {
                    continue;
                }
                let mut columns = self.rows[row as usize].iter().map(|(column, _)| *column);
                let Some(column) = columns.find(|column| !pivots[*column as usize]) else {
                    continue;
                };
                (row, column)
            } else if let Some(column) = single_columns.pop() {
                if pivots[column as usize] || readers[column as usize] != 1 {
                    continue;
                }
                let mut rows = rows_of(column).iter().copied();
                let Some(row) = rows.find(|row| !used[*row as usize]) else {
                    continue;
                };
                (row, column)
            } else {
                break;
            };
            pivots[column as usize] = true;
            used[row as usize] = true;
            for other in rows_of(column) {
                unknowns[*other as usize] -= 1;
                if unknowns[*other as usize] == 1 {
                    single_rows.push(*other);
                }
            }
            for (other, _) in &self.rows[row as usize] {
                readers[*other as usize] -= 1;
                if readers[*other as usize] == 1 {
                    single_columns.push(*other);
                }
            }
        }
        (0..self.rows.len())
            .filter(|row| !used[*row] && unknowns[*row] > 1)
            .collect()
    }
}
