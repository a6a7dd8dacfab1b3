//! Without any one constraint, lookup or fixed value, something else is accepted.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use num_bigint::BigInt;
use zkc_circuit::{
    AuditOptions, Cell, Checker, Circuit, ColumnKind, Expr, Layout, Mutations, audit, expand,
};

use crate::{
    case::{Case, Compiled},
    search::Search,
    unique,
};

/// What is left out of a description.
#[derive(Clone, Copy, Debug)]
enum Part {
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
            if same(&compiled, &without, &cells, part)? {
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

/// Whether the description says the same without the part: a parameter of zero, a selector or lookup for a unit that no
/// operation of the case uses, a parameter that the gadget does not read.
///
/// Constraints are compared as polynomials, at one point: all advice cells take numbers without a pattern.
fn same(compiled: &Compiled, without: &Circuit, cells: &Layout, part: Part) -> Result<bool> {
    let grid = compiled.cells.assign(&zkc_circuit::evaluate(
        &compiled.circuit,
        &compiled
            .circuit
            .inputs
            .iter()
            .map(|info| vec![info.lo; info.shape.iter().product::<u64>() as usize])
            .collect::<Vec<_>>(),
    )?);
    if let Part::Lookup(i) = part {
        // A column in which nothing is placed.
        let queries = compiled.circuit.lookups[i]
            .inputs
            .iter()
            .flat_map(Expr::queries);
        let read: Vec<u32> = queries
            .map(|q| compiled.cells.group_starts[q.group as usize] + q.column)
            .filter(|c| compiled.cells.columns[*c as usize].kind == ColumnKind::Advice)
            .collect();
        return Ok(read
            .iter()
            .all(|column| compiled.cells.columns[*column as usize].used_rows() == 0));
    }
    let point = |layout: &Layout, cell: Cell| -> Option<BigInt> {
        let advice = layout.columns[cell.column as usize].kind == ColumnKind::Advice;
        advice.then(|| {
            let mixed = (u64::from(cell.column) << 32 | u64::from(cell.row)) + 1;
            BigInt::from(mixed).modpow(&BigInt::from(5), &BigInt::from((1u64 << 61) - 1))
        })
    };
    let evaluate = |circuit: &Circuit, layout: &Layout| -> Vec<BigInt> {
        let checker = Checker::new(circuit, layout);
        let search = Search::new(circuit, layout, &checker, &grid);
        let gates = circuit
            .gates
            .iter()
            .flat_map(|gate| &gate.constraints)
            .map(|c| &c.poly);
        let inputs = circuit.lookups.iter().flat_map(|lookup| &lookup.inputs);
        gates
            .chain(inputs)
            .flat_map(|poly| (0..layout.usable_rows).map(move |row| (poly, row)))
            .map(|(poly, row)| search.evaluate(poly, row, &|cell| point(layout, cell)))
            .collect()
    };
    Ok(evaluate(&compiled.circuit, &compiled.cells) == evaluate(without, cells))
}

/// Whether leaving the part out is noticed at one of the case's witnesses.
fn missed(case: &Case, compiled: &Compiled, without: &Circuit, cells: &Layout) -> Result<bool> {
    let checker = Checker::new(without, cells);
    let mut ways: BTreeMap<&str, usize> = BTreeMap::new();
    for inputs in case.witness_inputs() {
        // The program is the same, so the honest values are.
        let grid = cells.assign(&zkc_circuit::evaluate(&compiled.circuit, &inputs)?);
        let rejected = !checker.check(&grid).is_empty();
        if rejected {
            *ways.entry("the honest witness is rejected").or_default() += 1;
            continue;
        }
        if !audit(&checker, &grid, &AuditOptions::default()).is_ok()
            || !Mutations::new(&checker, &grid, unique::options())
                .run()
                .survivors
                .is_empty()
            || Search::new(without, cells, &checker, &grid).any().is_some()
        {
            return Ok(true);
        }
    }
    Ok(!ways.is_empty())
}
