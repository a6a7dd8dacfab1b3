//! Bounds that the constraints enforce, and the rule that identities over the integers cannot hold by wrap-around.
//!
//! A prover is not held to the bounds that the witness program states. So each cell is given the bound that the
//! constraints themselves enforce, in an order in which every bound rests on earlier ones only. The claim for a bound
//! `[lo, hi]` is: *in every assignment that satisfies all constraints and copies, the cell is congruent to an integer of
//! `[lo, hi]` modulo the field's prime*. Bounds stay below 2^252 in absolute value, so two such integers of one cell are
//! congruent only when they are equal, and one may speak of *the* integer of a cell. The rules:
//!
//! 1. **Known cells.** Fixed cells have their value, and so has an advice cell that holds a constant: it is a copy of a
//!    fixed cell. Copies have the integer of their home; in particular a public value is the value of the advice cell that
//!    it is copied from. That a value is public bounds nothing. A public cell that gates bind is no copy, so it has no
//!    bound but what these gates enforce.
//! 2. **Lookups.** Where the input of a lookup is `z + c` or `c - z` for a known `c`, `z` is an integer of the table's
//!    range less `c`, or of `c` less that range.
//! 3. **Sums.** Where an identity is `z + E = 0` or `E - z = 0` on a row and all cells of the polynomial `E` have bounds,
//!    `z` is congruent to the integer `-E` or `E`, which lies in the range of `E` by interval arithmetic (cells of
//!    one element are added up first, and products of cells have the hull of the products of the ends). Nothing has to be shown of wrap-around here, for the congruence is
//!    all that is used; but the range must be below 2^252, else there is no bound. The input of a lookup that reads several
//!    cells is an identity too: it equals a number of the table's range. An identity `c*z + E = 0` with another known
//!    `c` makes `z` the integer `-E/c` where `c` is seen to divide `E`, as it divides the coefficients and constants of
//!    `E`; `c` is below the prime, so it has an inverse and there is no other `z`. Elsewhere no bound follows.
//! 4. **Products.** Where an identity is a product, the field has no zero divisors: one factor is 0. A factor without
//!    `z` whose range is below the prime and does not hold 0 is not the one; if every other factor bounds `z` by rule 3,
//!    `z` is in the hull of these bounds. So `s*(s - 1) = 0` bounds `s` by `[0, 1]`.
//! 5. **Cases.** A cell bounded by two neighbouring integers, such as a bit, is one of the two. The rules above are
//!    applied in either case (for at most two such cells of an identity), and `z` is in the hull of the results. So
//!    `y = b + s*(a - b)` bounds `y` by the hull of the bounds of `a` and `b`.
//!
//! Every cell gets its bound once: from the lookups of itself alone (intersected, where there are several), or else from
//! the identities that bound it by then (again intersected); cells that can be bounded are taken in the order of the
//! witness program. A bound is never revised, so each identity is solved at most once on each row, and the search ends.
//!
//! Then, on every row, an identity whose cells all have bounds holds over the integers as well: the absolute values of
//! both sides must add up to less than 2^253, and the prime of every supported field is larger than that. The same is
//! required of a lookup input and the value that it equals.
//!
//! A cell with no bound is an error where a polynomial depends on it. Exempt are identities that say nothing about
//! integers: those with challenges or derived columns, those with a cell without a bound that is declared free or
//! computed from challenges, and those that compare a cell without a bound with the public cell that shows its element. No bound rests on them, and they are no statement about the integers of their cells. Cells
//! that a known 0 multiplies do not count, nor do cells of one element that cancel. Nor does a row on which an expression
//! depends only on cells that nothing is placed in: such a cell cannot reach a value, as every row on which it meets one
//! is an error.
//!
//! One thing is taken on trust: lookups that a [multiplicity](Multiplicity) counts are used as in rules 2 and 3, on active
//! rows where the selector is a known 1. The range of an input is the hull of its column over all tables of the
//! multiplicity, on their rows that agree with the constant inputs of the tuple: a number that tells tables apart, for one.
//! That the constraints with challenges enforce these lookups is not shown here.

mod enforce;
mod interval;
mod lookups;
mod ranges;
#[cfg(test)]
mod tests;
mod wrap;

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use num_bigint::BigInt;

use crate::layout::{Cell, CellContents, Held, Layout};
use crate::limits;
use crate::tape::{Node, Slot, Tape, fixed_cell};
use crate::{Circuit, ColumnKind, Constraint, Gate, Lookup, Multiplicity, Table};

use super::ValidateError;
use enforce::Search;
use interval::{Cells, Exact, Form, Linear};
use ranges::Ranges;

/// Checks looked-up values against their tables, and all gates for wrap-around.
pub(super) fn check(circuit: &Circuit, layout: &Layout, errors: &mut Vec<ValidateError>) {
    let identities = identities(circuit, layout);
    let ranges = enforce(circuit, layout, &identities, errors);
    wrap::check(circuit, layout, &identities, &ranges, errors);
}

/// For each unknown of the layout, the least and greatest integer that it can be by constraints without challenges.
pub(crate) fn enforced(circuit: &Circuit, layout: &Layout) -> Vec<Option<(BigInt, BigInt)>> {
    let identities = identities(circuit, layout);
    let ranges = enforce(circuit, layout, &identities, &mut Vec::new());
    (0..layout.unknowns())
        .map(|unknown| {
            let range = ranges.get(unknown)?;
            Some((range.lo.clone(), range.hi.clone()))
        })
        .collect()
}

/// The ranges that the identities enforce. Reports what is looked up outside of its table, and what nothing bounds.
fn enforce(
    circuit: &Circuit,
    layout: &Layout,
    identities: &[Identity<'_>],
    errors: &mut Vec<ValidateError>,
) -> Ranges {
    let mut ranges = Ranges::new(circuit, layout);
    let mut search = Search::new(circuit, layout, identities);
    let rest: Vec<Vec<u32>> = identities
        .iter()
        .map(|identity| match identity.source {
            Source::Constraint(..) => identity.rows.clone(),
            Source::Lookup(..) | Source::Counted(..) => {
                lookups::enforce(circuit, layout, identity, &mut ranges, errors)
            }
        })
        .collect();
    search.run(rest, &mut ranges, errors);
    ranges
}

/// Where an identity comes from.
#[derive(Debug, Clone, Copy)]
enum Source<'a> {
    Constraint(&'a Gate, &'a Constraint),
    Lookup(&'a Lookup, &'a Table),
    Counted(&'a Multiplicity),
}

/// An expression over the integers whose value on some rows is known to lie in a range.
#[derive(Debug)]
struct Identity<'a> {
    source: Source<'a>,
    tape: Tape,
    /// Where it holds; rows on which it is 0 because a selector is are left out.
    rows: Vec<u32>,
    /// `[0, 0]` for a constraint; for the input of a lookup, the range of the table's column.
    target: (i128, i128),
    /// Nodes whose product is the expression, up to its sign; the root alone for the input of a lookup.
    factors: Vec<u32>,
}

impl fmt::Display for Identity<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.source {
            Source::Constraint(gate, constraint) => {
                write!(f, "gate `{}`, constraint `{}`", gate.name, constraint.name)
            }
            Source::Lookup(lookup, table) => {
                write!(f, "lookup `{}`, table `{}`", lookup.name, table.name)
            }
            Source::Counted(counted) => write!(f, "lookups counted in `{}`", counted.source),
        }
    }
}

/// All constraints, and all inputs of lookups and of counted lookups, that hold over the integers.
fn identities<'a>(circuit: &'a Circuit, layout: &Layout) -> Vec<Identity<'a>> {
    let constraints = circuit.gates.iter().flat_map(|gate| {
        gate.constraints.iter().map(move |constraint| {
            let tape = Tape::new(&constraint.poly, layout);
            Identity {
                source: Source::Constraint(gate, constraint),
                rows: tape.active_rows(layout, layout.usable_rows),
                factors: factors(&tape),
                tape,
                target: (0, 0),
            }
        })
    });
    // Nothing is placed further down, so no lookup there concerns a value.
    let end = layout
        .usable_rows
        .min(layout.used_rows() + limits::MAX_ROTATION);
    let inputs = circuit.lookups.iter().flat_map(|lookup| {
        let table = &circuit.tables[lookup.table.0 as usize];
        let inputs = lookup.inputs.iter().zip(&table.columns);
        inputs.filter_map(move |(input, column)| {
            let tape = Tape::new(input, layout);
            Some(Identity {
                source: Source::Lookup(lookup, table),
                rows: tape.active_rows(layout, end),
                factors: root(&tape).into_iter().collect(),
                tape,
                target: column.min_max()?,
            })
        })
    });
    let counted = circuit
        .multiplicities
        .iter()
        .flat_map(|multiplicity| counted(circuit, layout, multiplicity));
    let all = constraints.chain(inputs).chain(counted);
    all.filter(|identity| !identity.tape.in_field).collect()
}

/// The inputs of lookups that a multiplicity counts.
fn counted<'a>(
    circuit: &Circuit,
    layout: &Layout,
    multiplicity: &'a Multiplicity,
) -> Vec<Identity<'a>> {
    let active: Vec<u32> = (0..layout.usable_rows)
        .filter(|row| {
            multiplicity.active.is_none_or(|(group, column)| {
                let column = layout.column_of(group, column);
                fixed_cell(layout, Cell { column, row: *row }) == 1
            })
        })
        .collect();
    let mut tuples: Vec<Vec<i128>> = Vec::with_capacity(multiplicity.tables.len() * active.len());
    for table in &multiplicity.tables {
        let columns = table.columns.iter();
        let columns: Vec<u32> = columns
            .map(|(group, column)| layout.column_of(*group, *column))
            .collect();
        tuples.extend(active.iter().map(|row| {
            let cells = columns.iter().map(|column| Cell {
                column: *column,
                row: *row,
            });
            cells.map(|cell| fixed_cell(layout, cell)).collect()
        }));
    }
    // Many terms have the same constants.
    let mut ranges: HashMap<Vec<Option<i128>>, Vec<(i128, i128)>> = HashMap::new();
    let mut identities = Vec::new();
    for term in &multiplicity.terms {
        let selector = Tape::new(&term.selector, layout);
        // Where the selector depends on the witness it may be 0.
        let selected = |row: &u32| {
            let contents: Vec<Content> = selector
                .slots
                .iter()
                .map(|slot| content(circuit, layout, &selector, *slot, *row))
                .collect();
            let cells = Cells::<i128> {
                slots: forms(&contents),
                ends: vec![None; contents.len()],
            };
            cells.root(&selector).flatten() == Some(Linear::value(1))
        };
        let rows: Vec<u32> = active.iter().copied().filter(selected).collect();
        let inputs = term.inputs.iter();
        let inputs: Vec<Tape> = inputs.map(|input| Tape::new(input, layout)).collect();
        // What is known of a tuple on a row: constants, and fixed cells that stand alone, such as tags.
        let mut known: BTreeMap<Vec<Option<i128>>, Vec<u32>> = BTreeMap::new();
        for row in rows {
            let entries = inputs.iter().map(|input| entry(input, layout, row));
            known.entry(entries.collect()).or_default().push(row);
        }
        for (entries, rows) in known {
            let targets = ranges
                .entry(entries)
                .or_insert_with_key(|entries| hulls(&tuples, entries));
            for (tape, target) in inputs.iter().zip(targets.iter()) {
                identities.push(Identity {
                    source: Source::Counted(multiplicity),
                    rows: rows.clone(),
                    factors: root(tape).into_iter().collect(),
                    tape: tape.clone(),
                    target: *target,
                });
            }
        }
    }
    identities
}

/// The range of each column over the tuples that have the constants where there are some; empty if there is no such tuple.
fn hulls(tuples: &[Vec<i128>], constants: &[Option<i128>]) -> Vec<(i128, i128)> {
    let agrees = |tuple: &&Vec<i128>| {
        let mut pairs = tuple.iter().zip(constants);
        pairs.all(|(entry, constant)| constant.is_none_or(|constant| constant == *entry))
    };
    let mut ranges: Vec<(i128, i128)> = Vec::new();
    for tuple in tuples.iter().filter(agrees) {
        if ranges.is_empty() {
            ranges = tuple.iter().map(|entry| (*entry, *entry)).collect();
        }
        for ((lo, hi), entry) in ranges.iter_mut().zip(tuple) {
            *lo = (*lo).min(*entry);
            *hi = (*hi).max(*entry);
        }
    }
    ranges
}

/// The value that an entry of a tuple has on a row, if it is a constant or a fixed cell alone.
fn entry(tape: &Tape, layout: &Layout, row: u32) -> Option<i128> {
    match tape.nodes.last() {
        Some(Node::Const(value)) => Some(*value),
        Some(Node::Slot(slot)) => {
            let slot = tape.slots[*slot as usize];
            (slot.kind == ColumnKind::Fixed).then(|| fixed_cell(layout, tape.cell(slot, row)))
        }
        _ => None,
    }
}

/// The last node, which is the value of the expression.
fn root(tape: &Tape) -> Option<u32> {
    tape.nodes.len().checked_sub(1).map(|index| index as u32)
}

/// The factors of the root, through products and signs, each once: that is enough for where one of them is 0.
fn factors(tape: &Tape) -> Vec<u32> {
    let mut reached = vec![false; tape.nodes.len()];
    let mut factors = Vec::new();
    if let Some(last) = reached.last_mut() {
        *last = true;
    }
    for (index, node) in tape.nodes.iter().enumerate().rev() {
        if !reached[index] {
            continue;
        }
        match node {
            Node::Neg(child) => reached[*child as usize] = true,
            Node::Product(children) => children
                .iter()
                .for_each(|child| reached[*child as usize] = true),
            _ => factors.push(index as u32),
        }
    }
    factors
}

/// What stands in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    /// A number that the circuit fixes.
    Known(i128),
    /// A computed element or a public cell that gates bind, as an unknown of the layout.
    Element(u32),
    /// Nothing that the circuit placed: any number, if the prover likes.
    Nothing,
}

/// What stands in the cell that a slot means on a row.
fn content(circuit: &Circuit, layout: &Layout, tape: &Tape, slot: Slot, row: u32) -> Content {
    let cell = tape.cell(slot, row);
    match &layout.columns[cell.column as usize].contents {
        CellContents::Fixed(values) => Content::Known(values.get(cell.row as usize).unwrap_or(0)),
        CellContents::Elements(_) => match layout.held(cell) {
            Held::Constant(element) => layout
                .elements
                .constant_value(circuit, element)
                .map_or(Content::Nothing, Content::Known),
            Held::Unknown(unknown) => Content::Element(unknown),
            Held::Nothing => Content::Nothing,
        },
    }
}

/// For each slot, whether the value of the expression can depend on its cell, given the known cells.
///
/// A cell counts unless every path from it to the root has a factor that is 0 on this row, or it is one of several cells
/// of an element without a range that cancel, as in `z - z`.
fn relevant(tape: &Tape, contents: &[Content], ranges: &Ranges) -> Vec<bool> {
    let mut zero: Vec<bool> = Vec::with_capacity(tape.nodes.len());
    for node in &tape.nodes {
        let is_zero = |child: &u32| zero[*child as usize];
        zero.push(match node {
            Node::Const(value) => *value == 0,
            Node::Slot(slot) => contents[*slot as usize] == Content::Known(0),
            Node::Challenge(_) => false,
            Node::Neg(child) => is_zero(child),
            Node::Sum(children) => children.iter().all(is_zero),
            Node::Product(children) => children.iter().any(is_zero),
        });
    }
    let mut reached = vec![false; tape.nodes.len()];
    let mut relevant = vec![false; tape.slots.len()];
    if let Some(last) = reached.last_mut() {
        *last = true;
    }
    for (index, node) in tape.nodes.iter().enumerate().rev() {
        if !reached[index] || zero[index] {
            continue;
        }
        match node {
            Node::Const(_) | Node::Challenge(_) => {}
            Node::Slot(slot) => relevant[*slot as usize] = true,
            Node::Neg(child) => reached[*child as usize] = true,
            Node::Sum(children) | Node::Product(children) => children
                .iter()
                .for_each(|child| reached[*child as usize] = true),
        }
    }
    for slot in 0..contents.len() {
        let Content::Element(element) = contents[slot] else {
            continue;
        };
        let again = |other: &Content| *other == contents[slot];
        if relevant[slot]
            && !ranges.has(element)
            && contents[slot + 1..].iter().any(again)
            && cancels(tape, contents, element)
        {
            for other in slot..contents.len() {
                relevant[other] &= !again(&contents[other]);
            }
        }
    }
    relevant
}

/// Whether the cells of an element cancel, whatever the other cells are.
fn cancels(tape: &Tape, contents: &[Content], element: u32) -> bool {
    let own = |content: &Content| *content == Content::Element(element);
    // Any range of several integers will do for the others: it is no known factor of the element.
    let ends = contents
        .iter()
        .map(|content| (!own(content)).then_some((-1, 1)));
    let cells = Cells::<i128> {
        slots: forms(contents),
        ends: ends.collect(),
    };
    let first = contents.iter().position(own);
    match (cells.root(tape), first) {
        (Some(Some(root)), Some(first)) => !root.contains(first as u32),
        _ => false,
    }
}

/// What slots are: known numbers, or cells told by the first slot with the same content.
fn forms<T: Exact>(contents: &[Content]) -> Vec<Form<T>> {
    let mut firsts: HashMap<u32, u32> = HashMap::with_capacity(contents.len());
    let mut forms = Vec::with_capacity(contents.len());
    for (slot, content) in contents.iter().enumerate() {
        let slot = slot as u32;
        forms.push(Some(match content {
            Content::Known(value) => Linear::value(T::from_value(*value)),
            Content::Element(element) => Linear::cell(*firsts.entry(*element).or_insert(slot)),
            Content::Nothing => Linear::cell(slot),
        }));
    }
    forms
}
