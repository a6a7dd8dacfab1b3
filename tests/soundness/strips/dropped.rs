//! Without any one family of constraints a wrong witness is accepted.
//!
//! A family is a constraint of one kind of unit, in all strips; the gate of one kind of column; the ends of a sum; the gate
//! of one helper of the lookups. The witness has a name (see [`super::mutants`]), the whole circuit rejects it, and nothing
//! but the family does. Where the family is what makes a column of the second phase, its values are free without it, and
//! the prover solves for the one that suits the rest.

use std::collections::BTreeSet;

use anyhow::{Result, bail, ensure};
use num_bigint::BigInt;
use zkc_circuit::{Cell, Checker, Circuit, Violation, expand};

use super::mutants::{Mutant, Sites, mutants};
use super::sites::{Changes, Witness};
use crate::{
    case::{Case, Compiled, Values, modulus},
    law,
};

/// A gate without the number of its strip, and a constraint of it.
type Family = (String, String);

/// The gate of lookups.
const LOOKUPS: &str = "lookups";
/// What both sums have.
const ENDS: &str = "the sum starts and ends at zero";
/// The rows on which sums are zero.
const EDGE: &str = "edge";
/// Wrong witnesses from which others are made for each sum.
const MOST_BASES: usize = 3;
/// Inputs tried beside those of the case.
const MORE_INPUTS: usize = 24;

/// Every family of the circuit is needed.
pub(super) fn run(case: &Case, compiled: &Compiled) -> Result<()> {
    let checker = Checker::new(&compiled.circuit, &compiled.cells);
    let mut open: BTreeSet<Family> = families(&compiled.circuit);
    // What rejects a wrong public value, or a value that is in no table, and only that.
    let mut bases: Vec<(Family, Witness, Mutant)> = Vec::new();
    for inputs in inputs(case, compiled) {
        // Sums come last, as what suits them has to be solved for.
        let is_first = |(gate, constraint): &Family| {
            constraint == ENDS || (gate != LOOKUPS && !gate.starts_with("next_"))
        };
        if !open.iter().any(is_first) {
            break;
        }
        let witness = Witness::new(compiled, &inputs)?;
        for mutant in mutants(&witness, Sites::All)? {
            let Mutant { name, at, changes } = &mutant;
            let broken = broken(&checker, &witness, changes);
            ensure!(!broken.is_empty(), "\"{name}\" is accepted: {at}");
            let mut broken = broken.into_iter();
            if let (Some(family), None) = (broken.next(), broken.next()) {
                open.remove(&family);
                let known = bases.iter().filter(|(known, ..)| *known == family);
                if family.1 == ENDS && known.count() < MOST_BASES {
                    bases.push((family, Witness::new(compiled, &inputs)?, mutant));
                }
            }
        }
    }
    for (ends, witness, base) in &bases {
        for family in open.clone() {
            if (family.0 == LOOKUPS) == (ends.0 == LOOKUPS)
                && forged(&checker, witness, base, ends, &family).is_some()
            {
                open.remove(&family);
            }
        }
    }
    if let Some((gate, constraint)) = open.first() {
        bail!("nothing shows that \"{constraint}\" of `{gate}` is needed");
    }
    Ok(())
}

/// The case's inputs, and more of all kinds.
fn inputs(case: &Case, compiled: &Compiled) -> Vec<Values> {
    let own = case.witness_inputs();
    own.chain(law::inputs(compiled).into_iter().rev().take(MORE_INPUTS))
        .collect()
}

fn families(circuit: &Circuit) -> BTreeSet<Family> {
    let gates = circuit.gates.iter();
    gates
        .flat_map(|gate| {
            let constraints = gate.constraints.iter();
            constraints.map(|c| (kind(&gate.name), c.name.clone()))
        })
        .collect()
}

/// The gate's name without the number of its strip.
fn kind(gate: &str) -> String {
    match gate.rsplit_once('_') {
        Some((kind, strip)) if strip.parse::<u32>().is_ok() => kind.into(),
        _ => gate.into(),
    }
}

/// The families that reject a witness.
pub(super) fn broken(checker: &Checker, witness: &Witness, changes: &Changes) -> BTreeSet<Family> {
    let prime = BigInt::from(modulus());
    let violations = checker.violations_with(&witness.grid, changes, Some(&prime));
    let family = |violation: Violation| match violation {
        Violation::Gate {
            gate, constraint, ..
        } => (kind(&gate), constraint),
        Violation::Lookup { lookup, .. } => (lookup, String::new()),
        Violation::Copy { from, .. } => ("copy".into(), from.name),
        Violation::Challenge { name } => (name, String::new()),
    };
    violations.into_iter().map(family).collect()
}

/// The wrong witness with one more cell, of a column that the family makes, such that nothing else rejects it.
pub(super) fn forged(
    checker: &Checker,
    witness: &Witness,
    base: &Mutant,
    ends: &Family,
    family: &Family,
) -> Option<Changes> {
    let Compiled { circuit, cells } = witness.compiled;
    let made = circuit.derived.iter().filter(|derived| {
        let gate = &circuit.gates[derived.gate as usize];
        let constraint = &gate.constraints[derived.constraint as usize].name;
        kind(&gate.name) == family.0 && *constraint == family.1
    });
    for derived in made {
        let column = cells.column_of(derived.group, derived.column);
        for row in 1..cells.usable_rows - 1 {
            let cell = Cell { column, row };
            let Some(value) = solved(checker, witness, &base.changes, ends, cell) else {
                continue;
            };
            let mut changes = base.changes.clone();
            changes.insert(cell, value);
            if broken(checker, witness, &changes) == BTreeSet::from([family.clone()]) {
                return Some(changes);
            }
        }
    }
    None
}

/// The value of a cell of the second phase with which a sum ends at zero.
fn solved(
    checker: &Checker,
    witness: &Witness,
    base: &Changes,
    ends: &Family,
    cell: Cell,
) -> Option<BigInt> {
    let prime = BigInt::from(modulus());
    let end = |value: i32| -> BigInt {
        let mut changes = base.clone();
        changes.insert(cell, value.into());
        let violations = checker.violations_with(&witness.grid, &changes, Some(&prime));
        let found = violations
            .into_iter()
            .find_map(|violation| match violation {
                Violation::Gate {
                    gate,
                    constraint,
                    value,
                    ..
                } if kind(&gate) == ends.0 && constraint == ends.1 => Some(value),
                _ => None,
            });
        found.unwrap_or_default()
    };
    // The sum is linear in every cell of the second phase.
    let (zero, one) = (end(0), end(1));
    let slope = (&one - &zero + &prime) % &prime;
    let inverse = slope.modinv(&prime)?;
    Some((((-zero * inverse) % &prime) + &prime) % &prime)
}

/// Without the selectors, tags or edges of one group the honest witness is rejected, or a mutant is accepted.
pub(super) fn fills(case: &Case, compiled: &Compiled) -> Result<()> {
    let honest: Result<Vec<(Values, Vec<Mutant>)>> = case
        .witness_inputs()
        .map(|inputs| {
            let mutants = mutants(&Witness::new(compiled, &inputs)?, Sites::All)?;
            Ok((inputs, mutants))
        })
        .collect();
    let honest = honest?;
    let mut parts: Vec<(String, Vec<usize>)> = Vec::new();
    for (index, fill) in compiled.circuit.fills.iter().enumerate() {
        let name = &compiled.circuit.groups[fill.group.0 as usize].name;
        // Tables are for the passes that make them, and zero is what stands in fixed cells anyway.
        if name.starts_with("lookup_table") || fill.value == 0 {
            continue;
        }
        // Start and end of a sum are two things.
        match parts
            .iter_mut()
            .find(|(known, _)| known == name && name != EDGE)
        {
            Some((_, fills)) => fills.push(index),
            None => parts.push((name.clone(), vec![index])),
        }
    }
    for (name, fills) in parts {
        let mut circuit = compiled.circuit.clone();
        let kept = circuit.fills.into_iter().enumerate();
        let kept = kept.filter(|(index, _)| !fills.contains(index));
        circuit.fills = kept.map(|(_, fill)| fill).collect();
        let cells = expand(&circuit)?;
        let without = Compiled { circuit, cells };
        let mut seen = false;
        for (inputs, mutants) in &honest {
            seen = seen || is_needed(&without, inputs, mutants, name == EDGE)?;
        }
        ensure!(
            seen,
            "without fills {fills:?}, of `{name}`, everything is as before"
        );
    }
    Ok(())
}

/// Whether the honest witness is rejected without some fill, or a wrong one accepted.
///
/// `starts`: whether the start of a sum may be what is not held any more.
fn is_needed(
    without: &Compiled,
    inputs: &Values,
    mutants: &[Mutant],
    starts: bool,
) -> Result<bool> {
    let Ok(witness) = Witness::new(without, inputs) else {
        // Something is looked up in no table.
        return Ok(true);
    };
    let checker = Checker::new(&without.circuit, &without.cells);
    if !checker.check(&witness.grid).is_empty() {
        return Ok(true);
    }
    for mutant in mutants {
        let broken = broken(&checker, &witness, &mutant.changes);
        if broken.is_empty() {
            return Ok(true);
        }
        // The start of a sum that is not held at zero can be anything.
        let mut broken = broken.into_iter();
        let (Some(ends), None) = (broken.next(), broken.next()) else {
            continue;
        };
        if ends.1 != ENDS || !starts {
            continue;
        }
        for derived in without.circuit.derived.iter().filter(|d| d.rotation == 1) {
            let column = without.cells.column_of(derived.group, derived.column);
            let cell = Cell { column, row: 0 };
            let Some(value) = solved(&checker, &witness, &mutant.changes, &ends, cell) else {
                continue;
            };
            let mut changes = mutant.changes.clone();
            changes.insert(cell, value);
            if self::broken(&checker, &witness, &changes).is_empty() {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
