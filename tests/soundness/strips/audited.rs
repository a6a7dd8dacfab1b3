//! The audit of random evaluation: it finds what was changed in a schedule, and nothing where nothing was.

use anyhow::{Context, Result, ensure};
use zkc_circuit::{Checker, Circuit, ExprNode, Grid, Op, evaluations, expand, validate};

use super::sites::group;
use crate::case::{Case, Compiled};

/// Every circuit is what its program says.
pub(super) fn accepts(compiled: &Compiled) -> Result<()> {
    let all = evaluations(&compiled.circuit, &compiled.cells);
    ensure!(all.len() == 1, "{} random evaluations", all.len());
    let found = &all[0];
    ensure!(found.findings.is_empty(), "{}", found.findings[0]);
    ensure!(found.equations > 0, "there is no equation");
    Ok(())
}

/// What is found in a circuit that was changed.
fn found(circuit: &Circuit) -> Result<String> {
    let cells = expand(circuit)?;
    let all = evaluations(circuit, &cells);
    let findings = all.iter().flat_map(|evaluation| &evaluation.findings);
    Ok(findings.map(|finding| finding.to_string() + "; ").collect())
}

/// A table of fixed values that one placement puts into columns from the first on: its register, and how wide it is.
fn table(circuit: &Circuit, name: &str) -> Vec<(usize, usize)> {
    let Some(group) = group(circuit, name) else {
        return Vec::new();
    };
    let placed = circuit.placements.iter().filter(|p| p.group.0 == group);
    placed
        .filter_map(|placed| {
            let register = placed.register.0 as usize;
            let width = *circuit.program[register].shape.last()? as usize;
            Some((register, width))
        })
        .collect()
}

/// Another circuit for each entry of the tables of a group that `edit` changes.
fn edited(
    circuit: &Circuit,
    name: &str,
    edit: impl Fn(&mut Vec<i128>, usize, usize) -> bool,
) -> Vec<Circuit> {
    let mut out = Vec::new();
    for (register, width) in table(circuit, name) {
        let Op::Constant { values } = &circuit.program[register].op else {
            continue;
        };
        let values = values.to_vec();
        for index in 0..values.len() {
            let mut other = values.clone();
            if edit(&mut other, index, width) && other != values {
                let mut circuit = circuit.clone();
                let instruction = &mut circuit.program[register];
                instruction.lo = instruction.lo.min(*other.iter().min().unwrap_or(&0));
                instruction.hi = instruction.hi.max(*other.iter().max().unwrap_or(&0));
                let values = zkc_circuit::Ints::I128(other);
                instruction.op = Op::Constant { values };
                out.push(circuit);
            }
        }
    }
    out
}

/// Circuits of each kind that are tried.
const TRIED: usize = 40;

/// Changes of a circuit, and a witness of an honest prover who does not know of them.
pub(super) struct Changed {
    grid: Grid,
}

impl Changed {
    pub(super) fn new(case: &Case, compiled: &Compiled) -> Result<Self> {
        let inputs = case.witness_inputs().next();
        let grid = compiled.witness(&inputs.context("the case has no witness")?)?;
        Ok(Changed { grid })
    }

    /// In each circuit something is found, or an honest prover notices nothing; in some circuit something is found.
    pub(super) fn found(&self, what: &str, circuits: Vec<Circuit>) -> Result<()> {
        let step = circuits.len().div_ceil(TRIED).max(1);
        let mut seen = circuits.is_empty();
        for (index, circuit) in circuits.iter().enumerate().step_by(step) {
            let found = found(circuit).with_context(|| format!("{what}, {index}"))?;
            seen = seen || !found.is_empty();
            if found.is_empty() {
                // It changed what nobody reads.
                let cells = expand(circuit)?;
                let violations = Checker::new(circuit, &cells).check(&self.grid);
                ensure!(violations.is_empty(), "{what}, {index}: nothing is found");
            }
        }
        ensure!(seen, "{what}: nothing is ever found");
        Ok(())
    }
}

/// Every change of a schedule that an honest prover would notice is found.
pub(super) fn finds(case: &Case, compiled: &Compiled) -> Result<()> {
    let circuit = &compiled.circuit;
    let changed = Changed::new(case, compiled)?;
    // A step left out, one too many, one of another kind, one a row too late.
    changed.found(
        "another step",
        edited(circuit, "step", |values, index, _| {
            values[index] = 1 - values[index];
            true
        }),
    )?;
    changed.found(
        "a step off by one row",
        edited(circuit, "step", |values, index, width| {
            let below = index + width;
            let moves = values[index] == 1 && values.get(below) == Some(&0);
            if moves {
                values.swap(index, below);
            }
            moves
        }),
    )?;
    changed.found(
        "one step for another",
        edited(circuit, "step", |values, index, width| {
            let next = (index + 1) % width + index / width * width;
            let moves = values[index] == 1 && values[next] == 0;
            if moves {
                values.swap(index, next);
            }
            moves
        }),
    )?;
    changed.found(
        "another weight",
        edited(circuit, "lane", |values, index, _| {
            values[index] += 1;
            true
        }),
    )?;
    changed.found(
        "another lane",
        edited(circuit, "lane", |values, index, width| {
            let next = (index + 1) % width + index / width * width;
            values.swap(index, next);
            true
        }),
    )?;
    changed.found(
        "another bias",
        edited(circuit, "bias", |values, index, _| {
            values[index] += 1;
            true
        }),
    )?;
    let between: Vec<Circuit> = (0..circuit.fills.len())
        .filter(|index| {
            let group = circuit.fills[*index].group.0 as usize;
            ["between", "has_result"].contains(&circuit.groups[group].name.as_str())
        })
        .map(|index| {
            let mut circuit = circuit.clone();
            circuit.fills.remove(index);
            circuit
        })
        .collect();
    changed.found("no change of the unit, or no result", between)?;
    Ok(())
}

/// With a challenge that is always 1, or always another one, equations share monomials. An honest prover notices nothing; the
/// audit does. How many challenges tell equations apart.
pub(super) fn finds_aliases(case: &Case, compiled: &Compiled) -> Result<usize> {
    let inputs = case.witness_inputs().next();
    let grid = compiled.witness(&inputs.context("the case has no witness")?)?;
    let all = evaluations(&compiled.circuit, &compiled.cells);
    let equations = all
        .first()
        .context("there is no random evaluation")?
        .equations;
    let mut aliased = 0;
    let challenge = |name: &str| {
        let challenges = &compiled.circuit.challenges;
        let challenge = challenges.iter().position(|c| c.name == name);
        let challenge = challenge.with_context(|| format!("there is no `{name}`"))? as u32;
        anyhow::Ok(challenge)
    };
    let alone = ["omega", "rho", "tau", "theta"].map(|name| (name, None));
    let alike = ["omega", "tau", "theta"].map(|name| (name, Some("rho")));
    for (name, other) in alone.into_iter().chain(alike) {
        let mut circuit = compiled.circuit.clone();
        let from = challenge(name)?;
        let to = match other {
            None => ExprNode::Const(1),
            Some(other) => ExprNode::Challenge(challenge(other)?),
        };
        let constraints = circuit
            .gates
            .iter_mut()
            .flat_map(|gate| &mut gate.constraints);
        for node in constraints.flat_map(|constraint| &mut constraint.poly.nodes) {
            if *node == ExprNode::Challenge(from) {
                *node = to.clone();
            }
        }
        let violations = Checker::new(&circuit, &compiled.cells).check(&grid);
        ensure!(violations.is_empty(), "without `{name}`: {}", violations[0]);
        let without = evaluations(&circuit, &compiled.cells);
        let without = without.first().context("there is no random evaluation")?;
        ensure!(
            without.equations == equations || !without.findings.is_empty(),
            "without `{name}` there are {} of {equations} equations, and nothing is found",
            without.equations
        );
        aliased += usize::from(without.equations < equations);
    }
    Ok(aliased)
}

/// The limbs of a remainder that are not looked up; how many there were.
pub(super) fn finds_loose_limbs(compiled: &Compiled) -> Result<usize> {
    let Compiled { circuit, cells } = compiled;
    let Some(on_limb) = group(circuit, "on_limb") else {
        return Ok(0);
    };
    let mut loose = 0;
    for (index, fill) in circuit.fills.iter().enumerate() {
        if fill.group.0 != on_limb {
            continue;
        }
        // The first limb of the first strip on the first row of the fill.
        let at = fill.at.eval(&vec![0; fill.domain.len()])?;
        let first = cells.group_starts[group(circuit, "limb").context("no limbs")? as usize];
        let cell = zkc_circuit::Cell {
            column: first + at[0] as u32,
            row: at[1] as u32,
        };
        let Some((register, _)) = cells.origin(cell) else {
            continue;
        };
        let Op::Limb { x, .. } = circuit.program[register.0 as usize].op else {
            continue;
        };
        if !matches!(circuit.program[x.0 as usize].op, Op::Remainder { .. }) {
            continue;
        }
        loose += 1;
        let mut without = circuit.clone();
        without.fills.remove(index);
        let found = found(&without)?;
        ensure!(
            found.contains("range") || found.contains("remainder") || validate(&without).is_err(),
            "limb {} from row {} on: {found}",
            at[0],
            at[1]
        );
    }
    Ok(loose)
}

/// A column of the second phase is no place for a value, and one of the first no place for what follows from challenges.
pub(super) fn phases(compiled: &Compiled) -> Result<()> {
    let refused = |circuit: &Circuit, what: &str| -> Result<()> {
        let Err(errors) = validate(circuit) else {
            anyhow::bail!("{what} is valid");
        };
        let phase = errors
            .iter()
            .any(|error| error.to_string().contains("phase"));
        ensure!(phase, "{what}: {}", errors[0]);
        Ok(())
    };
    for (name, phase) in [("cell", 1), ("limb", 1), ("monomial", 0), ("total", 0)] {
        let mut circuit = compiled.circuit.clone();
        if let Some(group) = group(&circuit, name) {
            circuit.groups[group as usize].phase = phase;
            refused(&circuit, name)?;
        }
    }
    Ok(())
}
