//! Why a program could not be evaluated.

use std::fmt;

use thiserror::Error;

use crate::affine::AffineError;
use crate::validate::ValidateError;

/// Where in the program an error happened: register, operation, ONNX node, index of the element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The register.
    pub register: u32,
    /// Its operation.
    pub op: &'static str,
    /// The ONNX node.
    pub node: String,
    /// Index of the element in the register's shape.
    pub index: Vec<u64>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place {
            register,
            op,
            node,
            index,
        } = self;
        write!(f, "`{node}` ({op}, register {register}, element {index:?})")
    }
}

/// Why inputs have no witness.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EvalError {
    /// The description itself is wrong.
    #[error("the circuit description is not valid: {0}")]
    Invalid(Box<ValidateError>),
    /// An instruction needs the value of a challenge, which is not known before the proof is made.
    #[error("the witness program uses challenges, which the integer evaluation does not have")]
    Challenges,
    /// Another number of inputs than the model has.
    #[error("the model has {expected} inputs, {found} were given")]
    InputCount {
        /// Inputs of the model.
        expected: usize,
        /// Inputs given.
        found: usize,
    },
    /// An input with another number of elements than its shape.
    #[error("input `{name}` has shape {shape:?}, {expected} elements; {found} were given")]
    InputLength {
        /// Name of the input.
        name: String,
        /// Its shape.
        shape: Vec<u64>,
        /// Elements of the shape.
        expected: u64,
        /// Elements given.
        found: usize,
    },
    /// An input value outside of the declared range.
    #[error(
        "input `{name}`, element {index:?}: {value} is outside of the declared range [{lo}, {hi}] (integers at scale {scale}); compile for a wider input range or clamp the input"
    )]
    InputRange {
        /// Name of the input.
        name: String,
        /// Index of the element.
        index: Vec<u64>,
        /// The value.
        value: i128,
        /// Least value allowed.
        lo: i128,
        /// Greatest value allowed.
        hi: i128,
        /// The integer `n` stands for `n * 2^-scale`.
        scale: i32,
    },
    /// A value outside of the bound that the compiler stated.
    #[error("{at}: value {value} is outside of the stated bound [{lo}, {hi}]")]
    Bound {
        /// Where.
        at: Box<Place>,
        /// The value.
        value: i128,
        /// Stated least value.
        lo: i128,
        /// Stated greatest value.
        hi: i128,
    },
    /// A value does not fit 128 bits.
    #[error("{at}: the value does not fit 128 bits")]
    Overflow {
        /// Where.
        at: Box<Place>,
    },
    /// A limb of a negative number.
    #[error("{at}: limbs need a number that is not negative, found {value}")]
    NegativeLimb {
        /// Where.
        at: Box<Place>,
        /// The number, offset subtracted.
        value: i128,
    },
    /// A value that a table does not hold.
    #[error(
        "{at}: {value} is not in column {column} of table `{table}`, whose values lie in [{lo}, {hi}]"
    )]
    NotInTable {
        /// Where.
        at: Box<Place>,
        /// The value.
        value: i128,
        /// The table.
        table: String,
        /// Column searched.
        column: u32,
        /// Least value of the column.
        lo: i128,
        /// Greatest value of the column.
        hi: i128,
    },
    /// A denominator that is not positive.
    #[error("{at}: the denominator is {value}, not positive")]
    Denominator {
        /// Where.
        at: Box<Place>,
        /// The denominator.
        value: i128,
    },
    /// A read outside of a tensor.
    #[error("{at}: reads index {read:?} of a tensor of shape {shape:?}")]
    OutOfBounds {
        /// Where.
        at: Box<Place>,
        /// The index read.
        read: Vec<i64>,
        /// Shape of the tensor.
        shape: Vec<u64>,
    },
    /// An affine map that fails.
    #[error("{at}: {error}")]
    Map {
        /// Where; the index is that of the first element.
        at: Box<Place>,
        /// What fails.
        error: AffineError,
    },
}

/// What goes wrong at one element; the caller adds where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    Overflow,
    Bound(i128),
    NegativeLimb(i128),
    NotInTable(i128),
    Denominator(i128),
}
