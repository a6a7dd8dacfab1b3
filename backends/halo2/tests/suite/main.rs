//! Small circuits, from the description to a checked proof.

mod accept;
mod mock;
mod refuse;
mod reject;
mod support;
