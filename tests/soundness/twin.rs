//! Both layouts of a case: they compute the same, and proofs of both show it.
//!
//! The direct layout is proven with halo2's own lookups by the backend with challenges, that in strips without a trusted
//! setup; the other proofs of both are those of the suites `proof` and `strips`.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use zkc_halo2_axiom::{
    Commitment, InsecureSetup, Params, ParamsCache, Prepared, ProvingKey, PublicKind, prove,
    system_rng, verify,
};
use zkc_tests::tools::Tools;

use crate::{
    case::{Case, Compiled, Values},
    strips,
};

pub(crate) fn run(case: &Case) -> Result<()> {
    let layout = case.layouts[case.layouts.len() / 2];
    let direct = case.compile(layout)?;
    let strips = case.compile_strips(strips::PLANS[1])?;
    ensure!(
        direct.circuit.inputs == strips.circuit.inputs
            && direct.circuit.challenges.is_empty()
            && !strips.circuit.challenges.is_empty(),
        "the layouts are not of the same function"
    );
    let inputs = case.witness_inputs().next();
    let inputs = inputs.context("the case has no witness")?;
    let expected = (case.model)(&inputs);
    for (name, compiled, commitment) in [
        ("direct", &direct, Commitment::Kzg),
        ("strips", &strips, Commitment::Ipa),
    ] {
        let shown = shown(compiled, &inputs, commitment).context(name)?;
        ensure!(
            shown == expected,
            "{name}: the proof shows {shown:?} instead of {expected:?}"
        );
    }
    Ok(())
}

/// The outputs that a real proof shows.
fn shown(compiled: &Compiled, inputs: &Values, commitment: Commitment) -> Result<Values> {
    let k = compiled.circuit.k;
    let params: Params = match commitment {
        Commitment::Kzg => Params::insecure(k)?,
        Commitment::Ipa => {
            let cache = ParamsCache::new(&Tools::get()?.cache);
            cache.load_or_make(k, &mut |_| {})?.params
        }
    };
    let prepared: Arc<Prepared> = Prepared::try_new(compiled.circuit.clone())?;
    let key = ProvingKey::generate(&prepared, &params)?;
    let verifying = key.verifying_key();
    let grid = compiled.witness(inputs)?;
    let proof = prove(&params, &key, &grid, &mut system_rng()?)?.proof;
    let needed = verifying.needs_params().map(|_| &params);
    verify(needed, &verifying, &proof, InsecureSetup::Allow)?;
    let outputs = proof.public.iter();
    let outputs = outputs.filter(|tensor| tensor.kind == PublicKind::Output);
    Ok(outputs.map(|tensor| tensor.values.clone()).collect())
}
