//! How the coefficient of each result is computed down the rows of its strip.
//!
//! The coefficient of a result is a polynomial in the challenges: over all elements of operands that read it, the sum of
//! weights times monomials. A strip has one column for it, computed row by row as
//!
//! ```text
//! next = step * this + monomial * (lane_0 + omega * lane_1 + omega^2 * lane_2 + ..)
//! ```
//!
//! with a step of 0, 1 or `rho` and public lanes. A coefficient with terms in several runs of `L` exponents of `omega`, or
//! with several monomials in the other challenges, takes as many rows, and the result stands on the last of them. Where the
//! coefficient of the next element is `rho` times that of this one but for a few terms, as along a convolution's line, only those few are added: those that enter
//! at one border, and those that leave at the other.

use super::{
    super::builder::Result,
    contraction::Contraction,
    sparse::{Evaluator, Rows},
    units::{Kind, Unit},
};
use std::{collections::BTreeSet, rc::Rc};

/// A monomial without `omega`: how far the reader stands above, which of its operands, and the position in its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    /// Units from the reader down to the result; 0 for the repeated lines of the unit itself.
    pub(super) distance: u32,
    pub(super) slot: u32,
    pub(super) position: u32,
}

/// What a row adds to a coefficient: a monomial, times `omega` to the first exponent of a run of lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Addend {
    pub(super) place: Place,
    /// Runs of lanes before it.
    pub(super) run: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Term {
    place: Place,
    /// Number of the reader's line: exponent of `omega`.
    line: u32,
    weight: i64,
}

impl Term {
    const NONE: Self = Self {
        place: Place {
            distance: 0,
            slot: 0,
            position: 0,
        },
        line: 0,
        weight: 0,
    };
}

/// The coefficients of one unit's results, line by line, element by element in the order of their rows.
#[derive(Debug)]
pub(super) struct Coefficients {
    /// Position in its line of each element, in the order of rows.
    pub(super) order: Vec<i64>,
    /// Whether an element's coefficient is made from that of the one above, times `rho`.
    chained: Vec<bool>,
    starts: Vec<usize>,
    terms: Vec<Term>,
    lines: usize,
}

/// The largest distance in a line between elements that are made from each other.
const STRIDES: [usize; 4] = [1, 2, 3, 4];

impl Coefficients {
    /// The order and steps with the fewest terms to add. `of` gives the terms of an element.
    ///
    /// Lines from `read` on repeat others and are held by nothing else. Their results are not negative; a sum of them with
    /// coefficients of their own that has to be zero holds them to zero.
    fn new<'t>(
        (lines, read): (usize, usize),
        len: usize,
        of: impl Fn(usize, usize) -> &'t [Term],
    ) -> Self {
        let mut best: Option<Self> = None;
        for stride in STRIDES.into_iter().filter(|s| *s == 1 || *s < len) {
            let order: Vec<i64> = (0..stride)
                .flat_map(|first| (first..len).step_by(stride))
                .map(|position| position as i64)
                .collect();
            let mut chained = vec![false; len];
            for i in 1..len {
                let (here, above) = (order[i] as usize, order[i - 1] as usize);
                if here != above + stride {
                    continue;
                }
                let (mut fresh, mut made) = (0, 0);
                for line in 0..lines {
                    fresh += of(line, here).len();
                    difference(of(line, here), of(line, above), |_| made += 1);
                }
                chained[i] = made < fresh;
            }
            let (mut starts, mut terms) = (vec![0], Vec::new());
            for line in 0..lines {
                for i in 0..len {
                    let here = of(line, order[i] as usize);
                    if !chained[i] && line >= read {
                        terms.push(Term {
                            line: line as u32,
                            weight: 1,
                            ..Term::NONE
                        });
                    } else if chained[i] {
                        let above = of(line, order[i - 1] as usize);
                        difference(here, above, |term| terms.push(term));
                    } else {
                        terms.extend_from_slice(here);
                    }
                    starts.push(terms.len());
                }
            }
            if best.as_ref().is_none_or(|b| terms.len() < b.terms.len()) {
                best = Some(Self {
                    order,
                    chained,
                    starts,
                    terms,
                    lines,
                });
            }
        }
        best.unwrap_or_else(|| Self {
            order: Vec::new(),
            chained: Vec::new(),
            starts: vec![0],
            terms: Vec::new(),
            lines,
        })
    }

    fn terms(&self, line: usize, visit: usize) -> &[Term] {
        let i = line * self.order.len() + visit;
        &self.terms[self.starts[i]..self.starts[i + 1]]
    }

    /// What has to be added for each element of each line, with `lanes` lanes.
    pub(super) fn addends(&self, lanes: u32) -> Addends {
        let (mut starts, mut all) = (vec![0], Vec::new());
        for slice in self.starts.windows(2) {
            let first = all.len();
            for term in &self.terms[slice[0]..slice[1]] {
                let addend = Addend {
                    place: term.place,
                    run: term.line / lanes,
                };
                if all.len() == first || all.last() != Some(&addend) {
                    all.push(addend);
                }
            }
            starts.push(all.len());
        }
        Addends { starts, all }
    }

    /// Rows of each element in the order of rows, the same for all groups of lines.
    pub(super) fn rows(&self, addends: &Addends, strips: usize) -> Vec<i64> {
        let len = self.order.len();
        let mut rows = vec![1; len];
        let mut set = BTreeSet::new();
        for group in (0..self.lines).step_by(strips) {
            let lines = group..(group + strips).min(self.lines);
            for (visit, rows) in rows.iter_mut().enumerate() {
                let lists = lines.clone().map(|line| addends.of(line * len + visit));
                let longest = lists.clone().map(<[_]>::len).max().unwrap_or(0);
                let mut union = longest;
                if lists.clone().any(|l| l.len() > 1 || l.len() < longest) || strips > 1 {
                    set.clear();
                    lists.for_each(|l| set.extend(l.iter().copied()));
                    union = set.len();
                }
                *rows = (*rows).max(union as i64);
            }
        }
        rows
    }

    /// The steps and lanes of all rows of a group.
    pub(super) fn group(&self, group: usize, strips: usize, lanes: u32, rows: &[i64]) -> Vec<Row> {
        let mut out = Vec::new();
        let lines: Vec<usize> = (group * strips..(group + 1) * strips).collect();
        for (visit, count) in rows.iter().enumerate() {
            let mut addends = BTreeSet::new();
            for line in &lines {
                for term in self.terms(*line, visit) {
                    addends.insert(Addend {
                        place: term.place,
                        run: term.line / lanes,
                    });
                }
            }
            let mut addends = addends.into_iter();
            for i in 0..*count {
                let step = match (i, self.chained[visit]) {
                    (0, true) => Step::Rho,
                    (0, false) => Step::Fresh,
                    _ => Step::Keep,
                };
                let addend = addends.next();
                let mut weights = Vec::new();
                for (strip, line) in lines.iter().enumerate() {
                    for term in self.terms(*line, visit) {
                        let own = Addend {
                            place: term.place,
                            run: term.line / lanes,
                        };
                        if addend == Some(own) {
                            weights.push((strip as u32 * lanes + term.line % lanes, term.weight));
                        }
                    }
                }
                out.push(Row {
                    step,
                    addend,
                    weights,
                });
            }
        }
        out
    }
}

/// The addends of each element of each line, ascending.
pub(super) struct Addends {
    starts: Vec<usize>,
    all: Vec<Addend>,
}

impl Addends {
    fn of(&self, element: usize) -> &[Addend] {
        &self.all[self.starts[element]..self.starts[element + 1]]
    }

    /// All of them, each once.
    pub(super) fn distinct(&self) -> BTreeSet<Addend> {
        self.all.iter().copied().collect()
    }
}

/// How a coefficient is made from the one above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Fresh,
    Keep,
    Rho,
}

/// One row of all strips.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) step: Step,
    pub(super) addend: Option<Addend>,
    /// Lane over all strips, and its weight.
    pub(super) weights: Vec<(u32, i64)>,
}

impl Row {
    /// A row on which coefficients stay as they are.
    pub(super) const SAME: Self = Self {
        step: Step::Keep,
        addend: None,
        weights: Vec::new(),
    };
}

/// Calls a function with the terms of `here - rho * above`.
fn difference(here: &[Term], above: &[Term], mut f: impl FnMut(Term)) {
    let key = |t: &Term| (t.place, t.line);
    let shifted = |t: &Term| {
        let mut t = *t;
        t.place.position += 1;
        t
    };
    let (mut i, mut j) = (0, 0);
    while i < here.len() || j < above.len() {
        let a = here.get(i).map(key);
        let b = above.get(j).map(|t| key(&shifted(t)));
        match (a, b) {
            (Some(a), Some(b)) if a == b => {
                // Weights of one linear map: their difference is that of two of its integers.
                let weight = here[i].weight.wrapping_sub(above[j].weight);
                if weight != 0 {
                    f(Term { weight, ..here[i] });
                }
                (i, j) = (i + 1, j + 1);
            }
            (Some(a), b) if b.is_none_or(|b| a < b) => {
                f(here[i]);
                i += 1;
            }
            _ => {
                let term = shifted(&above[j]);
                f(Term {
                    weight: term.weight.wrapping_neg(),
                    ..term
                });
                j += 1;
            }
        }
    }
}

/// Who reads what: for each unit its operands as sums, and the coefficients of its results.
pub(super) struct Analysis {
    /// For each unit, its operands over the elements of all results.
    pub(super) operands: Vec<Vec<Rc<Rows>>>,
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
    // Counted first, so that the terms of each result stand together.
    let mut starts = vec![0usize; elements + 1];
    for_each_term(units, &operands, |_, _, _, _, (source, _)| {
        starts[source as usize + 1] += 1;
    });
    for i in 0..elements {
        starts[i + 1] += starts[i];
    }
    let mut terms = vec![Term::NONE; starts[elements]];
    let mut filled = starts.clone();
    for_each_term(
        units,
        &operands,
        |reader, slot, line, position, (source, weight)| {
            let owner = firsts.partition_point(|first| *first <= source) - 1;
            let at = &mut filled[source as usize];
            terms[*at] = Term {
                place: Place {
                    distance: (owner - reader) as u32,
                    slot,
                    position,
                },
                line,
                weight,
            };
            *at += 1;
        },
    );
    for slice in starts.windows(2) {
        terms[slice[0]..slice[1]].sort_unstable_by_key(|t| (t.place, t.line));
    }
    let coefficients = units.iter().zip(firsts).map(|(unit, first)| {
        let of = |element: usize| {
            let element = *first as usize + element;
            &terms[starts[element]..starts[element + 1]]
        };
        if let Kind::Contraction(c) = unit.kind {
            return contracted(c, of).map(Some);
        }
        if unit.result().is_none() {
            return Ok(None);
        }
        let [groups, strips, len] = unit.lines.register();
        let (lines, len) = ((groups * strips) as usize, len as usize);
        let read = if unit.operands.is_empty() {
            unit.lines.count() as usize
        } else {
            lines
        };
        Ok(Some(Coefficients::new(
            (lines, read),
            len,
            |line, position| of(line * len + position),
        )))
    });
    Ok(Analysis {
        coefficients: coefficients.collect::<Result<_>>()?,
        operands,
    })
}

/// The coefficients of the matrices of a product, each for its first element. Those of the others follow from it, since
/// every reader takes the elements in order.
fn contracted<'t>(c: Contraction, of: impl Fn(usize) -> &'t [Term]) -> Result<Coefficients> {
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
    let lines = c.batch as usize;
    Ok(Coefficients::new((lines, lines), 1, |n, _| of(n * size)))
}

/// Calls a function with every term of every operand: number of the unit, operand, line, position, and the term.
fn for_each_term(
    units: &[&Unit],
    operands: &[Vec<Rc<Rows>>],
    mut f: impl FnMut(usize, u32, u32, u32, (u32, i64)),
) {
    for (reader, (unit, operands)) in units.iter().zip(operands).enumerate() {
        for (slot, rows) in operands.iter().enumerate() {
            unit.elements(slot, |line, position, element| {
                for term in rows.terms(element) {
                    f(reader, slot as u32, line, position, *term);
                }
            });
        }
    }
}
