//! Real proofs: of the honest witness, and of none that was changed.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, OnceLock},
};

use anyhow::{Context, Result, ensure};
use zkc_circuit::{CellContents, ColumnKind, Grid};
use zkc_halo2::{Error, Params, Prepared, ProvingKey, Rejection, prove, system_rng, verify};

use crate::case::Case;

pub(crate) fn run(case: &Case) -> Result<()> {
    // Rows of several heights are in the second layout of most cases, if not in the first.
    let layout = case.layouts[case.layouts.len() / 2];
    let compiled = case.compile(layout)?;
    let inputs = case
        .witness_inputs()
        .next()
        .context("the case has no witness")?;
    let grid = compiled.witness(&inputs)?;
    let params = params(compiled.circuit.k)?;
    let prepared = Prepared::try_new(compiled.circuit.clone())?;
    let key = ProvingKey::generate(&prepared, &params)?;
    let verifying = key.verifying_key();
    let mut rng = system_rng()?;

    let proof = prove(&params, &key, &grid, &mut rng)?.proof;
    verify(&params, &verifying, &proof)?;
    let shown = proof
        .public
        .iter()
        .skip_while(|tensor| tensor.values.is_empty());
    ensure!(shown.count() > 0, "nothing is public");
    let outputs = proof
        .public
        .iter()
        .rev()
        .take(compiled.circuit.outputs.len())
        .rev();
    let outputs: Vec<Vec<i128>> = outputs.map(|tensor| tensor.values.clone()).collect();
    ensure!(
        outputs == (case.model)(&inputs),
        "the proof shows other outputs: {outputs:?}"
    );

    // Another public value, within its range.
    let mut changed = proof.clone();
    let values = &mut changed
        .public
        .last_mut()
        .context("nothing is public")?
        .values;
    let last = values.last_mut().context("an output is empty")?;
    *last += if *last > 0 { -1 } else { 1 };
    match verify(&params, &verifying, &changed) {
        Err(Error::Rejected(
            Rejection::Invalid | Rejection::Contradiction { .. } | Rejection::Range { .. },
        )) => {}
        other => anyhow::bail!("another public value: {other:?}"),
    }

    // Another witness: the last value of each group of advice columns, with its copies.
    for changed in changed_witnesses(&compiled.cells, &grid) {
        match prove(&params, &key, &changed, &mut rng) {
            Err(Error::Unsatisfied { .. }) => {}
            other => anyhow::bail!(
                "another witness: {:?}",
                other.map(|proved| proved.proof.public)
            ),
        }
    }
    Ok(())
}

fn changed_witnesses(cells: &zkc_circuit::Layout, grid: &Grid) -> Vec<Grid> {
    let mut last: BTreeMap<u32, u32> = BTreeMap::new();
    for column in &cells.columns {
        let CellContents::Elements(elements) = &column.contents else {
            continue;
        };
        let mut computed = elements
            .iter()
            .filter(|element| **element < cells.elements.computed());
        if let (ColumnKind::Advice, Some(element)) = (column.kind, computed.next_back()) {
            last.insert(column.group, *element);
        }
    }
    let changed = |element: &u32| -> Option<Grid> {
        let home = cells.home(*element)?;
        let copies = cells
            .copies
            .iter()
            .filter(|(from, _)| *from == home)
            .map(|(_, to)| *to);
        let value = grid.value(cells, home);
        let mut grid = grid.clone();
        for cell in [home].into_iter().chain(copies) {
            let column = &mut grid.values[cell.column as usize];
            column.set_widening(
                cell.row as usize,
                if value > 0 { value - 1 } else { value + 1 },
            );
        }
        Some(grid)
    };
    last.values().filter_map(changed).collect()
}

/// Parameters, made once per size.
fn params(k: u32) -> Result<Arc<Params>> {
    static MADE: OnceLock<Mutex<BTreeMap<u32, Arc<Params>>>> = OnceLock::new();
    let mut made = MADE
        .get_or_init(Mutex::default)
        .lock()
        .unwrap_or_else(|e| e.into_inner());
    if let Some(params) = made.get(&k) {
        return Ok(params.clone());
    }
    let params = Arc::new(Params::try_new(k)?);
    made.insert(k, params.clone());
    Ok(params)
}
