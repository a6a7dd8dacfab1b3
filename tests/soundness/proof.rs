//! Real proofs: of the honest witness, and of none that was changed.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, OnceLock},
};

use anyhow::{Context, Result, bail, ensure};
use zkc_circuit::{CellContents, ColumnKind, Grid, Layout};
use zkc_halo2::{
    Error, Params, Prepared, Proof, ProvingKey, PublicKind, PublicTensor, Rejection, prove,
    system_rng, verify,
};

use crate::case::{Case, Values};

pub(crate) fn run(case: &Case) -> Result<()> {
    // The other layouts differ in numbers only.
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
    let outputs: Values = proof
        .public
        .iter()
        .filter(|tensor| tensor.kind == PublicKind::Output)
        .map(|tensor| tensor.values.clone())
        .collect();
    ensure!(
        outputs == (case.model)(&inputs),
        "the proof shows other outputs: {outputs:?}"
    );

    // Other public values: one of them, or all that are the same. Some are refused before the proof is looked at, as
    // outside of their range or as different from another showing of the same value, but not all.
    let mut invalid = 0;
    for public in other_public_values(&proof.public) {
        let changed = Proof {
            public,
            ..proof.clone()
        };
        match verify(&params, &verifying, &changed) {
            Err(Error::Rejected(Rejection::Invalid)) => invalid += 1,
            Err(Error::Rejected(Rejection::Contradiction { .. } | Rejection::Range { .. })) => {}
            other => bail!("other public values, {:?}: {other:?}", changed.public),
        }
    }
    ensure!(invalid > 0, "no other public values reached the proof");

    for changed in changed_witnesses(&compiled.cells, &grid) {
        match prove(&params, &key, &changed, &mut rng) {
            Err(Error::Unsatisfied { .. }) => {}
            other => bail!(
                "another witness: {:?}",
                other.map(|proved| proved.proof.public)
            ),
        }
    }
    Ok(())
}

/// Public values with the last one of each tensor changed, in this tensor and in all that show the same.
pub(crate) fn other_public_values(public: &[PublicTensor]) -> Vec<Vec<PublicTensor>> {
    let change = |values: &mut Vec<i128>| {
        if let Some(last) = values.last_mut() {
            *last += if *last > 0 { -1 } else { 1 };
        }
    };
    let mut all = Vec::new();
    for (index, tensor) in public.iter().enumerate() {
        let mut one = public.to_vec();
        change(&mut one[index].values);
        let mut same = public.to_vec();
        let shown = same.iter_mut().map(|other| &mut other.values);
        shown
            .filter(|values| **values == tensor.values)
            .for_each(change);
        all.extend([one, same]);
    }
    all
}

/// The grid with the last value of each group of advice columns changed, with its copies.
pub(crate) fn changed_witnesses(cells: &Layout, grid: &Grid) -> Vec<Grid> {
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
