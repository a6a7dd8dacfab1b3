//! The dialects of zkc: `onnx`, `zkarith`, `poly_ext` and `plonk`.
//!
//! Each folder holds the definition of a dialect in ODS, what it needs in C++ (verifiers,
//! folders), and in Rust its reference semantics and what several passes share.

pub mod onnx;
pub mod plonk;
pub mod poly_ext;
pub mod zkarith;
