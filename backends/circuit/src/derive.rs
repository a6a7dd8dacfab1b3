//! The values of columns that depend on challenges.
//!
//! Each column in [`Circuit::derived`] is what makes one constraint `A * z + B = 0` hold. With the challenges known, `A` and
//! `B` become polynomials in cells alone, whatever powers of challenges they are written with; these are evaluated on many
//! rows at a time, on all cores, and all values of `A` are inverted together. Of a running column only the step from one
//! row to the next is left to be done in order.
//!
//! Columns that do not depend on one another are computed together, so that what their constraints share is computed once.

mod columns;
mod compile;
mod program;
mod small;

use std::collections::BTreeMap;

use rayon::prelude::*;
use thiserror::Error;

pub(crate) use self::columns::Columns;
use self::compile::{Compiler, scaled};
pub(crate) use self::program::{Program, Series, Solution};
use crate::field::Field;
use crate::layout::{Cell, Computed, Grid, Layout};
use crate::tape::Tape;
use crate::{Circuit, Derived, Expr, Query};

/// Values inverted together.
const INVERSION: usize = 4096;

/// Most values of outputs that are held at once for columns computed together; a single column may have more.
const MAX_TOGETHER: usize = 1 << 22;

/// What is wrong with a constraint that cannot be solved.
const NOT_LINEAR: &str = "its constraint is not linear in it";

/// Why columns could not be derived.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DeriveError {
    /// Not one value per challenge.
    #[error("{found} challenges for a circuit that has {expected}")]
    Challenges {
        /// Challenges of the circuit.
        expected: usize,
        /// Challenges given.
        found: usize,
    },
    /// The grid or layout belongs to another circuit.
    #[error("the values were laid out for another circuit")]
    OtherCircuit,
    /// A derived column that the structure check refuses.
    #[error("derived column {index} cannot be computed: {problem}")]
    Invalid {
        /// Index into [`Circuit::derived`].
        index: usize,
        /// Why.
        problem: &'static str,
    },
}

/// Computes the derived columns that are committed in `phase`, in the order of [`Circuit::derived`]: the layout's column
/// number and one value per usable row.
///
/// `grid` holds the values of phase 0, multiplicities included. `challenges` has one value per challenge of the circuit;
/// those drawn after `phase` or later are not used.
///
/// # Errors
/// When the arguments do not belong together, or the circuit fails the [structure check](crate::structure).
pub fn derive<F: Field>(
    circuit: &Circuit,
    layout: &Layout,
    grid: &Grid,
    challenges: &[F],
    phase: u32,
) -> Result<Vec<(u32, Vec<F>)>, DeriveError> {
    let mut columns = Columns::new(layout, grid)?;
    derive_into(circuit, layout, &mut columns, challenges, &BTreeMap::new())?;
    Ok(circuit
        .derived
        .iter()
        .filter(|derived| {
            let group = circuit.groups.get(derived.group.0 as usize);
            group.is_some_and(|group| group.phase == phase)
        })
        .map(|derived| {
            let column = layout.column_of(derived.group, derived.column);
            (column, columns.take(column))
        })
        .collect())
}

/// Computes all derived columns and adds them to the others.
///
/// Cells of derived columns in `changes` get that value instead; what depends on them is computed with it.
pub(crate) fn derive_into<F: Field>(
    circuit: &Circuit,
    layout: &Layout,
    columns: &mut Columns<'_, F>,
    challenges: &[F],
    changes: &BTreeMap<Cell, F>,
) -> Result<(), DeriveError> {
    let (expected, found) = (circuit.challenges.len(), challenges.len());
    if expected != found {
        return Err(DeriveError::Challenges { expected, found });
    }
    for Wave { rows, tasks } in waves(circuit, layout)? {
        let mut compiler = Compiler::new(layout, challenges);
        let mut solutions = Vec::with_capacity(tasks.len());
        for task in &tasks {
            let solution = compiler.solve(task.constraint, task.derived);
            solutions.push(solution.ok_or(DeriveError::Invalid {
                index: task.index,
                problem: NOT_LINEAR,
            })?);
        }
        let outputs = compiler.finish().run(columns, &rows);
        let tasks: Vec<(&Task<'_>, Solution)> = tasks.iter().zip(solutions).collect();
        let values: Vec<(u32, Vec<F>)> = tasks
            .into_par_iter()
            .map(|(task, solution)| {
                let coefficient = &outputs[solution.coefficient];
                let powers = &outputs[solution.powers];
                let first = Cell {
                    column: task.column,
                    row: 0,
                };
                let own = changes.range(first..);
                let own = own.take_while(|(cell, _)| cell.column == task.column);
                let own = own.map(|(cell, value)| (cell.row, *value)).collect();
                let values = column_values(layout, (coefficient, powers), task, &rows, &own);
                (task.column, values)
            })
            .collect();
        for (column, values) in values {
            columns.set(column, values);
        }
    }
    Ok(())
}

/// A derived column to be computed.
#[derive(Debug, Clone, Copy)]
struct Task<'a> {
    /// Index into [`Circuit::derived`].
    index: usize,
    derived: Derived,
    constraint: &'a Expr,
    /// Column of the layout.
    column: u32,
}

/// Derived columns that are computed together: they do not depend on one another.
#[derive(Debug)]
struct Wave<'a> {
    /// The rows on which their constraints are not switched off.
    rows: Vec<u32>,
    tasks: Vec<Task<'a>>,
}

/// The derived columns in an order in which they can be computed.
fn waves<'a>(circuit: &'a Circuit, layout: &Layout) -> Result<Vec<Wave<'a>>, DeriveError> {
    let mut levels: Vec<usize> = Vec::with_capacity(circuit.derived.len());
    let mut row_sets: Vec<Vec<u32>> = Vec::new();
    let mut grouped: BTreeMap<(usize, usize), Vec<Task<'a>>> = BTreeMap::new();
    for (index, derived) in circuit.derived.iter().enumerate() {
        let invalid = |problem| DeriveError::Invalid { index, problem };
        let Some(constraint) = circuit.defining(derived) else {
            return Err(invalid("its constraint does not exist"));
        };
        let group = circuit.groups.get(derived.group.0 as usize);
        if group.is_none_or(|group| derived.column >= group.count) {
            return Err(invalid("the column does not exist"));
        }
        let mut level = 0;
        let queries = constraint.poly.queries();
        let own = Query {
            group: derived.group.0,
            column: derived.column,
            rotation: derived.rotation,
        };
        if !queries.contains(&own) {
            return Err(invalid(NOT_LINEAR));
        }
        for query in queries {
            let column = layout.queried(&query);
            match layout.columns[column as usize].computed {
                Some(Computed::Derived(other)) if other as usize != index => {
                    let other = levels.get(other as usize);
                    let other = other.ok_or(invalid("it depends on a column that comes later"))?;
                    level = level.max(other + 1);
                }
                _ => {}
            }
        }
        levels.push(level);
        let tape = Tape::new(&constraint.poly, layout);
        let mut rows = tape.active_rows(layout, layout.usable_rows);
        if derived.rotation != 0 {
            // The row below the last usable one only blinds the proof.
            rows.retain(|row| row + 1 < layout.usable_rows);
        }
        let known = row_sets.iter().position(|known| *known == rows);
        let set = known.unwrap_or_else(|| {
            row_sets.push(rows);
            row_sets.len() - 1
        });
        grouped.entry((level, set)).or_default().push(Task {
            index,
            derived: *derived,
            constraint: &constraint.poly,
            column: layout.column_of(derived.group, derived.column),
        });
    }
    let mut waves = Vec::new();
    for ((_, set), tasks) in grouped {
        let rows = &row_sets[set];
        // A column has an output for its coefficient, and mostly two for the rest.
        let most = (MAX_TOGETHER / (3 * rows.len().max(1))).max(1);
        waves.extend(tasks.chunks(most).map(|tasks| Wave {
            rows: rows.clone(),
            tasks: tasks.to_vec(),
        }));
    }
    Ok(waves)
}

/// The values of one derived column on all usable rows, from the outputs that tell them on `rows`: those on which the
/// constraint is not switched off.
fn column_values<F: Field>(
    layout: &Layout,
    (coefficient, powers): (&Series<F>, &[Series<F>]),
    task: &Task<'_>,
    rows: &[u32],
    changes: &BTreeMap<u32, F>,
) -> Vec<F> {
    // Outputs are divided already where the coefficient is a constant.
    let inverses = match coefficient {
        Series::Constant(_) => None,
        Series::Rows(values) => {
            let mut inverses = values.clone();
            invert_all(&mut inverses);
            Some(inverses)
        }
    };
    let (zero, one) = (F::zero(), F::one());
    let quotient = |position: usize, value: F| match &inverses {
        None => value,
        // Mostly a selector.
        Some(inverses) if inverses[position].is_zero() => zero,
        Some(inverses) if inverses[position] == one => value.neg(),
        Some(inverses) => value.mul(inverses[position]).neg(),
    };
    let mut values = vec![zero; layout.usable_rows as usize];
    let below = task.derived.rotation as usize;
    let [rest @ .., last] = powers else {
        return overridden(values, changes);
    };
    if rest.is_empty() {
        let own: Vec<F> = (0..rows.len())
            .into_par_iter()
            .with_min_len(INVERSION)
            .map(|position| quotient(position, last.at(position)))
            .collect();
        for (row, value) in rows.iter().zip(own) {
            if let Some(cell) = values.get_mut(*row as usize + below) {
                *cell = value;
            }
        }
        return overridden(values, changes);
    }
    let mut active = rows.iter().enumerate().peekable();
    for row in 0..layout.usable_rows {
        if let Some(value) = changes.get(&row) {
            values[row as usize] = *value;
        }
        let Some((position, _)) = active.next_if(|(_, active)| **active == row) else {
            continue;
        };
        let above = values[row as usize];
        let mut value = last.at(position);
        for power in rest.iter().rev() {
            // The sum so far times the cell above; running sums multiply by 1.
            value = scaled(value, above).add(power.at(position));
        }
        if let Some(cell) = values.get_mut(row as usize + below) {
            *cell = quotient(position, value);
        }
    }
    values
}

/// Values with some of them replaced.
fn overridden<F: Field>(mut values: Vec<F>, changes: &BTreeMap<u32, F>) -> Vec<F> {
    for (row, value) in changes {
        if let Some(cell) = values.get_mut(*row as usize) {
            *cell = *value;
        }
    }
    values
}

/// Whether a value needs no inversion: 0, and 1, as most coefficients are selectors.
fn is_own_inverse<F: Field>(value: &F) -> bool {
    value.is_zero() || *value == F::one()
}

/// Replaces every value by its inverse, and 0 by 0, with one inversion per some thousand values.
fn invert_all<F: Field>(values: &mut [F]) {
    values.par_chunks_mut(INVERSION).for_each(|values| {
        // Products of all values before each, those left out that stay as they are.
        let mut before = Vec::with_capacity(values.len());
        let mut product = F::one();
        for value in values.iter() {
            before.push(product);
            if !is_own_inverse(value) {
                product = product.mul(*value);
            }
        }
        // A product of values that are not zero is not zero.
        let mut inverse = product.invert().unwrap_or(F::zero());
        for (value, before) in values.iter_mut().zip(before).rev() {
            if !is_own_inverse(value) {
                let own = inverse.mul(before);
                inverse = inverse.mul(*value);
                *value = own;
            }
        }
    });
}
