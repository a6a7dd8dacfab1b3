//! The layout in strips: the same law, and no other witness, with linear maps checked at random points.

use anyhow::{Context, Result, bail, ensure};
use zkc_circuit::{AuditOptions, Checker, Mutations, audit};
use zkc_halo2_axiom::{
    Error, InsecureSetup, Params, Prepared, ProvingKey, Rejection, prove, system_rng, verify,
};

use crate::{
    case::{Case, Strips},
    law,
    proof::{changed_witnesses, other_public_values},
    unique,
};

/// Limb widths, strips side by side, lanes; with lines along the last axis and without.
const PLANS: [Strips; 3] = [
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
        let checker = Checker::new(&compiled.circuit, &compiled.cells);
        for inputs in case.witness_inputs() {
            let at = format!("{plan:?} at {inputs:?}");
            let grid = compiled.witness(&inputs)?;
            let violations = checker.check(&grid);
            ensure!(violations.is_empty(), "{at}: {}", violations[0]);
            let report = Mutations::new(&checker, &grid, unique::options()).run();
            ensure!(report.survivors.is_empty(), "{at}: {}", report.survivors[0]);
            let audit = audit(&checker, &grid, &AuditOptions::default());
            ensure!(audit.findings.is_empty(), "{at}: {}", audit.findings[0]);
            ensure!(audit.free.is_empty(), "{at}: free cells");
        }
    }
    real_proof(case)
}

/// A real proof of the honest witness, and none of another or for other public values. The setup is one that everybody
/// knows the secret of, which does for a test and takes no time.
fn real_proof(case: &Case) -> Result<()> {
    let compiled = case.compile_strips(PLANS[1])?;
    let inputs = case
        .witness_inputs()
        .next()
        .context("the case has no witness")?;
    let grid = compiled.witness(&inputs)?;
    let params = Params::insecure(compiled.circuit.k)?;
    let prepared = Prepared::try_new(compiled.circuit.clone())?;
    let key = ProvingKey::generate(&prepared, &params)?;
    let verifying = key.verifying_key();
    let mut rng = system_rng()?;
    let proof = prove(&params, &key, &grid, &mut rng)?.proof;
    verify(None, &verifying, &proof, InsecureSetup::Allow)?;
    for public in other_public_values(&proof.public) {
        let changed = zkc_halo2_axiom::Proof {
            public,
            ..proof.clone()
        };
        match verify(None, &verifying, &changed, InsecureSetup::Allow) {
            Err(Error::Rejected(
                Rejection::Invalid | Rejection::Contradiction { .. } | Rejection::Range { .. },
            )) => {}
            other => bail!("other public values, {:?}: {other:?}", changed.public),
        }
    }
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
