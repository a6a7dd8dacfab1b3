//! The search for bounds that constraints enforce.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::ops::Range;

use num_bigint::BigInt;

use crate::layout::Layout;
use crate::limits;
use crate::{Circuit, Op, RegisterId, ValidateError};

use super::interval::{Cells, Exact, Linear};
use super::ranges::Ranges;
use super::{Content, Identity, cancels, content, forms, relevant, wrap};

/// Most cells of one identity that are split into cases.
const MAX_SPLITS: usize = 2;

/// An identity on one row.
#[derive(Debug, Clone, Copy)]
struct Instance {
    identity: u32,
    row: u32,
    /// Number of elements without a range that it depends on.
    missing: u32,
}

/// What an identity depends on, on one row.
#[derive(Debug, Default)]
struct Dependence {
    /// Elements without a range, each once, ascending.
    missing: Vec<u32>,
    /// Index of a slot whose cell holds nothing.
    nothing: Option<usize>,
    /// Whether it depends on any element.
    elements: bool,
}

/// Bounds elements one after the other until no identity bounds another.
#[derive(Debug)]
pub(super) struct Search<'a> {
    circuit: &'a Circuit,
    layout: &'a Layout,
    identities: &'a [Identity<'a>],
    /// Registers whose elements need no bound: free cells, and what is computed from challenges.
    exempt: Vec<bool>,
    instances: Vec<Instance>,
    /// Where the instances that wait for an element begin in `users`, by element, and the end.
    starts: Vec<usize>,
    users: Vec<u32>,
    /// Instances with one missing element, by that element.
    ready: BinaryHeap<Reverse<(u32, u32)>>,
    /// Ranges that were found but are too wide for the field, with the instance.
    too_wide: HashMap<u32, (u32, BigInt)>,
}

impl<'a> Search<'a> {
    /// A search without identities.
    pub(super) fn new(
        circuit: &'a Circuit,
        layout: &'a Layout,
        identities: &'a [Identity<'a>],
    ) -> Self {
        let mut exempt: Vec<bool> = Vec::with_capacity(circuit.program.len());
        let mut challenged: Vec<bool> = Vec::with_capacity(circuit.program.len());
        for instruction in &circuit.program {
            let from_challenges = matches!(instruction.op, Op::ChallengePower { .. })
                || instruction
                    .op
                    .operands()
                    .iter()
                    .any(|operand| challenged[operand.0 as usize]);
            challenged.push(from_challenges);
            exempt.push(from_challenges || matches!(instruction.op, Op::Free));
        }
        Search {
            circuit,
            layout,
            identities,
            exempt,
            instances: Vec::new(),
            starts: Vec::new(),
            users: Vec::new(),
            ready: BinaryHeap::new(),
            too_wide: HashMap::new(),
        }
    }

    /// Bounds what can be bounded, and reports cells that identities depend on and that nothing bounds.
    ///
    /// A reported cell is then taken to keep its stated range, and so is every other of its register, so that what
    /// follows from the same mistake is not reported again. `rows` tells for each identity on which rows it may bound
    /// something that is not bounded yet.
    pub(super) fn run(
        &mut self,
        rows: Vec<Vec<u32>>,
        ranges: &mut Ranges,
        errors: &mut Vec<ValidateError>,
    ) {
        self.collect(rows, ranges, errors);
        self.propagate(ranges);
        for element in 0..self.layout.unknowns() {
            if ranges.has(element) {
                continue;
            }
            let Some(error) = self.complaint(element, ranges) else {
                continue;
            };
            errors.push(error);
            for element in self.fellows(element) {
                if !ranges.has(element) {
                    let (lo, hi) = ranges.stated(element);
                    ranges.set(element, lo.into(), hi.into());
                    self.release(element, ranges);
                }
            }
            self.propagate(ranges);
        }
    }

    /// The unknowns of the register or public column of one.
    fn fellows(&self, unknown: u32) -> Range<u32> {
        let computed = self.layout.elements.computed();
        let public = (unknown >= computed).then(|| self.layout.cell_of(unknown));
        let Some(cell) = public.flatten() else {
            let register = self.layout.elements.origin(unknown).0;
            return self.layout.elements.own(register);
        };
        let column = &self.layout.columns[cell.column as usize];
        let first = computed + column.first_gate_bound;
        first..first + column.used_rows()
    }

    /// Finds the instances that depend on elements without a range.
    fn collect(&mut self, rows: Vec<Vec<u32>>, ranges: &Ranges, errors: &mut Vec<ValidateError>) {
        let mut waiting: Vec<(u32, u32)> = Vec::new();
        for (identity, rows) in (0u32..).zip(rows) {
            let mut reported = false;
            for row in rows {
                let dependence = self.dependence(identity, row, ranges);
                if let Some(slot) = dependence.nothing {
                    // Of cells that hold nothing, one that meets an element matters.
                    if dependence.elements && !reported {
                        reported = true;
                        errors.push(self.unbounded(identity, row, slot));
                    }
                    continue;
                }
                let index = self.instances.len() as u32;
                match dependence.missing[..] {
                    [] => continue,
                    [element] => self.ready.push(Reverse((element, index))),
                    _ => {}
                }
                waiting.extend(dependence.missing.iter().map(|element| (*element, index)));
                self.instances.push(Instance {
                    identity,
                    row,
                    missing: dependence.missing.len() as u32,
                });
            }
        }
        // A counting sort by element.
        self.starts = vec![0; self.layout.unknowns() as usize + 1];
        for (element, _) in &waiting {
            self.starts[*element as usize + 1] += 1;
        }
        for index in 1..self.starts.len() {
            self.starts[index] += self.starts[index - 1];
        }
        let mut next = self.starts.clone();
        self.users = vec![0; waiting.len()];
        for (element, instance) in waiting {
            let place = &mut next[element as usize];
            self.users[*place] = instance;
            *place += 1;
        }
    }

    /// Solves instances with one missing element, smaller elements first, until there are none.
    fn propagate(&mut self, ranges: &mut Ranges) {
        while let Some(Reverse((element, _))) = self.ready.peek().copied() {
            let mut found: Option<(BigInt, BigInt)> = None;
            while let Some(Reverse((other, index))) = self.ready.peek().copied()
                && other == element
            {
                self.ready.pop();
                if ranges.has(element) {
                    continue;
                }
                let Some((lo, hi)) = self.solve(index, element, ranges) else {
                    continue;
                };
                let limit = u64::from(limits::FIELD_BITS) - 1;
                if lo.bits() > limit || hi.bits() > limit {
                    let most = BigInt::from(lo.magnitude().max(hi.magnitude()).clone());
                    self.too_wide.entry(element).or_insert((index, most));
                    continue;
                }
                found = Some(match found {
                    // Where nothing is left no assignment satisfies the circuit, and every range is true.
                    Some((least, greatest)) if least <= hi && lo <= greatest => {
                        (least.max(lo), greatest.min(hi))
                    }
                    Some(range) => range,
                    None => (lo, hi),
                });
            }
            if let Some((lo, hi)) = found {
                ranges.set(element, lo, hi);
                self.release(element, ranges);
            }
        }
    }

    /// Notes that an element has a range now.
    fn release(&mut self, element: u32, ranges: &Ranges) {
        for place in self.starts[element as usize]..self.starts[element as usize + 1] {
            let index = self.users[place];
            let instance = &mut self.instances[index as usize];
            instance.missing -= 1;
            if instance.missing == 1 {
                let Instance { identity, row, .. } = *instance;
                if let [last] = self.dependence(identity, row, ranges).missing[..] {
                    self.ready.push(Reverse((last, index)));
                }
            }
        }
    }

    fn contents(&self, identity: u32, row: u32) -> Vec<Content> {
        let tape = &self.identities[identity as usize].tape;
        tape.slots
            .iter()
            .map(|slot| content(self.circuit, self.layout, tape, *slot, row))
            .collect()
    }

    fn dependence(&self, identity: u32, row: u32, ranges: &Ranges) -> Dependence {
        let contents = self.contents(identity, row);
        let unbounded = |content: &Content| match content {
            Content::Known(_) => false,
            Content::Element(element) => !ranges.has(*element),
            Content::Nothing => true,
        };
        let mut dependence = Dependence::default();
        if !contents.iter().any(unbounded) {
            return dependence;
        }
        let relevant = relevant(&self.identities[identity as usize].tape, &contents, ranges);
        for (slot, content) in contents.iter().enumerate() {
            match content {
                _ if !relevant[slot] => {}
                Content::Known(_) => {}
                Content::Nothing => dependence.nothing = Some(slot),
                Content::Element(element) => {
                    dependence.elements = true;
                    if !ranges.has(*element) {
                        dependence.missing.push(*element);
                    }
                }
            }
        }
        dependence.missing.sort_unstable();
        dependence.missing.dedup();
        dependence
    }

    /// The range in which an instance holds the one element that is missing.
    fn solve(&self, index: u32, sought: u32, ranges: &Ranges) -> Option<(BigInt, BigInt)> {
        let Instance { identity, row, .. } = self.instances[index as usize];
        let contents = self.contents(identity, row);
        let identity = &self.identities[identity as usize];
        let slot = contents
            .iter()
            .position(|content| *content == Content::Element(sought))? as u32;
        let mut split: Vec<u32> = Vec::new();
        for content in &contents {
            if let Content::Element(element) = content
                && split.len() < MAX_SPLITS
                && !split.contains(element)
                && ranges.get(*element).is_some_and(|range| range.is_pair())
            {
                split.push(*element);
            }
        }
        let mut hull: Option<(BigInt, BigInt)> = None;
        for case in 0..1u32 << split.len() {
            let cases: Vec<(u32, bool)> = split
                .iter()
                .enumerate()
                .map(|(bit, element)| (*element, case >> bit & 1 == 1))
                .collect();
            let (lo, hi) = match cells::<i128>(&contents, &cases, ranges)
                .and_then(|cells| cells.solve(identity, slot))
            {
                Some(found) => found.map(|(lo, hi)| (lo.into(), hi.into())),
                None => cells::<BigInt>(&contents, &cases, ranges)?.solve(identity, slot)?,
            }?;
            hull = Some(match hull {
                Some((least, greatest)) => (least.min(lo), greatest.max(hi)),
                None => (lo, hi),
            });
        }
        hull
    }

    /// What is wrong with an element that has no range, if anything.
    fn complaint(&self, element: u32, ranges: &Ranges) -> Option<ValidateError> {
        let exempt = |element: u32| {
            if element >= self.layout.elements.computed() {
                return false;
            }
            let RegisterId(register) = self.layout.elements.origin(element).0;
            self.exempt[register as usize]
        };
        if exempt(element) {
            return None;
        }
        let users = self.starts[element as usize]..self.starts[element as usize + 1];
        let missing = |index: u32| {
            let Instance { identity, row, .. } = self.instances[index as usize];
            self.dependence(identity, row, ranges).missing
        };
        let index = self.users[users].iter().copied().find(|index| {
            let missing = missing(*index);
            !missing.iter().copied().any(exempt) && !self.is_comparison(*index, &missing)
        })?;
        let (index, most) = match self.too_wide.get(&element) {
            Some((index, most)) => (*index, Some(most)),
            None => (index, None),
        };
        let Instance { identity, row, .. } = self.instances[index as usize];
        let contents = self.contents(identity, row);
        let Some(most) = most else {
            let slot = contents
                .iter()
                .position(|content| *content == Content::Element(element))?;
            return Some(self.unbounded(identity, row, slot));
        };
        let identity = &self.identities[identity as usize];
        let other = wrap::magnitude(&identity.tape, &contents, ranges);
        Some(ValidateError::WrapAround {
            at: identity.to_string(),
            row,
            bits: (other + most.magnitude()).bits(),
        })
    }

    /// Whether an instance says no more of the unknowns that have no range than that a public cell equals the element that
    /// it shows.
    fn is_comparison(&self, index: u32, missing: &[u32]) -> bool {
        let &[element, public] = missing else {
            return false;
        };
        if self.layout.element_of(public) != Some(element) {
            return false;
        }
        let Instance { identity, row, .. } = self.instances[index as usize];
        let mut contents = self.contents(identity, row);
        for content in &mut contents {
            if *content == Content::Element(public) {
                *content = Content::Element(element);
            }
        }
        let tape = &self.identities[identity as usize].tape;
        cancels(tape, &contents, element)
    }

    fn unbounded(&self, identity: u32, row: u32, slot: usize) -> ValidateError {
        let identity = &self.identities[identity as usize];
        let cell = identity.tape.cell(identity.tape.slots[slot], row);
        let name = self.layout.cell_name(self.circuit, cell);
        ValidateError::Unbounded {
            at: identity.to_string(),
            row,
            cell: match self.layout.element(cell) {
                Some(_) => format!("{name} of `{}`", self.layout.source(self.circuit, cell)),
                None => format!("{name}, in which nothing is placed,"),
            },
        }
    }
}

/// What the slots are, with each element of `cases` at the lower or the upper end of its range; `None` where a range does
/// not fit the integers.
fn cells<T: Exact>(
    contents: &[Content],
    cases: &[(u32, bool)],
    ranges: &Ranges,
) -> Option<Cells<T>> {
    let mut slots = forms(contents);
    let mut ends = Vec::with_capacity(contents.len());
    for (slot, content) in contents.iter().enumerate() {
        let range = match content {
            Content::Element(element) => ranges.get(*element).map(|range| (element, range)),
            Content::Known(_) | Content::Nothing => None,
        };
        let Some((element, range)) = range else {
            ends.push(None);
            continue;
        };
        let (lo, hi) = T::ends(range)?;
        if let Some((_, upper)) = cases.iter().find(|(other, _)| other == element) {
            let end = if *upper { &hi } else { &lo };
            slots[slot] = Some(Linear::value(end.clone()));
        }
        ends.push(Some((lo, hi)));
    }
    Some(Cells { slots, ends })
}
