//! Every copy constraint is needed: without it the copied cell is free.

use anyhow::{Result, ensure};
use zkc_circuit::Checker;

use crate::{case::Case, search::Search};

pub(crate) fn run(case: &Case) -> Result<()> {
    for layout in case.layouts {
        let compiled = case.compile(*layout)?;
        for copy in 0..compiled.cells.copies.len() {
            let mut cells = compiled.cells.clone();
            let (_, cell) = cells.copies.remove(copy);
            let mut found = false;
            for inputs in case.witness_inputs() {
                let grid = compiled.witness(&inputs)?;
                let held = Checker::new(&compiled.circuit, &compiled.cells);
                let mut search = Search::new(&compiled.circuit, &compiled.cells, &held, &grid);
                let value = search.split(cell);
                ensure!(
                    search.from(value).is_none(),
                    "{layout:?} at {inputs:?}: the copy constraint of {} does not hold it",
                    cells.cell_name(&compiled.circuit, cell)
                );
                let loose = Checker::new(&compiled.circuit, &cells);
                let mut search = Search::new(&compiled.circuit, &cells, &loose, &grid);
                let value = search.split(cell);
                found |= search.from(value).is_some();
            }
            ensure!(
                found,
                "{layout:?}: {} is held without its copy constraint",
                cells.cell_name(&compiled.circuit, cell)
            );
        }
    }
    Ok(())
}
