#![doc = include_str!("../README.md")]

mod bernstein;
mod certify;
mod choose;
mod claim;
mod dyadic;
mod elementary;
mod enclosure;
mod evaluate;
mod exact;
pub mod fit;
mod function;
mod interval;
mod jet;
mod long;
mod monotone;
mod number;
mod polynomial;
mod program;
mod range;
mod rounding;
mod saturation;
mod short;
mod stretch;
mod table;

pub use certify::{
    Certified, CertifyError, EXHAUSTIVE_ARGUMENTS, MAX_EXHAUSTIVE_ARGUMENTS, certify_program,
    recheck_program,
};
pub use choose::{Candidate, cheapest_program};
pub use claim::ClaimError;
pub use dyadic::Dyadic;
pub use enclosure::{Enclosure, EnclosureError, MAX_NUMERATOR_BITS, MAX_PRECISION};
pub use function::{Function, FunctionError, Parameter};
pub use monotone::{MonotonePiece, Trend};
pub use polynomial::{Basis, Polynomial, PolynomialError};
pub use program::{
    MAX_PROGRAM_DEGREE, MAX_SEGMENT_BITS, MAX_SEGMENTS, MAX_SHIFT, Program, ProgramBounds,
    ProgramError, ProgramRequest, default_shift, fit_program,
};
pub use range::RangeError;
pub use rounding::{MAX_SCALE, Rounded, Rounding, RoundingError};
pub use saturation::{Saturation, Tail};
pub use table::{Certificate, MAX_ENTRIES, RecheckError, Table, TableError, recheck, tabulate};
