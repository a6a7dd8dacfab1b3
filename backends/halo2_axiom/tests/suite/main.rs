//! Small circuits, from the description to a checked proof, with both commitments.

mod accept;
mod files;
mod phases;
mod refuse;
mod reject;
#[allow(dead_code, reason = "not all of these circuits are proven here")]
#[path = "../../../circuit/tests/sample/phases.rs"]
mod sample;
mod support;
mod witness;
