//! Named mutants against real proofs, with both commitments.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use zkc_circuit::{Cell, Checker};

use super::dropped::broken;
use super::mutants::{Mutant, Sites, inert, mutants};
use super::sites::{Witness, fixed, group, sites};
use crate::{
    case::{Case, Compiled},
    sums::{Prover, params},
};

/// Mutants of the second phase, each a cell to which one is added.
type Late = Vec<(&'static str, Cell)>;

/// No mutant has a proof.
pub(super) fn run(case: &Case, compiled: &Compiled) -> Result<()> {
    let inputs = case.witness_inputs().next();
    let inputs = inputs.context("the case has no witness")?;
    let witness = Witness::new(compiled, &inputs)?;
    let checker = Checker::new(&compiled.circuit, &compiled.cells);
    let mut named: BTreeMap<&str, Mutant> = BTreeMap::new();
    for mutant in mutants(&witness, Sites::Ends)? {
        named.entry(mutant.name).or_insert(mutant);
    }
    let counts = multiplicity(compiled, &witness);
    named.extend(counts.map(|mutant| (mutant.name, mutant)));
    let late = late(compiled)?;
    for params in params(compiled.circuit.k)? {
        let commitment = params.commitment();
        let prover = Prover::new(compiled, params)?;
        for (name, mutant) in &named {
            let grid = match *name {
                // Counting again would set it right.
                MULTIPLICITY => {
                    let mut grid = witness.grid.clone();
                    for (cell, value) in &mutant.changes {
                        let value = i128::try_from(value)?;
                        grid.values[cell.column as usize].set_widening(cell.row as usize, value);
                    }
                    Some(grid)
                }
                _ => witness.grid_with(&mutant.changes),
            };
            if let Some(grid) = grid {
                let refused = prover.refused(&grid, &BTreeMap::new());
                refused.with_context(|| format!("{commitment:?}: \"{name}\", {}", mutant.at))?;
            }
        }
        for (name, cell) in &late {
            let refused = prover.refused(&witness.grid, &[(*cell, 1)].into());
            refused.with_context(|| format!("{commitment:?}: \"{name}\""))?;
        }
    }
    // What stands where nothing is read changes nothing, and helps no other mutant.
    if let Some(idle) = inert(&witness) {
        ensure!(
            broken(&checker, &witness, &idle.changes).is_empty(),
            "{} is read",
            idle.at
        );
        for mutant in named.values() {
            let mut both = mutant.changes.clone();
            both.extend(idle.changes.clone());
            ensure!(
                !broken(&checker, &witness, &both).is_empty(),
                "\"{}\" is accepted with {}",
                mutant.name,
                idle.at
            );
        }
    }
    Ok(())
}

const MULTIPLICITY: &str = "multiplicity + 1";

/// A row of the tables that is counted once more.
fn multiplicity(compiled: &Compiled, witness: &Witness) -> Option<Mutant> {
    let (group, column) = compiled.circuit.counting_columns().next()?;
    let cell = Cell {
        column: compiled.cells.column_of(group, column),
        row: 1,
    };
    let value = witness.grid.value(&compiled.cells, cell);
    Some(Mutant {
        name: MULTIPLICITY,
        at: compiled.cells.cell_name(&compiled.circuit, cell),
        changes: [(cell, (value + 1).into())].into(),
    })
}

/// Cells of the second phase: in the middle, and on the row on which sums end.
fn late(compiled: &Compiled) -> Result<Late> {
    let cells = &compiled.cells;
    let cell = |name: &str, row: u32| -> Option<Cell> {
        let first = cells.group_starts[group(&compiled.circuit, name)? as usize];
        Some(Cell { column: first, row })
    };
    let all = sites(compiled);
    let unit = all.iter().find(|site| site.family() != "public");
    let row = unit.context("there is no unit")?.row;
    let edge = cell("edge", 0).context("no sum ends")?.column;
    let last = (1..cells.usable_rows)
        .rev()
        .find(|row| fixed(compiled, edge, *row) == 1)
        .context("no sum ends")?;
    let late = [
        ("monomial", cell("monomial", row)),
        ("coefficient", cell("coefficient", row)),
        ("total", cell("total", row)),
        ("the total's last row", cell("total", last)),
        ("helper of the lookups", cell("lookup_helper", row)),
        ("sum of the lookups", cell("lookup_sum", row)),
        (
            "the last row of the sum of the lookups",
            cell("lookup_sum", last),
        ),
    ];
    // The sums of a product are of the row above.
    let product = all.iter().find(|site| site.family() == "contraction");
    let sums = product.into_iter().flat_map(|site| {
        let sums = ["left_sum", "right_sum"];
        sums.map(|name| (name, cell(name, site.row + 1)))
    });
    late.into_iter()
        .chain(sums)
        .map(|(name, cell)| Ok((name, cell.with_context(|| format!("no {name}"))?)))
        .collect()
}
