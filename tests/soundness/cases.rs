//! The cases, by gadget. Programs are written with type aliases, so that one sees what is computed.

mod arithmetic;
mod contraction;
mod linear;
mod movement;
mod network;
mod range;
mod rescale;
mod select;
mod table;

use crate::case::Case;

/// All cases.
pub(crate) fn all() -> impl Iterator<Item = &'static Case> {
    gadgets()
        .chain(contraction::RESCALED)
        .chain(network::CASES)
        .chain(long_tables())
}

/// The cases whose tables have more rows than the rest of the circuit.
pub(crate) fn long_tables() -> impl Iterator<Item = &'static Case> {
    table::LONG.iter()
}

/// The cases of single gadgets. In a network a change does not get far: the search cannot carry it through a division.
pub(crate) fn gadgets() -> impl Iterator<Item = &'static Case> {
    [
        linear::CASES,
        range::CASES,
        rescale::CASES,
        select::CASES,
        arithmetic::CASES,
        contraction::CASES,
        table::CASES,
        movement::CASES,
    ]
    .into_iter()
    .flatten()
}
