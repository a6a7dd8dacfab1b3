//! Cells that are looked up alone.

use std::collections::HashMap;

use crate::layout::{Held, Layout};
use crate::tape::{Node, Tape, fixed_cell};
use crate::{Circuit, ColumnKind};

use super::ranges::Ranges;
use super::{Identity, ValidateError};

/// `factor * cell + constant`, what a lookup input is on a row once the fixed cells are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct SingleCell {
    slot: u32,
    factor: i128,
    constant: i128,
}

/// Notes the ranges that one lookup input enforces on cells that it reads alone, and checks that the values that the
/// program states keep them. Returns the rows on which the input may be something else.
pub(super) fn enforce(
    circuit: &Circuit,
    layout: &Layout,
    identity: &Identity<'_>,
    ranges: &mut Ranges,
    errors: &mut Vec<ValidateError>,
) -> Vec<u32> {
    let tape = &identity.tape;
    let (table_lo, table_hi) = identity.target;
    let fixed: Vec<usize> = (0..tape.slots.len())
        .filter(|index| tape.slots[*index].kind == ColumnKind::Fixed)
        .collect();
    let mut known: HashMap<Vec<i128>, Option<SingleCell>> = HashMap::new();
    let mut key = vec![0; fixed.len()];
    let mut last: Option<(Vec<i128>, Option<SingleCell>)> = None;
    let mut reported = false;
    let mut rest = Vec::new();
    for row in identity.rows.iter().copied() {
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
        let Some(single) = single else {
            rest.push(row);
            continue;
        };
        let cell = tape.cell(tape.slots[single.slot as usize], row);
        let element = match layout.held(cell) {
            Held::Unknown(unknown) => Some(unknown),
            Held::Constant(_) | Held::Nothing => None,
        };
        let range = single.range(identity.target);
        match (element, range) {
            // Other factors than 1 and -1 hold a cell to a range only where it is known to be an integer.
            (Some(element), Some(range)) if single.factor.unsigned_abs() == 1 => {
                ranges.intersect(element, range);
            }
            (Some(_), _) => rest.push(row),
            // A constant, or a cell that nothing is placed in and that this lookup alone reads here.
            (None, _) => {}
        }
        let (Some(element), Some(range)) = (element, range) else {
            continue;
        };
        let (lo, hi) = ranges.stated(element);
        if (lo < range.0 || hi > range.1) && !reported {
            reported = true;
            let SingleCell {
                factor, constant, ..
            } = single;
            let ends = lo
                .checked_mul(factor)
                .zip(hi.checked_mul(factor))
                .and_then(|(a, b)| a.checked_add(constant).zip(b.checked_add(constant)))
                .unwrap_or((i128::MIN, i128::MAX));
            errors.push(ValidateError::OutsideTable {
                at: identity.to_string(),
                row,
                node: layout.source(circuit, cell).to_string(),
                lo: ends.0.min(ends.1),
                hi: ends.0.max(ends.1),
                table_lo,
                table_hi,
            });
        }
    }
    rest
}

impl SingleCell {
    /// The integers that the cell can be for inputs within the table; `None` on overflow.
    fn range(&self, (table_lo, table_hi): (i128, i128)) -> Option<(i128, i128)> {
        // cell = (input - constant) / factor.
        let lo = table_lo.checked_sub(self.constant)?;
        let hi = table_hi.checked_sub(self.constant)?;
        let (lo, hi, factor) = if self.factor > 0 {
            (lo, hi, self.factor)
        } else {
            (
                hi.checked_neg()?,
                lo.checked_neg()?,
                self.factor.checked_neg()?,
            )
        };
        let up = lo.div_euclid(factor) + i128::from(lo.rem_euclid(factor) != 0);
        Some((up, hi.div_euclid(factor)))
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
