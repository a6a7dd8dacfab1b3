//! MLIR for zkc: everything the other crates need from it, behind a safe interface.
//!
//! * [`Context`]s with the four dialects ([`new_context`]), parsing and printing of modules;
//! * [`Graph`]: a straight-line function or circuit read into plain Rust data and written back,
//!   which is what passes and conversions work on;
//! * passes written in Rust and registered with MLIR ([`PassInfo`], [`register_pass`]), pipelines
//!   run in process ([`run_pipeline`]), and MLIR's own drivers ([`opt_main`], [`translate_main`],
//!   [`lsp_main`]);
//! * constants, inline or by reference to a mapped file ([`Constants`], [`MappedFile`]);
//! * files ([`describe_io`], [`Writing`]).
//!
//! **Architecture invariant:** this crate holds the only `unsafe` code of the project, below
//! `ffi`, and knows no pass, no ONNX and no circuit.

pub mod affine;
mod attributes;
mod cache;
mod constants;
mod diagnostics;
mod ffi;
mod files;
mod graph;
mod pipeline;

pub use affine::{AffineExpr, AffineMap};
pub use attributes::{
    approx, array, as_affine_map, as_array, as_f64, as_f64s, as_i64, as_i64s, as_i128, as_str,
    as_symbol, boolean, f64_attr, i64_attr, i64s, i128_attr, is_unit, map_attr, polynomial, range,
    string, symbol, table, unit,
};
pub use cache::cache_dir;
pub use constants::{Constant, ConstantError, Constants, DType, INLINE_LIMIT};
pub use diagnostics::{Diagnostic, Severity, node_name};
pub use ffi::{
    drivers::{FromMlir, ToMlir, lsp_main, opt_main, translate_main},
    mapping::MappedFile,
    passes::{PassInfo, PassOption, PassOptions, register_pass},
    records::{
        Approx, Certificate, Form, Outside, Polynomial, Table, WeightsRef, as_approx, as_range,
        as_weights,
    },
    types::{FixedType, as_fixed, context_of, expr_type, fixed_type},
};
pub use files::{Writing, describe_io, without_os_number};
pub use graph::{Graph, GraphError, Op, TensorType, ValueId, find_op, module_ops, tensor_type};
pub use melior::{
    Context,
    ir::{Attribute, Location, Module, Operation, OperationRef, Type},
};
pub use pipeline::{
    Failed, emit_error, emit_note, emit_warning, new_context, parse_module, run_pipeline,
};
