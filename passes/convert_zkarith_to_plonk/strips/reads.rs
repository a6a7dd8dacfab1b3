//! Who reads what, with which weights.

use super::{
    super::builder::Result,
    contraction::Contraction,
    lines::Lines,
    schedule::{Coefficients, Place, Term},
    sparse::{Evaluator, Rows},
    units::{Apart, Kind, Unit},
};
use std::{collections::BTreeSet, rc::Rc};

/// Who reads what: for each unit its operands as sums, and the coefficients of its results.
pub(super) struct Analysis {
    /// For each unit, its operands over the elements of all results.
    pub(super) operands: Vec<Vec<Rc<Rows>>>,
    /// For each unit, what tells its two operands apart.
    pub(super) apart: Vec<Apart>,
    /// For each unit, the coefficients of its results; nothing for units without results.
    pub(super) coefficients: Vec<Option<Coefficients>>,
}

/// Finds out who reads what.
pub(super) fn analyse<'c>(
    units: &[&Unit<'c>],
    mut evaluator: Evaluator<'_, 'c>,
    firsts: &[u32],
    elements: usize,
) -> Result<Analysis> {
    let mut operands = Vec::with_capacity(units.len());
    for unit in units {
        let rows = unit.operands.iter().map(|(v, _)| evaluator.rows(*v));
        operands.push(rows.collect::<Result<Vec<_>>>()?);
    }
    drop(evaluator);
    let mut readers = Readers {
        units,
        operands,
        firsts,
        elements,
        apart: vec![Apart::Slot; units.len()],
    };
    let terms = readers.terms();
    let coefficients = (0..units.len()).map(|owner| readers.coefficients(owner, &terms));
    let mut coefficients = coefficients.collect::<Result<Vec<_>>>()?;
    drop(terms);
    for (owner, coefficients) in coefficients.iter_mut().enumerate() {
        align(units, owner, coefficients);
    }
    for reader in 0..units.len() {
        let choices = readers.choices(reader);
        if choices.is_empty() {
            continue;
        }
        let read = readers.sources(reader);
        for apart in choices {
            let before = std::mem::replace(&mut readers.apart[reader], apart);
            let terms = readers.terms();
            let other = read
                .iter()
                .map(|owner| Ok((*owner, readers.coefficients(*owner, &terms)?)));
            let mut other = other.collect::<Result<Vec<_>>>()?;
            for (owner, coefficients) in &mut other {
                align(units, *owner, coefficients);
            }
            if size(other.iter().map(|(_, c)| c)) < size(read.iter().map(|i| &coefficients[*i])) {
                other.into_iter().for_each(|(i, c)| coefficients[i] = c);
            } else {
                readers.apart[reader] = before;
            }
        }
    }
    Ok(Analysis {
        coefficients,
        apart: readers.apart,
        operands: readers.operands,
    })
}

/// Chooses the bases.
fn align(units: &[&Unit], owner: usize, coefficients: &mut Option<Coefficients>) {
    if let Some(coefficients) = coefficients {
        coefficients.align(|distance| &units[owner - distance as usize].lines);
    }
}

/// Terms to add, and different exponents among them.
fn size<'a>(coefficients: impl Iterator<Item = &'a Option<Coefficients>>) -> (usize, usize) {
    let sizes = coefficients.flatten().map(Coefficients::size);
    sizes.fold((0, 0), |(a, b), (c, d)| (a + c, b + d))
}

struct Readers<'u, 'c> {
    units: &'u [&'u Unit<'c>],
    operands: Vec<Vec<Rc<Rows>>>,
    firsts: &'u [u32],
    elements: usize,
    apart: Vec<Apart>,
}

/// The terms of each element of all results, ascending.
struct Terms {
    starts: Vec<usize>,
    all: Vec<Term>,
}

impl Readers<'_, '_> {
    /// The unit of an element.
    fn owner(&self, element: u32) -> usize {
        self.firsts.partition_point(|first| *first <= element) - 1
    }

    /// What else may tell the operands of a unit apart.
    fn choices(&self, reader: usize) -> Vec<Apart> {
        let lines = &self.units[reader].lines;
        if self.operands[reader].len() < 2 || lines.len() < 2 {
            return Vec::new();
        }
        match lines.has_rows() {
            true => vec![Apart::Position, Apart::Row],
            false => vec![Apart::Position],
        }
    }

    /// The units that a unit reads.
    fn sources(&self, reader: usize) -> BTreeSet<usize> {
        let operands = self.operands[reader].iter();
        let terms = operands.flat_map(|rows| (0..rows.len()).flat_map(|i| rows.terms(i)));
        terms.map(|(x, _)| self.owner(*x)).collect()
    }

    fn terms(&self) -> Terms {
        // Counted first, so that the terms of each result stand together.
        let mut starts = vec![0usize; self.elements + 1];
        self.for_each_term(|_, _, _, (source, _)| starts[source as usize + 1] += 1);
        for i in 0..self.elements {
            starts[i + 1] += starts[i];
        }
        let mut all = vec![Term::NONE; starts[self.elements]];
        let mut filled = starts.clone();
        self.for_each_term(|reader, place, line, (source, weight)| {
            let distance = (self.owner(source) - reader) as u32;
            let at = &mut filled[source as usize];
            all[*at] = Term {
                place: Place { distance, ..place },
                line,
                weight,
            };
            *at += 1;
        });
        for slice in starts.windows(2) {
            all[slice[0]..slice[1]].sort_unstable_by_key(|t| (t.place, t.line));
        }
        Terms { starts, all }
    }

    fn coefficients(&self, owner: usize, terms: &Terms) -> Result<Option<Coefficients>> {
        let unit = self.units[owner];
        let of = |element: usize| {
            let element = self.firsts[owner] as usize + element;
            &terms.all[terms.starts[element]..terms.starts[element + 1]]
        };
        if let Kind::Contraction(c) = unit.kind {
            return contracted(c, &unit.lines, of).map(Some);
        }
        if unit.result().is_none() {
            return Ok(None);
        }
        let len = unit.lines.len() as usize;
        let held = unit.operands.is_empty();
        let of = |line, position| of(line * len + position);
        Ok(Some(Coefficients::new(&unit.lines, held, of)))
    }

    /// Calls a function with every term of every operand: number of the unit, its place but for the distance, line, and the
    /// term.
    fn for_each_term(&self, mut f: impl FnMut(usize, Place, u32, (u32, i64))) {
        for (reader, (unit, operands)) in self.units.iter().zip(&self.operands).enumerate() {
            let apart = self.apart[reader];
            for (slot, rows) in operands.iter().enumerate() {
                unit.elements(slot, |line, position, element| {
                    let [slot, line, position] =
                        apart.place(slot as i64, &unit.lines, line.into(), position.into());
                    let place = Place {
                        distance: 0,
                        slot: slot as u32,
                        position: position as u32,
                    };
                    for term in rows.terms(element) {
                        f(reader, place, line as u32, *term);
                    }
                });
            }
        }
    }
}

/// The coefficients of the matrices of a product, each for its first element. Those of the others follow from it, since
/// every reader takes the elements in order.
fn contracted<'t>(
    c: Contraction,
    lines: &Lines,
    of: impl Fn(usize) -> &'t [Term],
) -> Result<Coefficients> {
    let [rows, columns] = c.outer;
    let size = (rows * columns) as usize;
    for n in 0..c.batch as usize {
        let first = of(n * size);
        for i in 0..rows {
            for j in 0..columns {
                let [line, position] =
                    [0, 1].map(|e| (i * c.steps[0][e] + j * c.steps[1][e]) as u32);
                let here = of(n * size + (i * columns + j) as usize);
                let moved = first.iter().map(|t| Term {
                    place: Place {
                        position: t.place.position + position,
                        ..t.place
                    },
                    line: t.line + line,
                    ..*t
                });
                if !here.iter().copied().eq(moved) {
                    return Err("a product of matrices is read out of order".into());
                }
            }
        }
    }
    Ok(Coefficients::new(lines, false, |n, _| of(n * size)))
}
