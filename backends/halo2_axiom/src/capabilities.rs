//! What circuits this backend can prove.

use zkc_circuit::{Circuit, ColumnKind, Expr, ExprNode};

use crate::commitment::Commitment;
use crate::error::Error;
use crate::params::{MAX_K, MIN_K, check_k};

/// Phases of advice. `halo2-axiom` declares a third one, which it cannot prove.
pub const PHASES: u32 = 2;

/// What the backend offers with a commitment; the compiler plans for it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// Name of the backend.
    pub name: &'static str,
    /// How polynomials are committed to.
    pub commitment: Commitment,
    /// Whether there are challenges, and with them advice phases after the first.
    pub challenges: bool,
    /// Number of phases in which advice can be committed.
    pub phases: u32,
    /// Whether a verifying key can be stored; if not, verifying redoes key generation and so needs the fixed columns.
    pub stored_keys: bool,
    /// Whether fixed columns can be read in other rows.
    pub fixed_rotation: bool,
    /// Whether a lookup may search columns other than those of a table.
    pub lookup_any: bool,
    /// The largest degree of a constraint; `None` if only memory bounds it.
    pub max_degree: Option<u32>,
    /// Whether somebody has to be trusted with a setup.
    pub trusted_setup: bool,
    /// Whether proofs can be verified on an EVM chain.
    pub evm: bool,
    /// Smallest and largest base-2 logarithm of the number of rows.
    pub k: std::ops::RangeInclusive<u32>,
    /// Bits of the field: identities must not wrap around `2^field_bits`.
    pub field_bits: u32,
}

/// What this backend offers with a commitment.
pub fn capabilities(commitment: Commitment) -> Capabilities {
    Capabilities {
        name: "halo2-axiom",
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
        Err(Error::Capability {
            circuit: circuit.name.clone(),
            what,
        })
    };
    check_k(circuit.k)?;
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
