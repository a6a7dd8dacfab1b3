#![doc = include_str!("../README.md")]

pub mod affine;
pub mod audit;
pub mod check;
pub mod derive;
pub mod description;
pub mod elements;
pub mod eval;
pub mod expand;
pub mod expr;
pub mod field;
pub mod file;
pub mod ints;
pub mod layout;
pub mod limits;
pub mod multiplicity;
pub mod mutate;
mod number;
pub mod report;
pub mod structure;
mod tape;
pub mod validate;
mod wire;

pub use affine::{AffineBuilder, AffineError, AffineMap, AffineNode};
pub use audit::{Audit, AuditOptions, Evaluation, Finding, audit, evaluations};
pub use check::{CellValue, Checker, Violation, check};
pub use derive::{DeriveError, derive};
pub use description::{
    Challenge, ChallengeId, Circuit, ColumnGroup, ColumnKind, Constraint, CountedTable, Derived,
    Fill, Gate, GroupId, InputInfo, Instruction, LinearTerm, Lookup, Multiplicity,
    MultiplicityTerm, Op, OutputInfo, Placement, RegisterId, Shape, Table, TableColumn, TableId,
    TagMatch,
};
pub use eval::{EvalError, Registers, Tensor, evaluate};
pub use expand::{ExpandError, expand};
pub use expr::{Expr, ExprBuilder, ExprId, ExprNode, Query};
pub use field::{Field, Limbs, PallasBase};
pub use ints::{Ints, IntsError};
pub use layout::{Cell, CellContents, Computed, Grid, Layout, LayoutColumn, Owner};
pub use multiplicity::MultiplicityError;
pub use mutate::{MutationOptions, MutationReport, Mutations};
pub use report::{Report, report};
pub use validate::{ValidateError, validate};
pub use wire::DecodeError;
