//! What circuits this backend can prove.

use zkc_circuit::{Circuit, ExprNode};

use crate::error::Error;
use crate::params::{MAX_K, MIN_K, check_k};

/// What a backend offers; the compiler plans for it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// Name of the backend.
    pub name: &'static str,
    /// Whether there are challenges, and with them advice phases after the first.
    pub challenges: bool,
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

/// What this backend offers.
pub fn capabilities() -> Capabilities {
    Capabilities {
        name: "halo2",
        challenges: false,
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
        Err(Error::Capability {
            circuit: circuit.name.clone(),
            what,
        })
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
    check_k(circuit.k)
}
