//! ONNX models to the `onnx` dialect.
//!
//! The way of a model: its bytes are walked once by wire format (`wire`), the small rest is decoded
//! (`model`), the graph is checked and put in order (`graph`), inputs get their sizes (`inputs`), each
//! node is checked against the table of operators ([`supported_ops`]) and brought into the newest
//! form (`node`, `ops`), and the result becomes a module (`emit`).
//!
//! Weights are never copied: a large tensor becomes an `#onnx.weights` attribute that refers to its
//! bytes in the model file or beside it.
//!
//! **Architecture invariant:** up to `emit` nothing here knows MLIR, and nothing here computes: what
//! the importer writes is what the model says, in the newest form of each operator.

mod constant;
mod element;
mod emit;
mod error;
mod external;
mod graph;
mod inputs;
mod model;
mod node;
mod ops;
mod program;
mod tensor;
mod wire;

pub use element::Types;
pub use error::{ErrorKind, ImportError, NodeName, Warning};
pub use ops::{
    Arity, Attribute, AttributeKind, Input, NEWEST_OPSET, OLDEST_OPSET, Operator, Output,
    OutputType, Presence, supported_ops,
};
pub use tensor::{Tensor, TensorData};

use melior::{Context, ir::Module};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};
use zkc_support::{MappedFile, describe_io};

/// A model to import.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The bytes of the model, best mapped.
    pub bytes: &'a [u8],
    /// Name of the file that the bytes are, relative to `data_dir`. Without it large initializers
    /// go to the weight cache, as there is no file to refer to.
    pub file_name: Option<&'a str>,
    /// Folder that external data is relative to; the module's `onnx.data_dir`.
    pub data_dir: &'a Path,
}

/// What the user says about a model.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// Sizes of open dimensions, by their name in the model, or by `INPUT:AXIS` where they have
    /// none.
    pub dims: BTreeMap<String, i64>,
    /// Values of graph inputs that become constants.
    pub constant_inputs: BTreeMap<String, Tensor>,
}

/// An imported model.
#[derive(Debug)]
pub struct Imported<'c> {
    /// The module: verified, with the model as its function `@main`.
    pub module: Module<'c>,
    /// What was guessed or dropped.
    pub warnings: Vec<Warning>,
    /// The files beside the model that hold its external data, in the order of their names.
    pub files: Vec<PathBuf>,
}

/// Imports a model. The context must have the `onnx` and `func` dialects.
///
/// # Errors
/// When the bytes are no ONNX model, or the model has something that is not supported or
/// contradicts itself; see [`ErrorKind`].
pub fn import<'c>(
    context: &'c Context,
    source: &Source,
    options: &ImportOptions,
) -> Result<Imported<'c>, ImportError> {
    let mut program = model::load(source, options)?;
    let mut warnings = std::mem::take(&mut program.warnings);
    let files = std::mem::take(&mut program.files);
    let module = emit::emit(context, source, program, &mut warnings)?;
    Ok(Imported {
        module,
        warnings,
        files,
    })
}

/// Maps and imports a model file; its folder is where external data is.
///
/// # Errors
/// As [`import`], and when the file cannot be read.
pub fn import_file<'c>(
    context: &'c Context,
    path: &Path,
    options: &ImportOptions,
) -> Result<Imported<'c>, ImportError> {
    let file = || path.display().to_string();
    let bytes = MappedFile::open(path).map_err(|e| ErrorKind::File {
        file: file(),
        reason: describe_io(&e),
    })?;
    let source = Source {
        bytes: &bytes,
        file_name: path.file_name().and_then(|name| name.to_str()),
        data_dir: path.parent().unwrap_or(Path::new("")),
    };
    import(context, &source, options)
}
