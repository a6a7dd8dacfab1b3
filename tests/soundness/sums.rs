//! Lookups as sums of fractions: what is accepted stays the same.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};
use zkc_circuit::{AuditOptions, Cell, Checker, Grid, Layout, Mutations, audit, evaluate, expand};

use zkc_halo2_axiom::{
    Error, InsecureSetup, Params, Prepared, ProvingKey, Rejection, prove, prove_altered,
    system_rng, verify,
};

use crate::{
    case::{Case, Compiled, Layout as CaseLayout},
    law,
    proof::{changed_witnesses, other_public_values},
    unique,
};

/// The constraint without which a sum may end anywhere.
const ENDS: &str = "the sum starts and ends at zero";

pub(crate) fn run(case: &Case) -> Result<()> {
    // The other layouts differ in numbers only.
    let layout = case.layouts[case.layouts.len() / 2];
    whole(case, layout, case.compile_sums(layout)?)
}

/// The same where the tables have more rows than the circuit, so that they run over two and three groups of columns.
pub(crate) fn run_over_groups(case: &Case) -> Result<()> {
    let mut groups = BTreeSet::new();
    for layout in case.layouts {
        let compiled = case.compile_sums_low(*layout)?;
        let counted = compiled.circuit.counting_columns().count();
        groups.insert(counted);
        law::check(case, &compiled).with_context(|| format!("{layout:?}"))?;
        for table in 0..counted {
            without_rows(case, &compiled, table)
                .with_context(|| format!("{layout:?}: table {table} of {counted}"))?;
        }
        whole(case, *layout, compiled)?;
    }
    ensure!(
        groups == BTreeSet::from([2, 3]),
        "the tables run over {groups:?} groups of columns"
    );
    Ok(())
}

fn whole(case: &Case, layout: CaseLayout, compiled: Compiled) -> Result<()> {
    let counted = compiled.circuit.counting_columns().count();
    let checker = Checker::new(&compiled.circuit, &compiled.cells);
    for inputs in case.witness_inputs() {
        let at = format!("{layout:?} at {inputs:?}");
        let grid = compiled.witness(&inputs)?;
        let violations = checker.check(&grid);
        ensure!(violations.is_empty(), "{at}: {}", violations[0]);

        let report = Mutations::new(&checker, &grid, unique::options()).run();
        ensure!(report.survivors.is_empty(), "{at}: {}", report.survivors[0]);
        let idle = report.classes.iter().find(|class| class.tried == 0);
        ensure!(idle.is_none(), "{at}: nothing was tried: {idle:?}");
        let counts = report.classes.iter();
        let counts = counts.filter(|class| class.op == "multiplicity").count();
        ensure!(counts == counted, "{at}: some multiplicities are idle");

        let audit = audit(&checker, &grid, &AuditOptions::default());
        ensure!(audit.findings.is_empty(), "{at}: {}", audit.findings[0]);
        // A constraint with challenges stands for many equations, so that a rank says nothing; that the sums enforce
        // lookups is for the argument on their page.
        ensure!(audit.undecided.len() == 2, "{at}: {:?}", audit.undecided);
        ensure!(audit.free.is_empty(), "{at}: free cells");
    }
    real_proof(case, &compiled)?;
    without_ends(case, compiled)
}

/// Real proofs of the honest witness with both commitments, and none of another or for other public values.
pub(crate) fn real_proof(case: &Case, compiled: &Compiled) -> Result<()> {
    let inputs = case
        .witness_inputs()
        .next()
        .context("the case has no witness")?;
    let grid = compiled.witness(&inputs)?;
    for params in params(compiled.circuit.k)? {
        let prover = Prover::new(compiled, params)?;
        prover.honest(&grid)?;
        for changed in changed_witnesses(&compiled.cells, &grid) {
            prover.refused(&changed, &BTreeMap::new())?;
        }
    }
    Ok(())
}

/// Parameters of both commitments. The setup of the one is one that everybody knows the secret of, which does for a test and
/// takes no time.
pub(crate) fn params(k: u32) -> Result<[Params; 2]> {
    Ok([Params::insecure(k)?, Params::ipa(k)?])
}

/// Keys for one circuit and commitment.
pub(crate) struct Prover {
    params: Params,
    key: ProvingKey,
}

impl Prover {
    pub(crate) fn new(compiled: &Compiled, params: Params) -> Result<Self> {
        let prepared = Prepared::try_new(compiled.circuit.clone())?;
        let key = ProvingKey::generate(&prepared, &params)?;
        Ok(Prover { params, key })
    }

    /// Proves; the proof verifies, and does not for other public values.
    fn honest(&self, grid: &Grid) -> Result<()> {
        let proof = prove(&self.params, &self.key, grid, &mut system_rng()?)?.proof;
        let verifying = self.key.verifying_key();
        let verify = |proof: &zkc_halo2_axiom::Proof| {
            let params = Some(&self.params);
            verify(params, &verifying, proof, InsecureSetup::Allow)
        };
        verify(&proof)?;
        let mut invalid = 0;
        for public in other_public_values(&proof.public) {
            let changed = zkc_halo2_axiom::Proof {
                public,
                ..proof.clone()
            };
            match verify(&changed) {
                Err(Error::Rejected(Rejection::Invalid)) => invalid += 1,
                Err(Error::Rejected(Rejection::Contradiction { .. } | Rejection::Range { .. })) => {
                }
                other => bail!("other public values, {:?}: {other:?}", changed.public),
            }
        }
        ensure!(invalid > 0, "no other public values reached the proof");
        Ok(())
    }

    /// No proof is made for a grid, with integers added to cells of the second phase.
    pub(crate) fn refused(&self, grid: &Grid, added: &BTreeMap<Cell, i128>) -> Result<()> {
        match prove_altered(&self.params, &self.key, grid, added, &mut system_rng()?) {
            // Public values outside of their range are not even looked at.
            Err(Error::Unsatisfied { .. } | Error::Rejected(Rejection::Range { .. })) => Ok(()),
            other => bail!(
                "another witness: {:?}",
                other.map(|proved| proved.proof.public)
            ),
        }
    }
}

/// Without the rows of one group of columns something that is looked up is in no table: to a prover who counts, and to the
/// sum when another one has counted.
fn without_rows(case: &Case, compiled: &Compiled, table: usize) -> Result<()> {
    let mut circuit = compiled.circuit.clone();
    let tables = circuit.multiplicities.iter().flat_map(|info| &info.tables);
    let group = tables
        .skip(table)
        .find_map(|table| table.columns.first())
        .context("the table has no columns")?
        .0;
    circuit.placements.retain(|placed| placed.group != group);
    circuit.fills.retain(|filled| filled.group != group);
    let cells: Layout = expand(&circuit)?;
    let checker = Checker::new(&circuit, &cells);
    let (mut missed, mut rejected) = (0, 0);
    for inputs in case.witness_inputs() {
        let honest = compiled.witness(&inputs)?;
        rejected += usize::from(!checker.check(&honest).is_empty());
        let registers = evaluate(&circuit, &inputs)?;
        missed += usize::from(cells.complete(&circuit, cells.assign(&registers)).is_err());
    }
    ensure!(missed > 0 && rejected > 0, "its rows are not needed");
    Ok(())
}

/// Without the end of the sum nothing is looked up, and the same tools find it.
fn without_ends(case: &Case, compiled: Compiled) -> Result<()> {
    let mut circuit = compiled.circuit;
    for gate in &mut circuit.gates {
        gate.constraints
            .retain(|constraint| constraint.name != ENDS);
    }
    // The description is valid no longer, as nothing bounds the limbs.
    let cells: Layout = expand(&circuit)?;
    let open = Compiled { circuit, cells };
    let checker = Checker::new(&open.circuit, &open.cells);
    let inputs = case
        .witness_inputs()
        .next()
        .context("the case has no witness")?;
    let grid = open.witness(&inputs)?;
    let report = Mutations::new(&checker, &grid, unique::options()).run();
    let audit = audit(&checker, &grid, &AuditOptions::default());
    ensure!(
        !report.survivors.is_empty() && !audit.findings.is_empty(),
        "without \"{ENDS}\" nothing is found"
    );
    Ok(())
}
