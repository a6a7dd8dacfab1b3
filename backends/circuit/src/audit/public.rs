//! What ties public values to the rest of the circuit.

use std::collections::BTreeMap;

use crate::elements::Resolver;
use crate::layout::{CellContents, Layout};
use crate::validate::public_registers;
use crate::{Circuit, ColumnKind, Op};

use super::dependence::{Dependence, UNPINNED};
use super::{Audit, Finding, from_inputs};

/// What is known of public cells that gates bind.
pub(super) struct BoundCells {
    /// Unknowns of each element, ascending.
    of: BTreeMap<u32, Vec<u32>>,
    /// The first of these unknowns.
    first: u32,
    /// Whether some constraint depends on each and ties it to something else.
    tied: Vec<bool>,
    /// Whether some constraint depends on each.
    pinned: Vec<bool>,
    /// Whether a chain of constraints connects each to an input or a constant.
    connected: Vec<bool>,
}

impl BoundCells {
    /// Takes what is known of these cells from what is known of all unknowns.
    pub(super) fn new(layout: &Layout, dependence: &mut Dependence) -> Self {
        let first = layout.elements.computed();
        let mut of: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for unknown in first..layout.unknowns() {
            if let Some(element) = layout.element_of(unknown) {
                of.entry(element).or_default().push(unknown);
            }
        }
        let pins = dependence.pins.split_off(first as usize);
        let pinned: Vec<bool> = pins.iter().map(|pin| *pin != UNPINNED).collect();
        let tied = dependence.tied.split_off(first as usize);
        BoundCells {
            of,
            first,
            tied: tied.iter().zip(&pinned).map(|(a, b)| *a && *b).collect(),
            pinned,
            connected: dependence.connected.split_off(first as usize),
        }
    }

    /// Adds the public cells of an element that nothing binds: those that no constraint depends on, and those that are not
    /// connected to what the element follows from.
    fn count(&self, element: u32, given: Given, (idle, loose): (&mut u64, &mut u64)) {
        for unknown in self.of.get(&element).into_iter().flatten() {
            let index = (unknown - self.first) as usize;
            let bound = match given {
                Given::Constant => true,
                Given::Input => self.tied[index],
                Given::Computed => self.tied[index] && self.connected[index],
            };
            if !self.pinned[index] {
                *idle += 1;
            } else if !bound {
                *loose += 1;
            }
        }
    }
}

/// Where a public value comes from.
#[derive(Clone, Copy)]
enum Given {
    /// From constants alone.
    Constant,
    /// From the verifier.
    Input,
    /// From inputs.
    Computed,
}

/// Every public value is a copy of a pinned cell, or a constant, or bound by gates.
pub(super) fn check(circuit: &Circuit, layout: &Layout, bound: &BoundCells, audit: &mut Audit) {
    let mut shown = vec![false; layout.elements.count() as usize];
    let mut loose = 0;
    for column in &layout.columns {
        let CellContents::Elements(ids) = &column.contents else {
            continue;
        };
        if column.kind != ColumnKind::Instance || column.by_gates {
            continue;
        }
        for id in ids {
            match shown.get_mut(*id as usize) {
                Some(shown) => *shown = true,
                None => loose += 1,
            }
        }
    }
    let mut report = |name: &str, problem: &str, values: u64| {
        if values > 0 {
            let (name, problem) = (name.to_string(), problem.to_string());
            audit.findings.push(Finding::UnboundPublic {
                name,
                problem,
                values,
            });
        }
    };
    report("instance columns", "hold no element of any register", loose);
    let from_inputs = from_inputs(circuit);
    let mut resolver = Resolver::new(circuit, &layout.elements);
    for (register, name) in public_registers(circuit) {
        let Ok(ids) = resolver.resolve(register) else {
            report(&name, "have no elements", 1);
            continue;
        };
        let (mut hidden, mut homeless, mut unpinned) = (0, 0, 0);
        let (mut idle, mut untied) = (0, 0);
        for id in ids.iter() {
            let origin = layout.elements.origin(id).0.0 as usize;
            let given = match circuit.program[origin].op {
                Op::Input { .. } => Given::Input,
                _ if from_inputs[origin] => Given::Computed,
                _ => Given::Constant,
            };
            bound.count(id, given, (&mut idle, &mut untied));
            if !shown[id as usize] {
                hidden += u64::from(!bound.of.contains_key(&id));
            } else if layout.elements.is_constant(id) {
                continue;
            } else if layout.home(id).is_none() {
                homeless += 1;
            } else if audit.pins[id as usize] == UNPINNED {
                unpinned += 1;
            }
        }
        report(&name, "stand in no instance cell", hidden);
        report(
            &name,
            "stand in instance cells that gates bind, but no constraint depends on them",
            idle,
        );
        report(
            &name,
            "stand in instance cells that gates bind, but no constraints tie them to what they follow from",
            untied,
        );
        report(&name, "are copies of no advice cell", homeless);
        report(
            &name,
            "are copies of a cell that no constraint depends on",
            unpinned,
        );
    }
}
