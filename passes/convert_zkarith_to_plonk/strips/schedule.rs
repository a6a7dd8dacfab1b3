//! How the coefficient of each result is computed down the rows of its strip.
//!
//! The coefficient of a result is a polynomial in the challenges: over all elements of operands that read it, the sum of
//! weights times monomials. A strip has one column for it, computed row by row as
//!
//! ```text
//! next = step * this + monomial * base * (lane_0 + omega * lane_1 + omega^2 * lane_2 + ..)
//! ```
//!
//! with a step of 0, 1 or `rho` and public lanes. A coefficient with terms in several runs of `L` exponents of `omega`, or
//! with several monomials in the other challenges, takes as many rows, and the result stands on the last of them. Where the
//! coefficient of the next element is `rho` times that of this one but for a few terms, as along a convolution's line, only
//! those few are added: those that enter at one border, and those that leave at the other.
//!
//! The *base* is a power of `omega` that moves along with the lines, so that all lines of a convolution have their taps in the
//! same lanes.

use super::lines::Lines;
use std::collections::{BTreeSet, HashSet};

/// A monomial without `omega`: how far the reader stands above, which of its operands, and the position in its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    /// Units from the reader down to the result; 0 for the repeated lines of the unit itself.
    pub(super) distance: u32,
    pub(super) slot: u32,
    pub(super) position: u32,
}

/// What a row adds to a coefficient: a monomial, times `omega` to the exponent of the first lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Addend {
    pub(super) place: Place,
    /// Exponent of the first lane, counted from the base if there is one.
    pub(super) first: u32,
    pub(super) base: Option<Shift>,
}

/// How the bases of strips side by side differ: that of strip `s` is by `(phase + s) / every * by` exponents further than that of
/// the first one, if the row of this one is `phase` modulo `every`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Shift {
    by: u32,
    every: u32,
    phase: u32,
}

impl Shift {
    /// Exponent of `omega` for a strip.
    pub(super) fn of(self, strip: i64) -> i64 {
        (i64::from(self.phase) + strip) / i64::from(self.every) * i64::from(self.by)
    }
}

/// An addend of one strip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Reach {
    place: Place,
    first: u32,
    based: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Term {
    pub(super) place: Place,
    /// Number of the reader's line: exponent of `omega`.
    pub(super) line: u32,
    pub(super) weight: i64,
}

impl Term {
    pub(super) const NONE: Self = Self {
        place: Place {
            distance: 0,
            slot: 0,
            position: 0,
        },
        line: 0,
        weight: 0,
    };
}

/// Where the lanes of a line start: `row / every * by + first`, for readers at some distances.
#[derive(Debug)]
struct Base {
    by: i64,
    every: i64,
    first: i64,
    distances: BTreeSet<u32>,
}

impl Base {
    fn at(&self, row: i64) -> i64 {
        row / self.every * self.by + self.first
    }
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
    lines: Lines,
    base: Option<Base>,
}

/// The largest distance in a line between elements that are made from each other.
const STRIDES: [usize; 4] = [1, 2, 3, 4];

/// Rows of a tensor for each row of its reader that are tried.
const EVERY: [i64; 4] = [1, 2, 3, 4];

impl Coefficients {
    /// The order and steps with the fewest terms to add. `of` gives the terms of an element.
    ///
    /// If lines that repeat others are `held` by nothing else, their results are not negative, and a sum of them with
    /// coefficients of their own that has to be zero holds them to zero.
    pub(super) fn new<'t>(
        lines: &Lines,
        held: bool,
        of: impl Fn(usize, usize) -> &'t [Term],
    ) -> Self {
        let (count, len) = (lines.all() as usize, lines.len() as usize);
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
                for line in 0..count {
                    fresh += of(line, here).len();
                    difference(of(line, here), of(line, above), |_| made += 1);
                }
                chained[i] = made < fresh;
            }
            let (mut starts, mut terms) = (vec![0], Vec::new());
            for line in 0..count {
                let (group, strip) = (line as i64 / lines.strips(), line as i64 % lines.strips());
                for i in 0..len {
                    let here = of(line, order[i] as usize);
                    if !chained[i] && held && lines.repeats(group, strip) {
                        terms.push(Term {
                            line: lines.number(group, strip) as u32,
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
                    lines: lines.clone(),
                    base: None,
                });
            }
        }
        best.unwrap_or_else(|| Self {
            order: Vec::new(),
            chained: Vec::new(),
            starts: vec![0],
            terms: Vec::new(),
            lines: lines.clone(),
            base: None,
        })
    }

    /// Terms to add.
    pub(super) fn added(&self) -> i64 {
        self.terms.len() as i64
    }

    /// Terms to add, and different exponents among them.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.terms.len(), self.exponents(self.base.as_ref()))
    }

    /// Finds the base with which the fewest different exponents are left. `reader` gives the lines of the unit at a distance.
    pub(super) fn align<'l>(&mut self, reader: impl Fn(u32) -> &'l Lines) {
        if self.lines.len() < 2 {
            return;
        }
        let mut readers: BTreeSet<(i64, u32)> = BTreeSet::new();
        for term in &self.terms {
            let lines = reader(term.place.distance);
            if term.place.distance > 0 && lines.len() > 1 {
                readers.insert((lines.channels(), term.place.distance));
            }
        }
        let channels: BTreeSet<i64> = readers.iter().map(|(c, _)| *c).collect();
        let mut fewest = self.exponents(None);
        for by in channels {
            let distances = readers.iter().filter(|(c, _)| *c == by).map(|(_, d)| *d);
            let distances: BTreeSet<u32> = distances.collect();
            for every in EVERY {
                let mut base = Base {
                    by,
                    every,
                    first: 0,
                    distances: distances.clone(),
                };
                let from_base = self.by_line().filter_map(|(row, term)| {
                    let based = base.distances.contains(&term.place.distance);
                    based.then(|| i64::from(term.line) - base.at(row))
                });
                base.first = from_base.min().unwrap_or(0);
                let left = self.exponents(Some(&base));
                if left < fewest {
                    fewest = left;
                    self.base = Some(base);
                }
            }
        }
    }

    /// The row of its line and each term.
    fn by_line(&self) -> impl Iterator<Item = (i64, &Term)> {
        let (len, strips) = (self.order.len(), self.lines.strips());
        (0..self.lines.all()).flat_map(move |line| {
            let row = self.lines.row(line / strips, line % strips);
            let first = line as usize * len;
            let terms = &self.terms[self.starts[first]..self.starts[first + len]];
            terms.iter().map(move |term| (row, term))
        })
    }

    /// How many different exponents terms have.
    fn exponents(&self, base: Option<&Base>) -> usize {
        let terms = self.by_line().map(|(row, term)| {
            let base = base.filter(|b| b.distances.contains(&term.place.distance));
            (
                term.place,
                i64::from(term.line) - base.map_or(0, |b| b.at(row)),
            )
        });
        terms.collect::<HashSet<_>>().len()
    }

    /// The base in lines of some strips, if there is one.
    fn base(&self, lines: &Lines) -> Option<&Base> {
        self.base.as_ref().filter(|_| lines.has_rows())
    }

    /// The exponent that lanes of the first strip of a group start at; `None` without a base.
    pub(super) fn base_of(&self, lines: &Lines, group: i64) -> Option<i64> {
        self.base(lines).map(|base| base.at(lines.row(group, 0)))
    }

    /// How the bases of a group's strips differ.
    fn shift(base: &Base, lines: &Lines, group: i64) -> Shift {
        if !lines.rows_side_by_side() || lines.strips() == 1 {
            return Shift {
                by: 0,
                every: 1,
                phase: 0,
            };
        }
        Shift {
            by: base.by as u32,
            every: base.every as u32,
            phase: (lines.row(group, 0) % base.every) as u32,
        }
    }

    fn terms(&self, line: usize, visit: usize) -> &[Term] {
        let i = line * self.order.len() + visit;
        &self.terms[self.starts[i]..self.starts[i + 1]]
    }

    /// Place, first lane and lane of a term.
    fn reach(base: Option<&Base>, row: i64, term: &Term, lanes: u32) -> (Reach, u32) {
        let base = base.filter(|b| b.distances.contains(&term.place.distance));
        // The base is at most the least line that it is used for.
        let from = (i64::from(term.line) - base.map_or(0, |b| b.at(row))) as u32;
        let reach = Reach {
            place: term.place,
            first: from - from % lanes,
            based: base.is_some(),
        };
        (reach, from % lanes)
    }

    /// What has to be added for each element of each line, with `lanes` lanes, with the base or without.
    pub(super) fn reaches(&self, lanes: u32, based: bool) -> Reaches {
        let base = self.base.as_ref().filter(|_| based);
        let (len, strips) = (self.order.len(), self.lines.strips());
        let (mut starts, mut all) = (vec![0], Vec::new());
        for line in 0..self.lines.all() {
            let row = self.lines.row(line / strips, line % strips);
            for visit in 0..len {
                let first = all.len();
                for term in self.terms(line as usize, visit) {
                    let (reach, _) = Self::reach(base, row, term, lanes);
                    if all.len() == first || all.last() != Some(&reach) {
                        all.push(reach);
                    }
                }
                starts.push(all.len());
            }
        }
        Reaches { starts, all }
    }

    /// Whether there is a base, for lines whose rows are known.
    pub(super) fn has_base(&self) -> bool {
        self.base.is_some()
    }

    /// The line of its own that stands in a strip; `None` for those that are repeated in more strips than it has.
    fn line_at(&self, lines: &Lines, group: i64, strip: i64) -> Option<usize> {
        if lines.strips() == self.lines.strips() {
            return Some((group * lines.strips() + strip) as usize);
        }
        // In one strip, lines stand in the order of their numbers.
        (!lines.repeats(group, strip)).then(|| lines.number(group, strip) as usize)
    }

    /// Rows of each element in the order of rows, the same for all groups of lines; adds its addends to a set.
    pub(super) fn rows(
        &self,
        lines: &Lines,
        reaches: &Reaches,
        addends: &mut BTreeSet<Addend>,
    ) -> Vec<i64> {
        let len = self.order.len();
        let mut rows = vec![1; len];
        let base = self.base(lines);
        let mut seen: HashSet<(Reach, Option<Shift>)> = HashSet::new();
        let (mut union, mut last): (Vec<Reach>, Vec<Reach>) = (Vec::new(), Vec::new());
        let mut last_shift = None;
        for group in 0..lines.groups() {
            let shift = base.map(|b| Self::shift(b, lines, group));
            if shift != last_shift {
                last.clear();
                last_shift = shift;
            }
            for (visit, rows) in rows.iter_mut().enumerate() {
                union.clear();
                for strip in 0..lines.strips() {
                    if let Some(line) = self.line_at(lines, group, strip) {
                        union.extend_from_slice(reaches.of(line * len + visit));
                    }
                }
                union.sort_unstable();
                union.dedup();
                *rows = (*rows).max(union.len() as i64);
                // Most elements have those of the one above.
                if union != last {
                    seen.extend(union.iter().map(|r| (*r, shift.filter(|_| r.based))));
                    std::mem::swap(&mut union, &mut last);
                }
            }
        }
        addends.extend(seen.into_iter().map(|(r, base)| r.addend(base)));
        rows
    }

    /// The steps and lanes of all rows of a group.
    pub(super) fn group(&self, group: i64, lanes: u32, rows: &[i64]) -> Vec<Row> {
        let mut out = Vec::new();
        let lines = &self.lines;
        let base = self.base(lines);
        let shift = base.map(|b| Self::shift(b, lines, group));
        for (visit, count) in rows.iter().enumerate() {
            let mut all: Vec<(Reach, u32, i64)> = Vec::new();
            for strip in 0..lines.strips() {
                let line = (group * lines.strips() + strip) as usize;
                let row = lines.row(group, strip);
                for term in self.terms(line, visit) {
                    let (reach, lane) = Self::reach(base, row, term, lanes);
                    all.push((reach, strip as u32 * lanes + lane, term.weight));
                }
            }
            all.sort_unstable();
            let mut reaches = all.chunk_by(|a, b| a.0 == b.0);
            for i in 0..*count {
                let step = match (i, self.chained[visit]) {
                    (0, true) => Step::Rho,
                    (0, false) => Step::Fresh,
                    _ => Step::Keep,
                };
                let chunk = reaches.next().unwrap_or_default();
                let addend = chunk.first().map(|(reach, _, _)| {
                    let base = shift.filter(|_| reach.based);
                    reach.addend(base)
                });
                let weights = chunk.iter().map(|(_, lane, weight)| (*lane, *weight));
                out.push(Row {
                    step,
                    addend,
                    weights: weights.collect(),
                });
            }
        }
        out
    }
}

impl Reach {
    fn addend(self, base: Option<Shift>) -> Addend {
        Addend {
            place: self.place,
            first: self.first,
            base,
        }
    }
}

/// The addends of each element of each line, ascending.
pub(super) struct Reaches {
    starts: Vec<usize>,
    all: Vec<Reach>,
}

impl Reaches {
    fn of(&self, element: usize) -> &[Reach] {
        &self.all[self.starts[element]..self.starts[element + 1]]
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
