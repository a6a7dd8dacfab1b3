//! No identity holds by wrap-around only.

use num_bigint::BigUint;

use crate::layout::{Cell, CellContents, Held, Layout};
use crate::limits;
use crate::tape::{Node, Tape};
use crate::{Circuit, ValidateError};

use super::interval::MAX_BITS;
use super::ranges::Ranges;
use super::{Content, Identity, content, relevant};

/// Both sides of every identity over bounded cells, and every lookup input with what it equals, add up to less than
/// 2^253. Identities that depend on a cell without a range are left out.
pub(super) fn check(
    circuit: &Circuit,
    layout: &Layout,
    identities: &[Identity<'_>],
    ranges: &Ranges,
    errors: &mut Vec<ValidateError>,
) {
    let columns: Vec<f64> = (0..layout.columns.len())
        .map(|column| column_magnitude(circuit, layout, ranges, column))
        .collect();
    // Far more than rounding can take away.
    let half = 2f64.powi(limits::FIELD_BITS as i32) * (1.0 - 1e-9);
    for identity in identities {
        let tape = &identity.tape;
        let (lo, hi) = identity.target;
        let target = lo.unsigned_abs().max(hi.unsigned_abs());
        let below_half = |slots: &[f64]| {
            let magnitudes = tape.magnitudes(slots);
            magnitudes
                .last()
                .is_none_or(|magnitude| magnitude + (target as f64) < half)
        };
        // Most are far below the limit even with the largest value of each column on every row.
        let slots: Vec<f64> = tape
            .slots
            .iter()
            .map(|slot| columns[slot.column as usize])
            .collect();
        if below_half(&slots) {
            continue;
        }
        for row in identity.rows.iter().copied() {
            let contents: Vec<Content> = tape
                .slots
                .iter()
                .map(|slot| content(circuit, layout, tape, *slot, row))
                .collect();
            let slots: Vec<f64> = contents
                .iter()
                .map(|content| match content {
                    Content::Known(value) => value.unsigned_abs() as f64,
                    Content::Element(element) => {
                        ranges.get(*element).map_or(0.0, |range| range.approximate)
                    }
                    Content::Nothing => 0.0,
                })
                .collect();
            if below_half(&slots) || !depends_on_bounded(tape, &contents, ranges) {
                continue;
            }
            let bits = (magnitude(tape, &contents, ranges) + target).bits();
            if bits > u64::from(limits::FIELD_BITS) {
                let at = identity.to_string();
                // The search may have found the same.
                let known = |error: &ValidateError| matches!(error, ValidateError::WrapAround { at: other, .. } if *other == at);
                if !errors.iter().any(known) {
                    errors.push(ValidateError::WrapAround { at, row, bits });
                }
                break;
            }
        }
    }
}

/// The largest absolute value that a bounded cell of the column can have.
fn column_magnitude(circuit: &Circuit, layout: &Layout, ranges: &Ranges, column: usize) -> f64 {
    match &layout.columns[column].contents {
        CellContents::Fixed(values) => {
            let (lo, hi) = values.min_max().unwrap_or((0, 0));
            lo.unsigned_abs().max(hi.unsigned_abs()) as f64
        }
        CellContents::Elements(ids) => {
            let (mut largest, mut last) = (0f64, None);
            for row in 0..ids.len() as u32 {
                let cell = Cell {
                    column: column as u32,
                    row,
                };
                match layout.held(cell) {
                    Held::Nothing => {}
                    Held::Constant(id) => {
                        let value = layout.elements.constant_value(circuit, id).unwrap_or(0);
                        largest = largest.max(value.unsigned_abs() as f64);
                    }
                    Held::Unknown(id) => {
                        // Neighbours mostly share a range.
                        let number = ranges.number(id);
                        if number != last {
                            last = number;
                            let range = ranges.get(id);
                            largest = largest.max(range.map_or(0.0, |range| range.approximate));
                        }
                    }
                }
            }
            largest
        }
    }
}

/// Whether every cell that the expression depends on has a range.
fn depends_on_bounded(tape: &Tape, contents: &[Content], ranges: &Ranges) -> bool {
    let relevant = relevant(tape, contents, ranges);
    contents
        .iter()
        .zip(relevant)
        .all(|(content, relevant)| match content {
            Content::Known(_) => true,
            Content::Element(element) => !relevant || ranges.has(*element),
            Content::Nothing => !relevant,
        })
}

/// The sum of the absolute values of both sides; cells without a range count as 0. Exact up to [`MAX_BITS`] bits, and
/// with at least that many where there are more.
pub(super) fn magnitude(tape: &Tape, contents: &[Content], ranges: &Ranges) -> BigUint {
    let one = BigUint::from(1u8);
    let most = &one << MAX_BITS;
    let mut values: Vec<BigUint> = Vec::with_capacity(tape.nodes.len());
    for node in &tape.nodes {
        let value = match node {
            Node::Const(value) => BigUint::from(value.unsigned_abs()),
            Node::Slot(slot) => match contents[*slot as usize] {
                Content::Known(value) => BigUint::from(value.unsigned_abs()),
                Content::Element(element) => ranges
                    .get(element)
                    .map_or(BigUint::ZERO, |range| range.magnitude.clone()),
                Content::Nothing => BigUint::ZERO,
            },
            // Constraints with challenges are left out before.
            Node::Challenge(_) => BigUint::ZERO,
            Node::Neg(child) => values[*child as usize].clone(),
            Node::Sum(children) => children.iter().map(|child| &values[*child as usize]).sum(),
            Node::Product(children) => children.iter().fold(one.clone(), |product, child| {
                (product * &values[*child as usize]).min(most.clone())
            }),
        };
        values.push(value.min(most.clone()));
    }
    values.pop().unwrap_or_default()
}
