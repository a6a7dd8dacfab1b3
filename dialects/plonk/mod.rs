//! The `plonk` dialect: circuits of columns, gates and lookups, with the program that computes the witness and the places
//! where its values stand.
//!
//! The operations, their text and their verifiers are defined in `Plonk.td` and `Plonk.cpp`; why they are as they are is in
//! `RATIONALE.md`. Three kinds of them stand side by side in a `plonk.circuit`:
//!
//! * the constraint system: `advice`, `fixed`, `instance`, `challenge`, `table`, `gate`, `lookup`, and the expressions inside
//!   of gates and lookups;
//! * the witness program, on tensors of `!zkarith.fixed`: from `input` and `constant` over `linear`, `quotient`, `limb`, ...
//!   to `output`;
//! * the layout: `place` and `fill`.
//!
//! The dialect has no evaluator of its own. Its semantics are those of the circuit description that it is translated to,
//! item by item: crate `zkc-circuit` evaluates the program, expands the placements and checks the constraints.
