//! Rows that blind the proof hold random advice, and gates are enforced there all the same.

use std::collections::BTreeSet;

use crate::layout::Layout;
use crate::tape::{Node, Tape, fixed_cell};
use crate::{Circuit, ColumnKind, Expr};

use super::ValidateError;

/// What is known of a value without a witness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// Exactly this.
    Value(i128),
    /// It depends on the witness or on challenges, or is too large to tell.
    Witness,
    /// It depends on random advice.
    Blinded,
}

/// Checks all gates and lookups on the rows where blinding could reach them.
pub(super) fn check(circuit: &Circuit, layout: &Layout, errors: &mut Vec<ValidateError>) {
    let filled: BTreeSet<(u32, u32)> = circuit
        .filled_helpers(layout)
        .into_iter()
        .map(|derived| (derived.gate, derived.constraint))
        .collect();
    for (index, gate) in (0..).zip(&circuit.gates) {
        for (number, constraint) in (0..).zip(&gate.constraints) {
            let at = || format!("gate `{}`, constraint `{}`", gate.name, constraint.name);
            let inert = !filled.contains(&(index, number));
            check_expr(layout, &constraint.poly, inert, at, errors);
        }
    }
    for lookup in &circuit.lookups {
        for input in &lookup.inputs {
            check_expr(
                layout,
                input,
                false,
                || format!("lookup `{}`", lookup.name),
                errors,
            );
        }
    }
}

fn check_expr(
    layout: &Layout,
    expr: &Expr,
    inert: bool,
    at: impl Fn() -> String,
    errors: &mut Vec<ValidateError>,
) {
    let tape = Tape::new(expr, layout);
    let usable = layout.usable_rows;
    let forward = tape
        .slots
        .iter()
        .map(|slot| slot.rotation.max(0))
        .max()
        .unwrap_or(0) as u32;
    let backward = tape
        .slots
        .iter()
        .map(|slot| (-slot.rotation).max(0))
        .max()
        .unwrap_or(0) as u32;
    // Usable rows whose queries leave the usable rows, downwards or by wrapping around at the top.
    let last = usable.saturating_sub(forward)..usable;
    let first = 0..backward.min(last.start);
    for row in first.chain(last) {
        if value(&tape, layout, row) == Known::Blinded {
            return errors.push(ValidateError::Blinding {
                at: at(),
                row,
                problem: "a usable row depends on a row that blinds the proof",
            });
        }
    }
    if inert {
        for row in usable..1 << layout.k {
            if value(&tape, layout, row) != Known::Value(0) {
                return errors.push(ValidateError::Blinding {
                    at: at(),
                    row,
                    problem: "the gate is not 0 on a row that blinds the proof",
                });
            }
        }
    }
}

/// What is known of an expression on one row.
fn value(tape: &Tape, layout: &Layout, row: u32) -> Known {
    let mut values: Vec<Known> = Vec::with_capacity(tape.nodes.len());
    for node in &tape.nodes {
        let get = |id: &u32| values[*id as usize];
        let value = match node {
            Node::Const(value) => Known::Value(*value),
            Node::Challenge(_) => Known::Witness,
            Node::Slot(slot) => {
                let slot = tape.slots[*slot as usize];
                let cell = tape.cell(slot, row);
                match slot.kind {
                    ColumnKind::Fixed => Known::Value(fixed_cell(layout, cell)),
                    ColumnKind::Advice if cell.row >= layout.usable_rows => Known::Blinded,
                    ColumnKind::Advice | ColumnKind::Instance => Known::Witness,
                }
            }
            Node::Neg(child) => match get(child) {
                Known::Value(value) => value.checked_neg().map_or(Known::Witness, Known::Value),
                other => other,
            },
            Node::Sum(children) => children.iter().map(get).fold(Known::Value(0), |sum, term| {
                combine(sum, term, i128::checked_add)
            }),
            Node::Product(children) => {
                if children.iter().any(|child| get(child) == Known::Value(0)) {
                    Known::Value(0)
                } else {
                    children
                        .iter()
                        .map(get)
                        .fold(Known::Value(1), |product, factor| {
                            combine(product, factor, i128::checked_mul)
                        })
                }
            }
        };
        values.push(value);
    }
    values.last().copied().unwrap_or(Known::Value(0))
}

fn combine(a: Known, b: Known, op: fn(i128, i128) -> Option<i128>) -> Known {
    match (a, b) {
        (Known::Blinded, _) | (_, Known::Blinded) => Known::Blinded,
        (Known::Value(a), Known::Value(b)) => op(a, b).map_or(Known::Witness, Known::Value),
        _ => Known::Witness,
    }
}
