//! Without any one constraint, lookup or fixed value, something else is accepted.

use anyhow::{Result, bail};
use zkc_circuit::{AuditOptions, Checker, Circuit, Expr, Layout, Mutations, audit, expand};

use crate::{
    case::{Case, Compiled},
    idle::is_idle,
    search::Search,
    unique,
};

/// What is left out of a description.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    /// A constraint of a gate.
    Constraint(usize, usize),
    /// A lookup.
    Lookup(usize),
    /// A selector or parameter.
    Fill(usize),
}

pub(crate) fn run(case: &Case) -> Result<()> {
    let mut needless = Vec::new();
    for layout in case.layouts {
        let compiled = case.compile(*layout)?;
        for part in parts(&compiled.circuit) {
            let name = name(&compiled.circuit, part);
            let without = without(&compiled.circuit, part);
            let cells = expand(&without)?;
            if is_idle(&compiled, &without, &cells, part) {
                continue;
            }
            if !missed(case, &compiled, &without, &cells)? {
                needless.push(format!("{layout:?}: {name}"));
            }
        }
    }
    if !needless.is_empty() {
        bail!(
            "nothing shows that these are needed:\n{}",
            needless.join("\n")
        );
    }
    Ok(())
}

fn parts(circuit: &Circuit) -> Vec<Part> {
    let mut parts = Vec::new();
    for (g, gate) in circuit.gates.iter().enumerate() {
        parts.extend((0..gate.constraints.len()).map(|c| Part::Constraint(g, c)));
    }
    parts.extend((0..circuit.lookups.len()).map(Part::Lookup));
    parts.extend((0..circuit.fills.len()).map(Part::Fill));
    parts
}

fn name(circuit: &Circuit, part: Part) -> String {
    match part {
        Part::Constraint(g, c) => {
            let gate = &circuit.gates[g];
            format!(
                "constraint `{}` of gate `{}`",
                gate.constraints[c].name, gate.name
            )
        }
        Part::Lookup(i) => format!("lookup `{}`", circuit.lookups[i].name),
        Part::Fill(i) => {
            let fill = &circuit.fills[i];
            let group = &circuit.groups[fill.group.0 as usize].name;
            format!(
                "fill {i} of `{group}` with {}, at {:?}",
                fill.value, fill.at
            )
        }
    }
}

fn without(circuit: &Circuit, part: Part) -> Circuit {
    let mut circuit = circuit.clone();
    match part {
        // Indices and names of the others stay.
        Part::Constraint(g, c) => circuit.gates[g].constraints[c].poly = Expr::constant(0),
        Part::Lookup(i) => drop(circuit.lookups.remove(i)),
        Part::Fill(i) => drop(circuit.fills.remove(i)),
    }
    circuit
}

/// Whether leaving the part out is noticed at one of the case's witnesses: a cell that nothing pins, a second witness, or
/// an honest witness that is not accepted any more.
fn missed(case: &Case, compiled: &Compiled, without: &Circuit, cells: &Layout) -> Result<bool> {
    let checker = Checker::new(without, cells);
    let mut rejected = false;
    for inputs in case.witness_inputs() {
        // The program is the same, so the honest values are.
        let grid = cells.assign(&zkc_circuit::evaluate(&compiled.circuit, &inputs)?);
        if !checker.check(&grid).is_empty() {
            rejected = true;
            continue;
        }
        let audit = audit(&checker, &grid, &AuditOptions::default());
        if !audit.is_ok()
            || Search::new(without, cells, &checker, &grid).any().is_some()
            || !Mutations::new(&checker, &grid, unique::options())
                .run()
                .survivors
                .is_empty()
        {
            return Ok(true);
        }
    }
    Ok(rejected)
}
