//! Why a description has no grid.

use thiserror::Error;

use crate::elements::ElementError;
use crate::limits;

/// Why a description has no grid.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ExpandError {
    /// The elements of a register cannot be worked out.
    #[error(transparent)]
    Elements(#[from] ElementError),
    /// The number of rows or columns is out of range.
    #[error("a grid of 2^{k} rows and {columns} columns is too large or has no usable rows (at most 2^{max_k} rows and {max_cells} cells)", max_k = limits::MAX_K, max_cells = limits::MAX_CELLS)]
    Size {
        /// Log2 of the rows.
        k: u32,
        /// Number of columns.
        columns: u64,
    },
    /// A placement or fill names a group that is not there, or one of the wrong kind.
    #[error("{what} of `{node}`: {problem}")]
    Group {
        /// `placement 3` or `fill 7`.
        what: String,
        /// The ONNX node.
        node: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// An affine map fails or has the wrong number of results.
    #[error("{what} of `{node}`: {problem}")]
    Map {
        /// `placement 3` or `fill 7`.
        what: String,
        /// The ONNX node.
        node: String,
        /// What is wrong.
        problem: String,
    },
    /// A cell is outside of its group or below the usable rows.
    #[error(
        "{what} of `{node}`: column {column}, row {row} is outside of group `{group}` with {columns} columns and {rows} usable rows"
    )]
    Cell {
        /// `placement 3` or `fill 7`.
        what: String,
        /// The ONNX node.
        node: String,
        /// Group name.
        group: String,
        /// Column within the group.
        column: i64,
        /// Row.
        row: i64,
        /// Columns of the group.
        columns: u32,
        /// Usable rows.
        rows: u32,
    },
    /// A placement reads an index that its register does not have.
    #[error(
        "{what} of `{node}`: index {index:?} is outside of register {register} with shape {shape:?}"
    )]
    Read {
        /// `placement 3`.
        what: String,
        /// The ONNX node.
        node: String,
        /// The register.
        register: u32,
        /// Its shape.
        shape: Vec<u64>,
        /// The index.
        index: Vec<i64>,
    },
    /// A cell is assigned twice.
    #[error("{what} of `{node}`: cell {cell} is already taken by {other} of `{other_node}`")]
    Twice {
        /// `placement 3` or `fill 7`.
        what: String,
        /// The ONNX node.
        node: String,
        /// The cell.
        cell: String,
        /// What has it.
        other: String,
        /// The ONNX node of what has it.
        other_node: String,
    },
    /// A value is placed in a column that counts lookups or is derived.
    #[error("{what} of `{node}`: the column of {cell} is computed, so nothing can be placed in it")]
    Computed {
        /// `placement 3`.
        what: String,
        /// The ONNX node.
        node: String,
        /// The cell.
        cell: String,
    },
    /// A computed value is placed in a fixed column.
    #[error(
        "{what} of `{node}`: register {register} is computed and cannot stand in fixed cell {cell}"
    )]
    NotConstant {
        /// `placement 3`.
        what: String,
        /// The ONNX node.
        node: String,
        /// The register.
        register: u32,
        /// The cell.
        cell: String,
    },
    /// A public value stands in no advice cell, so nothing binds it.
    #[error(
        "{what} of `{node}`: the public value in {cell} (register {register}) stands in no advice cell that it could be copied from; place it in one, or in a group whose cells gates bind"
    )]
    Homeless {
        /// `placement 3`.
        what: String,
        /// The ONNX node.
        node: String,
        /// The register.
        register: u32,
        /// The cell.
        cell: String,
    },
}
