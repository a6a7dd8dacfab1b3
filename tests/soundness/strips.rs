//! The layout in strips: the same law, and no other witness, with linear maps checked at random points.

mod audited;
mod dropped;
mod forged;
mod multiplied;
mod mutants;
mod sites;

use anyhow::{Context, Result, ensure};
use zkc_circuit::{AuditOptions, Checker, MutationOptions, Mutations, audit};

use crate::{
    case::{Case, Strips},
    law, sums, unique,
};

/// Cells tried per class: the first and the last, as each try derives all columns of the second phase again.
const CELLS: usize = 2;

/// Limb widths, strips side by side, lanes; with lines along the last axis and without.
pub(crate) const PLANS: [Strips; 3] = [
    Strips {
        bits: 4,
        strips: 1,
        lanes: 2,
        lines: 1,
    },
    Strips {
        bits: 3,
        strips: 3,
        lanes: 4,
        lines: 1,
    },
    Strips {
        bits: 4,
        strips: 2,
        lanes: 1,
        lines: 0,
    },
];

pub(crate) fn run(case: &Case) -> Result<()> {
    for plan in PLANS {
        let compiled = case.compile_strips(plan)?;
        law::check(case, &compiled).with_context(|| format!("{plan:?}"))?;
        audited::accepts(&compiled).with_context(|| format!("{plan:?}"))?;
        let checker = Checker::new(&compiled.circuit, &compiled.cells);
        for inputs in case.witness_inputs() {
            let at = format!("{plan:?} at {inputs:?}");
            let grid = compiled.witness(&inputs)?;
            let violations = checker.check(&grid);
            ensure!(violations.is_empty(), "{at}: {}", violations[0]);
            let options = MutationOptions {
                cells_per_class: CELLS,
                ..unique::options()
            };
            let report = Mutations::new(&checker, &grid, options).run();
            ensure!(report.survivors.is_empty(), "{at}: {}", report.survivors[0]);
            let audit = audit(&checker, &grid, &AuditOptions::default());
            ensure!(audit.findings.is_empty(), "{at}: {}", audit.findings[0]);
            ensure!(audit.free.is_empty(), "{at}: free cells");
        }
    }
    // One layout is enough for the keys and degrees that only a real proof has.
    sums::real_proof(case, &case.compile_strips(PLANS[1])?)
}

/// Without any one family of constraints, or any one selector, something else is accepted.
pub(crate) fn needed(case: &Case) -> Result<()> {
    for plan in PLANS {
        let compiled = case.compile_strips(plan)?;
        dropped::run(case, &compiled).with_context(|| format!("{plan:?}"))?;
        dropped::fills(case, &compiled).with_context(|| format!("{plan:?}"))?;
    }
    Ok(())
}

/// Named mutants have no proof, with either commitment.
pub(crate) fn forged(case: &Case) -> Result<()> {
    forged::run(case, &case.compile_strips(PLANS[1])?)
}

/// The audit of random evaluation finds what is changed in a schedule; columns keep to their phases.
pub(crate) fn audited(case: &Case) -> Result<()> {
    for plan in PLANS {
        let compiled = case.compile_strips(plan)?;
        audited::finds(case, &compiled).with_context(|| format!("{plan:?}"))?;
        let multiplied = multiplied::finds(case, &compiled);
        let multiplied = multiplied.with_context(|| format!("{plan:?}"))?;
        let products = case.name.starts_with("contraction");
        ensure!(multiplied == products, "{plan:?}: products of matrices");
        let aliased = audited::finds_aliases(case, &compiled);
        let aliased = aliased.with_context(|| format!("{plan:?}"))?;
        ensure!(aliased > 0, "{plan:?}: no challenge tells equations apart");
        let loose = audited::finds_loose_limbs(&compiled);
        let loose = loose.with_context(|| format!("{plan:?}"))?;
        let rescales = case.program.contains("zkarith.rescale");
        ensure!(loose > 0 || !rescales, "{plan:?}: no remainder has limbs");
        audited::phases(&compiled).with_context(|| format!("{plan:?}"))?;
    }
    Ok(())
}
