//! What a backend offers.

use crate::commitment::Commitment;

/// What a backend offers; the compiler plans for it.
#[derive(Clone, Debug, PartialEq, Eq)]
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
