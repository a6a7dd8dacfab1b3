//! Bounds on cells, and the rule that identities over the integers cannot hold by wrap-around.
//!
//! The bound of an element is the range of the tables in which a cell of it is looked up, where there is one: that is
//! what a dishonest prover is held to. Where there is none it is the bound that the program states; such a cell is an
//! exact integer combination of others, by the gate that pins it.

use std::collections::HashMap;

use num_bigint::BigUint;

use crate::elements::NO_ELEMENT;
use crate::layout::{CellContents, Layout};
use crate::limits;
use crate::tape::{Node, Tape, fixed_cell};
use crate::{Circuit, ColumnKind};

use super::ValidateError;

/// Bounds of all elements, a number per element into a short list of ranges.
#[derive(Debug, Clone)]
pub(super) struct ElementBounds {
    ranges: Vec<(i128, i128)>,
    numbers: HashMap<(i128, i128), u32>,
    /// Range of each computed element.
    of: Vec<u32>,
    /// Whether the range of a computed element is enforced by a lookup.
    enforced: Vec<bool>,
}

impl ElementBounds {
    /// The bounds that the program states.
    fn stated(circuit: &Circuit, layout: &Layout) -> Self {
        let computed = layout.elements.computed() as usize;
        let mut bounds = ElementBounds {
            ranges: Vec::new(),
            numbers: HashMap::new(),
            of: vec![0; computed],
            enforced: vec![false; computed],
        };
        for (register, instruction) in circuit.program.iter().enumerate() {
            let own = layout.elements.own(crate::RegisterId(register as u32));
            if own.end as usize <= computed && !own.is_empty() {
                let number = bounds.number((instruction.lo, instruction.hi));
                bounds.of[own.start as usize..own.end as usize].fill(number);
            }
        }
        bounds
    }

    fn number(&mut self, range: (i128, i128)) -> u32 {
        *self.numbers.entry(range).or_insert_with(|| {
            self.ranges.push(range);
            self.ranges.len() as u32 - 1
        })
    }

    /// The bound of a computed element.
    fn of(&self, element: u32) -> (i128, i128) {
        self.ranges[self.of[element as usize] as usize]
    }

    /// Notes that a lookup holds the element to a range; the narrowest one counts.
    fn enforce(&mut self, element: u32, range: (i128, i128)) {
        let index = element as usize;
        let (lo, hi) = self.ranges[self.of[index] as usize];
        let narrower = (range.1.abs_diff(range.0)) < hi.abs_diff(lo);
        if !self.enforced[index] || narrower {
            self.of[index] = self.number(range);
            self.enforced[index] = true;
        }
    }
}

/// Checks looked-up values against their tables, and all gates for wrap-around.
pub(super) fn check(circuit: &Circuit, layout: &Layout, errors: &mut Vec<ValidateError>) {
    let stated = ElementBounds::stated(circuit, layout);
    let mut bounds = stated.clone();
    for lookup in &circuit.lookups {
        let table = &circuit.tables[lookup.table.0 as usize];
        for (input, column) in lookup.inputs.iter().zip(&table.columns) {
            let Some(range) = column.min_max() else {
                continue;
            };
            let at = || format!("lookup `{}`, table `{}`", lookup.name, table.name);
            let tape = Tape::new(input, layout);
            looked_up(
                circuit,
                layout,
                &tape,
                range,
                at,
                &stated,
                &mut bounds,
                errors,
            );
        }
    }
    check_wrap_around(circuit, layout, &bounds, errors);
}

/// `factor * cell + constant`, what a lookup input is on a row once the fixed cells are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct SingleCell {
    slot: u32,
    factor: i128,
    constant: i128,
}

/// Notes the bounds that one lookup input enforces, and checks that the honest values keep them.
#[expect(
    clippy::too_many_arguments,
    reason = "one pass over rows that both reads and writes bounds"
)]
fn looked_up(
    circuit: &Circuit,
    layout: &Layout,
    tape: &Tape,
    (table_lo, table_hi): (i128, i128),
    at: impl Fn() -> String,
    stated: &ElementBounds,
    bounds: &mut ElementBounds,
    errors: &mut Vec<ValidateError>,
) {
    let fixed: Vec<usize> = (0..tape.slots.len())
        .filter(|index| tape.slots[*index].kind == ColumnKind::Fixed)
        .collect();
    let mut known: HashMap<Vec<i128>, Option<SingleCell>> = HashMap::new();
    let mut key = vec![0; fixed.len()];
    let mut last: Option<(Vec<i128>, Option<SingleCell>)> = None;
    let mut reported = false;
    let rows = layout
        .usable_rows
        .min(layout.used_rows() + limits::MAX_ROTATION);
    for row in 0..rows {
        for (value, index) in key.iter_mut().zip(&fixed) {
            *value = fixed_cell(layout, tape.cell(tape.slots[*index], row));
        }
        let single = match &last {
            Some((values, single)) if *values == key => *single,
            _ => {
                let single = *known
                    .entry(key.clone())
                    .or_insert_with(|| single_cell(tape, &fixed, &key));
                last = Some((key.clone(), single));
                single
            }
        };
        let Some(SingleCell {
            slot,
            factor,
            constant,
        }) = single
        else {
            continue;
        };
        let Some(element) = layout.element(tape.cell(tape.slots[slot as usize], row)) else {
            continue;
        };
        if layout.elements.is_constant(element) {
            continue;
        }
        // cell = (input - constant) / factor, for inputs within the table.
        let ends = table_lo
            .checked_sub(constant)
            .zip(table_hi.checked_sub(constant));
        let Some((lo, hi)) = ends else { continue };
        let range = if factor > 0 {
            (
                lo.div_euclid(factor) + i128::from(lo.rem_euclid(factor) != 0),
                hi.div_euclid(factor),
            )
        } else {
            let (Some(lo), Some(hi), Some(factor)) =
                (lo.checked_neg(), hi.checked_neg(), factor.checked_neg())
            else {
                continue;
            };
            (
                hi.div_euclid(factor) + i128::from(hi.rem_euclid(factor) != 0),
                lo.div_euclid(factor),
            )
        };
        // Other factors than 1 and -1 hold a cell to a range only where it is known to be an integer.
        if factor == 1 || factor == -1 {
            bounds.enforce(element, range);
        }
        let (lo, hi) = stated.of(element);
        if (lo < range.0 || hi > range.1) && !reported {
            reported = true;
            let ends = lo
                .checked_mul(factor)
                .zip(hi.checked_mul(factor))
                .and_then(|(a, b)| a.checked_add(constant).zip(b.checked_add(constant)))
                .unwrap_or((i128::MIN, i128::MAX));
            let cell = tape.cell(tape.slots[slot as usize], row);
            errors.push(ValidateError::OutsideTable {
                at: at(),
                row,
                node: layout.source(circuit, cell).to_string(),
                lo: ends.0.min(ends.1),
                hi: ends.0.max(ends.1),
                table_lo,
                table_hi,
            });
        }
    }
}

/// `constant + factor * slot`, or a constant alone; factors are not 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    constant: i128,
    cell: Option<(u32, i128)>,
}

impl Part {
    fn constant(constant: i128) -> Self {
        Part {
            constant,
            cell: None,
        }
    }

    /// `None` on overflow, here as below.
    fn scale(self, by: i128) -> Option<Self> {
        let cell = match self.cell {
            Some((slot, factor)) if by != 0 => Some((slot, factor.checked_mul(by)?)),
            _ => None,
        };
        Some(Part {
            constant: self.constant.checked_mul(by)?,
            cell,
        })
    }

    /// The sum, `None` where it has two cells.
    fn add(self, other: Part) -> Option<Self> {
        let cell = match (self.cell, other.cell) {
            (Some((slot, a)), Some((same, b))) if slot == same => Some((slot, a.checked_add(b)?)),
            (Some(_), Some(_)) => return None,
            (cell, None) | (None, cell) => cell,
        };
        let cell = cell.filter(|(_, factor)| *factor != 0);
        Some(Part {
            constant: self.constant.checked_add(other.constant)?,
            cell,
        })
    }

    /// The product, `None` where both have cells.
    fn mul(self, other: Part) -> Option<Self> {
        match (self.cell, other.cell) {
            (_, None) => self.scale(other.constant),
            (None, Some(_)) => other.scale(self.constant),
            (Some(_), Some(_)) => None,
        }
    }
}

/// The expression as a multiple of one cell plus a constant, given the fixed cells; `None` where it is not.
fn single_cell(tape: &Tape, fixed: &[usize], values: &[i128]) -> Option<SingleCell> {
    let mut parts: Vec<Option<Part>> = Vec::with_capacity(tape.nodes.len());
    for node in &tape.nodes {
        let get = |child: &u32| parts[*child as usize];
        let zero = Part::constant(0);
        let part = match node {
            Node::Const(value) => Some(Part::constant(*value)),
            Node::Challenge(_) => None,
            Node::Slot(slot) => match fixed.iter().position(|index| *index == *slot as usize) {
                Some(position) => Some(Part::constant(values[position])),
                None => Some(Part {
                    constant: 0,
                    cell: Some((*slot, 1)),
                }),
            },
            Node::Neg(child) => get(child).and_then(|part| part.scale(-1)),
            Node::Sum(children) => children
                .iter()
                .try_fold(zero, |sum, child| sum.add(get(child)?)),
            // A factor of 0 hides what the others are.
            Node::Product(children) if children.iter().any(|c| get(c) == Some(zero)) => Some(zero),
            Node::Product(children) => children
                .iter()
                .try_fold(Part::constant(1), |product, child| product.mul(get(child)?)),
        };
        parts.push(part);
    }
    let Part { constant, cell } = (*parts.last()?)?;
    let (slot, factor) = cell?;
    Some(SingleCell {
        slot,
        factor,
        constant,
    })
}

/// Both sides of every identity, and every lookup input, stay below the field's half.
fn check_wrap_around(
    circuit: &Circuit,
    layout: &Layout,
    bounds: &ElementBounds,
    errors: &mut Vec<ValidateError>,
) {
    let columns: Vec<f64> = (0..layout.columns.len())
        .map(|column| column_magnitude(circuit, layout, bounds, column))
        .collect();
    let half = 2f64.powi(limits::FIELD_BITS as i32) * (1.0 - 1e-9);
    let gates = circuit.gates.iter().flat_map(|gate| {
        gate.constraints.iter().map(move |constraint| {
            (
                format!("gate `{}`, constraint `{}`", gate.name, constraint.name),
                &constraint.poly,
            )
        })
    });
    // A lookup input is compared with table values, which are small.
    let inputs = circuit.lookups.iter().flat_map(|lookup| {
        lookup
            .inputs
            .iter()
            .map(move |input| (format!("lookup `{}`", lookup.name), input))
    });
    for (at, expr) in gates.chain(inputs) {
        let tape = Tape::new(expr, layout);
        if tape.challenges {
            // Identities with challenges hold in the field, not over the integers.
            continue;
        }
        let slots: Vec<f64> = tape
            .slots
            .iter()
            .map(|slot| columns[slot.column as usize])
            .collect();
        // Most are far below the limit even with the largest value of each column on every row.
        if tape
            .magnitudes(&slots)
            .last()
            .is_none_or(|magnitude| *magnitude < half)
        {
            continue;
        }
        for row in tape.active_rows(layout, layout.usable_rows) {
            let cells: Vec<u128> = tape
                .slots
                .iter()
                .map(|slot| cell_magnitude(circuit, layout, bounds, tape.cell(*slot, row)))
                .collect();
            let slots: Vec<f64> = cells.iter().map(|magnitude| *magnitude as f64).collect();
            if tape
                .magnitudes(&slots)
                .last()
                .is_none_or(|magnitude| *magnitude < half)
            {
                continue;
            }
            let bits = exact_magnitude(&tape, &cells).bits();
            if bits > u64::from(limits::FIELD_BITS) {
                errors.push(ValidateError::WrapAround { at, row, bits });
                break;
            }
        }
    }
}

/// The largest absolute value that a cell of the column can have.
fn column_magnitude(
    circuit: &Circuit,
    layout: &Layout,
    bounds: &ElementBounds,
    column: usize,
) -> f64 {
    match &layout.columns[column].contents {
        CellContents::Fixed(values) => {
            let (lo, hi) = values.min_max().unwrap_or((0, 0));
            lo.unsigned_abs().max(hi.unsigned_abs()) as f64
        }
        CellContents::Elements(ids) => {
            let (mut largest, mut last) = (0u128, NO_ELEMENT);
            let mut last_range = None;
            for id in ids {
                // Neighbours mostly share a range; constants are rare in advice.
                let range = bounds.of.get(*id as usize).copied();
                if *id == NO_ELEMENT || (range.is_some() && range == last_range) || *id == last {
                    continue;
                }
                (last, last_range) = (*id, range);
                largest = largest.max(element_magnitude(circuit, layout, bounds, *id));
            }
            largest as f64
        }
    }
}

fn element_magnitude(
    circuit: &Circuit,
    layout: &Layout,
    bounds: &ElementBounds,
    element: u32,
) -> u128 {
    if layout.elements.is_constant(element) {
        return layout
            .elements
            .constant_value(circuit, element)
            .unwrap_or(0)
            .unsigned_abs();
    }
    let (lo, hi) = bounds.of(element);
    lo.unsigned_abs().max(hi.unsigned_abs())
}

/// The largest absolute value that a cell can have. Cells that nothing is placed in count as 0: the audit shows that no
/// constraint depends on them.
fn cell_magnitude(
    circuit: &Circuit,
    layout: &Layout,
    bounds: &ElementBounds,
    cell: crate::layout::Cell,
) -> u128 {
    match &layout.columns[cell.column as usize].contents {
        CellContents::Fixed(values) => values.get(cell.row as usize).unwrap_or(0).unsigned_abs(),
        CellContents::Elements(_) => match layout.element(cell) {
            Some(element) => element_magnitude(circuit, layout, bounds, element),
            None => 0,
        },
    }
}

/// The sum of the absolute values of both sides, exactly.
fn exact_magnitude(tape: &Tape, slots: &[u128]) -> BigUint {
    let mut values: Vec<BigUint> = Vec::with_capacity(tape.nodes.len());
    for node in &tape.nodes {
        let value = match node {
            Node::Const(value) => BigUint::from(value.unsigned_abs()),
            Node::Slot(slot) => BigUint::from(slots[*slot as usize]),
            // Constraints with challenges are left out before.
            Node::Challenge(_) => BigUint::ZERO,
            Node::Neg(child) => values[*child as usize].clone(),
            Node::Sum(children) => children.iter().map(|child| &values[*child as usize]).sum(),
            Node::Product(children) => children
                .iter()
                .map(|child| &values[*child as usize])
                .product(),
        };
        values.push(value);
    }
    values.pop().unwrap_or_default()
}
