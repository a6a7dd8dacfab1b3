//! The values of columns that depend on challenges.
//!
//! Each column in [`Circuit::derived`] is what makes one constraint `A * z + B = 0` hold. With the challenges known, `A` and
//! `B` become polynomials in cells alone, whatever powers of challenges they are written with; these are evaluated on many
//! rows at a time, on all cores, and all values of `A` are inverted together. Of a running column only the step from one
//! row to the next is left to be done in order.

mod columns;
mod multiples;
mod program;

use std::collections::BTreeMap;

use rayon::prelude::*;
use thiserror::Error;

pub(crate) use self::columns::Columns;
pub(crate) use self::program::Program;
use crate::field::Field;
use crate::layout::{Cell, Grid, Layout};
use crate::tape::Tape;
use crate::{Circuit, Derived};

/// Values inverted together.
const INVERSION: usize = 4096;

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
    for (index, derived) in circuit.derived.iter().enumerate() {
        let invalid = |problem| DeriveError::Invalid { index, problem };
        let Some(constraint) = circuit.defining(derived) else {
            return Err(invalid("its constraint does not exist"));
        };
        let group = circuit.groups.get(derived.group.0 as usize);
        if group.is_none_or(|group| derived.column >= group.count) {
            return Err(invalid("the column does not exist"));
        }
        let program = Program::split(layout, &constraint.poly, *derived, challenges)
            .ok_or(invalid("its constraint is not linear in it"))?;
        columns.load(program.columns());
        let tape = Tape::new(&constraint.poly, layout);
        let mut rows = tape.active_rows(layout, layout.usable_rows);
        if derived.rotation != 0 {
            // The row below the last usable one only blinds the proof.
            rows.retain(|row| row + 1 < layout.usable_rows);
        }
        let column = layout.column_of(derived.group, derived.column);
        let changes: BTreeMap<u32, F> = changes
            .iter()
            .filter(|(cell, _)| cell.column == column)
            .map(|(cell, value)| (cell.row, *value))
            .collect();
        let values = column_values(layout, columns, &program, *derived, &rows, &changes);
        columns.set(column, values);
    }
    Ok(())
}

/// The values of one derived column on all usable rows; `rows` are those on which its constraint is not switched off.
fn column_values<F: Field>(
    layout: &Layout,
    columns: &Columns<'_, F>,
    program: &Program<F>,
    derived: Derived,
    rows: &[u32],
    changes: &BTreeMap<u32, F>,
) -> Vec<F> {
    let mut outputs = program.run(columns, rows);
    // The coefficient of the column comes first, then those of the powers of the cell above.
    let mut coefficient = outputs.remove(0);
    if let Some(constant) = program.constant() {
        // Most running columns: the next cell occurs as it is.
        let inverse = constant.invert().unwrap_or(F::zero());
        let minus = inverse.neg();
        for output in outputs.iter_mut().flatten() {
            *output = if inverse == F::one() {
                output.neg()
            } else {
                output.mul(minus)
            };
        }
    } else {
        invert_all(&mut coefficient);
        for output in &mut outputs {
            output
                .par_iter_mut()
                .with_min_len(INVERSION)
                .zip(&coefficient)
                .for_each(|(output, inverse)| *output = output.mul(inverse.neg()));
        }
    }
    let mut values = vec![F::zero(); layout.usable_rows as usize];
    if derived.rotation == 0 {
        if let [output] = &outputs[..] {
            for (row, value) in rows.iter().zip(output) {
                values[*row as usize] = *value;
            }
        }
        for (row, value) in changes {
            if let Some(cell) = values.get_mut(*row as usize) {
                *cell = *value;
            }
        }
        return values;
    }
    let one = F::one();
    let mut active = rows.iter().enumerate().peekable();
    for row in 0..layout.usable_rows {
        if let Some(value) = changes.get(&row) {
            values[row as usize] = *value;
        }
        let Some((position, _)) = active.next_if(|(_, active)| **active == row) else {
            continue;
        };
        let above = values[row as usize];
        let mut value = F::zero();
        for (power, output) in outputs.iter().enumerate().rev() {
            // The sum so far times the cell above, plus the next coefficient; running sums multiply by 1.
            if power + 1 < outputs.len() {
                value = if value == one {
                    above
                } else {
                    value.mul(above)
                };
            }
            value = value.add(output[position]);
        }
        values[row as usize + 1] = value;
    }
    values
}

/// Replaces every value by its inverse, and 0 by 0, with one inversion per some thousand values.
fn invert_all<F: Field>(values: &mut [F]) {
    values.par_chunks_mut(INVERSION).for_each(|values| {
        // Products of all values before each, zeros left out.
        let mut before = Vec::with_capacity(values.len());
        let mut product = F::one();
        for value in values.iter() {
            before.push(product);
            if !value.is_zero() {
                product = product.mul(*value);
            }
        }
        // A product of values that are not zero is not zero.
        let mut inverse = product.invert().unwrap_or(F::zero());
        for (value, before) in values.iter_mut().zip(before).rev() {
            if !value.is_zero() {
                let own = inverse.mul(before);
                inverse = inverse.mul(*value);
                *value = own;
            }
        }
    });
}
