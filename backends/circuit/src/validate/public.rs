//! Public cells.

use crate::elements::{Elements, Resolver};
use crate::expand::ExpandError;
use crate::layout::{Cell, CellContents, Layout};
use crate::tape::{Node, Tape, fixed_cell};
use crate::{Circuit, ColumnKind};

use super::{ValidateError, public_registers};

/// Instance rows are contiguous and show exactly the public inputs and outputs; what gates bind is read.
pub(super) fn check(circuit: &Circuit, layout: &Layout, errors: &mut Vec<ValidateError>) {
    check_read(circuit, layout, errors);
    let elements: &Elements = &layout.elements;
    let mut shown = vec![false; elements.count() as usize];
    let instance_columns = layout
        .columns
        .iter()
        .enumerate()
        .filter(|(_, column)| column.kind == ColumnKind::Instance);
    for (index, column) in instance_columns.clone() {
        let CellContents::Elements(ids) = &column.contents else {
            continue;
        };
        for (row, id) in ids.iter().enumerate() {
            match shown.get_mut(*id as usize) {
                Some(shown) => *shown = true,
                None => {
                    let cell = Cell {
                        column: index as u32,
                        row: row as u32,
                    };
                    return errors.push(ValidateError::Public {
                        at: layout.cell_name(circuit, cell),
                        problem: "an instance cell before the last one is not assigned".to_string(),
                    });
                }
            }
        }
    }
    let mut public = vec![false; shown.len()];
    let mut resolver = Resolver::new(circuit, elements);
    for (register, name) in public_registers(circuit) {
        let ids = match resolver.resolve(register) {
            Ok(ids) => ids,
            Err(error) => return errors.push(ExpandError::from(error).into()),
        };
        let missing = ids.iter().filter(|id| !shown[*id as usize]).count();
        if missing > 0 {
            errors.push(ValidateError::Public {
                at: name,
                problem: format!(
                    "{missing} of {} values stand in no instance cell",
                    ids.len()
                ),
            });
        }
        ids.iter().for_each(|id| public[id as usize] = true);
    }
    for (index, column) in instance_columns {
        let CellContents::Elements(ids) = &column.contents else {
            continue;
        };
        let leak = ids.iter().position(|id| !public[*id as usize]);
        if let Some(row) = leak {
            let cell = Cell {
                column: index as u32,
                row: row as u32,
            };
            errors.push(ValidateError::Public {
                at: layout.cell_name(circuit, cell),
                problem: format!(
                    "shows a value of `{}` that is neither a public input nor a public output",
                    layout.source(circuit, cell)
                ),
            });
        }
    }
}

/// Every public cell that gates bind is read by a constraint or lookup that fixed cells do not switch off.
fn check_read(circuit: &Circuit, layout: &Layout, errors: &mut Vec<ValidateError>) {
    if layout.gate_bound.is_empty() {
        return;
    }
    let mut read: Vec<bool> = vec![false; layout.gate_bound.len()];
    let gates = circuit.gates.iter().flat_map(|gate| &gate.constraints);
    let inputs = circuit.lookups.iter().flat_map(|lookup| &lookup.inputs);
    for expr in gates.map(|constraint| &constraint.poly).chain(inputs) {
        let tape = Tape::new(expr, layout);
        let binds = |column: u32| layout.columns[column as usize].by_gates;
        if tape.slots.iter().any(|slot| binds(slot.column)) {
            mark_read(&tape, layout, &mut read);
        }
    }
    // One error per column: the first cell that is not read, and the number of them.
    let mut idle: Vec<Cell> = Vec::new();
    let open = layout.gate_bound.iter().zip(&read);
    idle.extend(open.filter(|(_, read)| !**read).map(|(cell, _)| *cell));
    for column in idle.chunk_by(|a, b| a.column == b.column) {
        let (first, count) = (column[0], column.len());
        errors.push(ValidateError::Public {
            at: layout.cell_name(circuit, first),
            problem: format!(
                "the group is bound by gates, but no constraint that is switched on reads row {} ({count} such cells of \
                 the column): query the column in a constraint whose selectors are not 0 there, or bind the group by copies",
                first.row
            ),
        });
    }
}

/// Marks the public cells that an expression can depend on, given the fixed cells.
fn mark_read(tape: &Tape, layout: &Layout, read: &mut [bool]) {
    let mut values: Vec<Option<i128>> = Vec::with_capacity(tape.nodes.len());
    let mut reached = vec![false; tape.nodes.len()];
    for row in tape.active_rows(layout, layout.usable_rows) {
        let open = |cell: Cell| {
            let column = &layout.columns[cell.column as usize];
            let public = column.by_gates && cell.row < column.used_rows();
            public.then_some((column.first_gate_bound + cell.row) as usize)
        };
        let news = tape.slots.iter().any(|slot| {
            let index = open(tape.cell(*slot, row));
            index.is_some_and(|index| !read[index])
        });
        if !news {
            continue;
        }
        values.clear();
        for node in &tape.nodes {
            let get = |child: &u32| values[*child as usize];
            let value = match node {
                Node::Const(value) => Some(*value),
                Node::Challenge(_) => None,
                Node::Slot(slot) => {
                    let slot = tape.slots[*slot as usize];
                    let fixed = slot.kind == ColumnKind::Fixed;
                    fixed.then(|| fixed_cell(layout, tape.cell(slot, row)))
                }
                Node::Neg(child) => get(child).and_then(i128::checked_neg),
                Node::Sum(children) => children
                    .iter()
                    .try_fold(0i128, |sum, child| sum.checked_add(get(child)?)),
                Node::Product(children) if children.iter().any(|c| get(c) == Some(0)) => Some(0),
                Node::Product(children) => children
                    .iter()
                    .try_fold(1i128, |product, child| product.checked_mul(get(child)?)),
            };
            values.push(value);
        }
        reached.fill(false);
        if let Some(root) = reached.last_mut() {
            *root = true;
        }
        for (index, node) in tape.nodes.iter().enumerate().rev() {
            if !reached[index] || values[index] == Some(0) {
                continue;
            }
            match node {
                Node::Const(_) | Node::Challenge(_) => {}
                Node::Slot(slot) => {
                    if let Some(index) = open(tape.cell(tape.slots[*slot as usize], row)) {
                        read[index] = true;
                    }
                }
                Node::Neg(child) => reached[*child as usize] = true,
                Node::Sum(children) | Node::Product(children) => children
                    .iter()
                    .for_each(|child| reached[*child as usize] = true),
            }
        }
    }
}
