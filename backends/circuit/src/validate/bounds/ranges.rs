//! Ranges of elements, and of public cells that gates bind: of unknowns, as the layout numbers them.

use std::collections::HashMap;

use num_bigint::{BigInt, BigUint};

use crate::elements::Resolver;
use crate::layout::Layout;
use crate::{Circuit, Op, RegisterId};

/// Marks an element without a range.
const NONE: u32 = u32::MAX;

/// A range of integers, ends included.
#[derive(Debug, Clone)]
pub(super) struct Range {
    pub(super) lo: BigInt,
    pub(super) hi: BigInt,
    /// The same where both ends fit.
    pub(super) narrow: Option<(i128, i128)>,
    /// The largest absolute value.
    pub(super) magnitude: BigUint,
    /// The same, rounded.
    pub(super) approximate: f64,
}

impl Range {
    pub(super) fn new(lo: BigInt, hi: BigInt) -> Self {
        let narrow = i128::try_from(&lo).ok().zip(i128::try_from(&hi).ok());
        let magnitude = lo.magnitude().max(hi.magnitude()).clone();
        Range {
            narrow,
            approximate: rounded(&magnitude),
            magnitude,
            lo,
            hi,
        }
    }

    /// Whether there are exactly two integers in the range.
    pub(super) fn is_pair(&self) -> bool {
        match self.narrow {
            Some((lo, hi)) => lo.checked_add(1) == Some(hi),
            None => &self.lo + 1u8 == self.hi,
        }
    }
}

/// The nearest `f64` below, within a relative error of 2^-52.
pub(super) fn rounded(value: &BigUint) -> f64 {
    let shift = value.bits().saturating_sub(64);
    let top: BigUint = value >> shift;
    // 64 bits remain; the exponent is that of a bound, far below what a power can overflow.
    let top = top.iter_u64_digits().next().unwrap_or(0);
    top as f64 * 2f64.powi(i32::try_from(shift).unwrap_or(i32::MAX))
}

/// Ranges of all unknowns, a number per unknown into a list of distinct ranges.
#[derive(Debug)]
pub(super) struct Ranges {
    ranges: Vec<Range>,
    narrow: HashMap<(i128, i128), u32>,
    wide: HashMap<(BigInt, BigInt), u32>,
    /// The enforced range of each unknown, or `NONE`.
    of: Vec<u32>,
    /// The range that the program states for each computed element: that of every honest value.
    stated: Vec<(i128, i128)>,
    /// First element of each run of elements with one stated range, ascending; as long as `stated`.
    runs: Vec<u32>,
    /// Narrower ranges that a gather states for single elements: of the partial sums of a linear map, those that are
    /// complete. The program checks the range of every register, so that honest values keep these too.
    gathered: HashMap<u32, (i128, i128)>,
    /// What honest values of the public cells that gates bind lie in; these are the unknowns from `computed` on.
    shown: Vec<(i128, i128)>,
    computed: u32,
}

/// The ranges that gathers state for elements of registers with a wider range.
fn gathered(circuit: &Circuit, layout: &Layout) -> HashMap<u32, (i128, i128)> {
    let mut found: HashMap<u32, (i128, i128)> = HashMap::new();
    let mut maps = Resolver::new(circuit, &layout.elements);
    for (register, instruction) in circuit.program.iter().enumerate() {
        let Op::Gather { src, .. } = &instruction.op else {
            continue;
        };
        let narrower = circuit.instruction(*src).is_some_and(|source| {
            matches!(source.op, Op::Linear { .. })
                && (source.lo < instruction.lo || source.hi > instruction.hi)
        });
        if !narrower {
            continue;
        }
        // Elements that cannot be told are reported by the structure check, and keep the range of their register here.
        let Ok(map) = maps.resolve(RegisterId(register as u32)) else {
            continue;
        };
        for element in map.iter().filter(|id| !layout.elements.is_constant(*id)) {
            let range = found.entry(element).or_insert((i128::MIN, i128::MAX));
            *range = (range.0.max(instruction.lo), range.1.min(instruction.hi));
        }
    }
    found
}

impl Ranges {
    /// No element has a range yet.
    pub(super) fn new(circuit: &Circuit, layout: &Layout) -> Self {
        let computed = layout.elements.computed();
        let mut stated = Vec::new();
        let mut runs = Vec::new();
        // Elements are numbered in the order of the instructions that compute them, constants after all others.
        for (register, instruction) in circuit.program.iter().enumerate() {
            let own = layout.elements.own(RegisterId(register as u32));
            if own.end <= computed && !own.is_empty() {
                runs.push(own.start);
                stated.push((instruction.lo, instruction.hi));
            }
        }
        let mut ranges = Ranges {
            ranges: Vec::new(),
            narrow: HashMap::new(),
            wide: HashMap::new(),
            of: vec![NONE; layout.unknowns() as usize],
            stated,
            runs,
            gathered: gathered(circuit, layout),
            shown: Vec::new(),
            computed,
        };
        let shown = (computed..layout.unknowns()).map(|unknown| match layout.element_of(unknown) {
            Some(element) => match layout.elements.constant_value(circuit, element) {
                Some(value) => (value, value),
                None => ranges.stated(element),
            },
            None => (0, 0),
        });
        ranges.shown = shown.collect();
        ranges
    }

    /// The range that the program states for an unknown.
    pub(super) fn stated(&self, element: u32) -> (i128, i128) {
        if let Some(index) = element.checked_sub(self.computed) {
            return self.shown[index as usize];
        }
        // The first run starts at 0, so one at least starts at or before the element.
        let own = self.stated[self.runs.partition_point(|start| *start <= element) - 1];
        match self.gathered.get(&element) {
            Some((lo, hi)) => (own.0.max(*lo), own.1.min(*hi)),
            None => own,
        }
    }

    /// The enforced range of a computed element, if it has one yet.
    pub(super) fn get(&self, element: u32) -> Option<&Range> {
        self.ranges.get(self.of[element as usize] as usize)
    }

    /// The number of the element's range; elements with equal ranges have equal numbers.
    pub(super) fn number(&self, element: u32) -> Option<u32> {
        Some(self.of[element as usize]).filter(|number| *number != NONE)
    }

    /// Whether the element has a range.
    pub(super) fn has(&self, element: u32) -> bool {
        self.of[element as usize] != NONE
    }

    /// Gives an element its range.
    pub(super) fn set(&mut self, element: u32, lo: BigInt, hi: BigInt) {
        let narrow = i128::try_from(&lo).ok().zip(i128::try_from(&hi).ok());
        self.of[element as usize] = match narrow {
            Some(range) => self.intern(range),
            None => {
                let next = self.ranges.len() as u32;
                let range = Range::new(lo.clone(), hi.clone());
                let number = *self.wide.entry((lo, hi)).or_insert(next);
                if number == next {
                    self.ranges.push(range);
                }
                number
            }
        };
    }

    /// Gives an element its range, or cuts the one that it has; a cut that would leave nothing is not made, as then no
    /// assignment satisfies the circuit and every range is true.
    pub(super) fn intersect(&mut self, element: u32, (lo, hi): (i128, i128)) {
        let known = self.get(element).and_then(|range| range.narrow);
        let (lo, hi) = match known {
            Some((least, greatest)) => (lo.max(least), hi.min(greatest)),
            None => (lo, hi),
        };
        if lo <= hi {
            self.of[element as usize] = self.intern((lo, hi));
        }
    }

    fn intern(&mut self, (lo, hi): (i128, i128)) -> u32 {
        *self.narrow.entry((lo, hi)).or_insert_with(|| {
            self.ranges.push(Range::new(lo.into(), hi.into()));
            self.ranges.len() as u32 - 1
        })
    }
}
