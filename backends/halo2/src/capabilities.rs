//! What circuits this backend can prove.

use zkc_backend::{Capabilities, Commitment, Error, MAX_K, MIN_K};
use zkc_circuit::{Circuit, ExprNode};

use crate::system::FLAVOUR;

/// What this backend offers.
pub fn capabilities() -> Capabilities {
    Capabilities {
        name: FLAVOUR.name,
        commitment: Commitment::Ipa,
        challenges: false,
        phases: 1,
        stored_keys: false,
        fixed_rotation: false,
        lookup_any: false,
        max_degree: None,
        trusted_setup: false,
        evm: false,
        k: MIN_K..=MAX_K,
        field_bits: 254,
    }
}

/// Refuses circuits that need what this backend lacks, before anything is laid out.
pub(crate) fn check_capabilities(circuit: &Circuit) -> Result<(), Error> {
    let refuse = |what: String| {
        Err(FLAVOUR.lacks(format!(
            "has no challenges and no phases, but circuit `{}` has {what}; compile with `--backend halo2`, so that no such layout is chosen",
            circuit.name
        )))
    };
    if let Some(challenge) = circuit.challenges.first() {
        return refuse(format!("challenge `{}`", challenge.name));
    }
    if let Some(group) = circuit.groups.iter().find(|group| group.phase > 0) {
        return refuse(format!(
            "advice columns `{}` of phase {}",
            group.name, group.phase
        ));
    }
    let gates = circuit.gates.iter().flat_map(|gate| &gate.constraints);
    let polys = gates.map(|constraint| &constraint.poly);
    let inputs = circuit.lookups.iter().flat_map(|lookup| &lookup.inputs);
    let nodes = polys.chain(inputs).flat_map(|expr| &expr.nodes);
    let challenge = |node: &ExprNode| matches!(node, ExprNode::Challenge(_));
    if nodes.clone().any(challenge) {
        return refuse("polynomials with challenges".into());
    }
    FLAVOUR.check_k(circuit.k)
}
