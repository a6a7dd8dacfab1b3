//! zkc as a library: ONNX models to halo2 proofs.
//!
//! [`commands`] has a function for each command of the tool `zkc`, from files to files and a report. Below that,
//! [`compile`] makes a [`Model`] of an ONNX file, which can be evaluated, inspected and handed to the proof system.
//!
//! ```no_run
//! use std::path::Path;
//! use zkc::{Samples, Silent, compile, options::CompileOptions};
//!
//! let mut options = CompileOptions::default();
//! options.ranges.push("0:1".parse()?);
//! let compiled = compile(Path::new("model.onnx"), &options, Samples::default(), &Silent)?;
//! println!("2^{} rows", compiled.model.circuit.k);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The library prints nothing: what happens is told to a [`Ui`].
//!
//! **Architecture invariant:** this crate decides no layout and knows no gate; it puts importer, passes, emitter and
//! backend together.

mod backends;
pub mod commands;
mod compile;
mod diagnostics;
pub mod error;
mod escape;
mod evaluate;
mod float;
pub mod inputs;
mod model;
pub mod options;
mod output;
pub mod pipeline;
pub mod quantize;
pub mod report;
mod soundness;
mod ui;
pub mod values;
mod witness;

pub use backends::{Cost, Digest};
pub use compile::{Compiled, Samples, compile};
pub use error::{Error, Result};
pub use escape::printable;
pub use float::FloatModel;
pub use model::{Model, NodeRange};
pub use output::{Access, OutputFile};
pub use ui::{Silent, Ui};
pub use witness::Witness;
pub use zkc_approx::Basis;
pub use zkc_support::Writing;
