//! What circuits this backend can prove.

use zkc_backend::{Capabilities, Commitment, Error, MAX_K, MIN_K};
use zkc_circuit::{Circuit, ColumnKind, Expr, ExprNode};

use crate::system::FLAVOUR;

/// Phases of advice. `halo2-axiom` declares a third one, which it cannot prove.
pub const PHASES: u32 = 2;

/// What this backend offers with a commitment.
pub fn capabilities(commitment: Commitment) -> Capabilities {
    Capabilities {
        name: FLAVOUR.name,
        commitment,
        challenges: true,
        phases: PHASES,
        stored_keys: true,
        fixed_rotation: true,
        lookup_any: false,
        max_degree: None,
        trusted_setup: commitment == Commitment::Kzg,
        evm: false,
        k: MIN_K..=MAX_K,
        field_bits: 253,
    }
}

/// Refuses circuits that need what this backend lacks, before anything is laid out.
///
/// Looks at rows, groups, challenges and lookups only, so that the outline of a circuit passes if and only if the circuit
/// does.
pub(crate) fn check_capabilities(circuit: &Circuit) -> Result<(), Error> {
    let refuse = |what: String| {
        let name = &circuit.name;
        Err(FLAVOUR.lacks(format!("cannot prove circuit `{name}`: {what}")))
    };
    FLAVOUR.check_k(circuit.k)?;
    let advice = |phase: u32| {
        let mut groups = circuit.groups.iter();
        groups.any(|g| g.kind == ColumnKind::Advice && g.phase == phase && g.count > 0)
    };
    if let Some(group) = circuit.groups.iter().find(|group| group.phase >= PHASES) {
        return refuse(format!(
            "advice columns `{}` are of phase {}, there are phases 0 and 1 only",
            group.name, group.phase
        ));
    }
    if !advice(0) {
        return refuse("it has no advice columns of phase 0".into());
    }
    let without = circuit.challenges.iter().find(|c| !advice(c.after_phase));
    if let Some(challenge) = without {
        return refuse(format!(
            "challenge `{}` is drawn after phase {}, in which nothing is committed",
            challenge.name, challenge.after_phase
        ));
    }
    let late = |expr: &Expr| {
        expr.nodes.iter().any(|node| match node {
            ExprNode::Challenge(_) => true,
            ExprNode::Query(query) => circuit
                .groups
                .get(query.group as usize)
                .is_some_and(|group| group.phase > 0),
            _ => false,
        })
    };
    // Whether a value is in its table is checked before proving, over the integers.
    let lookup = circuit.lookups.iter().find(|l| l.inputs.iter().any(late));
    if let Some(lookup) = lookup {
        return refuse(format!(
            "lookup `{}` looks up what depends on challenges; such lookups must be gates",
            lookup.name
        ));
    }
    Ok(())
}
