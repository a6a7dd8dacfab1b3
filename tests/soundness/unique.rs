//! No second witness for the same inputs, no cell that nothing pins.

use anyhow::{Result, ensure};
use zkc_circuit::{AuditOptions, Checker, MutationOptions, Mutations, audit};

use crate::{
    case::{Case, modulus},
    search::Search,
};

/// Cells tried per class: nearly all that the classes of these small circuits have.
const CELLS: usize = 6;

pub(crate) fn options() -> MutationOptions {
    MutationOptions {
        cells_per_class: CELLS,
        modulus: modulus(),
        ..MutationOptions::default()
    }
}

pub(crate) fn run(case: &Case) -> Result<()> {
    for layout in case.layouts {
        let compiled = case.compile(*layout)?;
        let checker = Checker::new(&compiled.circuit, &compiled.cells);
        for inputs in case.witness_inputs() {
            let at = format!("{layout:?} at {inputs:?}");
            let grid = compiled.witness(&inputs)?;
            let violations = checker.check_modulo(&grid, &modulus());
            ensure!(violations.is_empty(), "{at}: {}", violations[0]);

            let report = Mutations::new(&checker, &grid, options()).run();
            ensure!(report.survivors.is_empty(), "{at}: {}", report.survivors[0]);
            let idle = report.classes.iter().find(|class| class.tried == 0);
            ensure!(idle.is_none(), "{at}: nothing was tried: {idle:?}");

            let search = Search::new(&compiled.circuit, &compiled.cells, &checker, &grid);
            let found = search.any();
            ensure!(found.is_none(), "{at}: a second witness: {found:?}");

            let audit = audit(&checker, &grid, &AuditOptions::default());
            ensure!(audit.is_ok(), "{at}: {}", audit.findings[0]);
            ensure!(audit.free.is_empty(), "{at}: free cells");
            ensure!(audit.jacobian.is_some(), "{at}: no rank was computed");
        }
    }
    Ok(())
}
