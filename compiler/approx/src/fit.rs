//! Finding approximations in double precision: best polynomials, pieces, composites and rational functions.
//!
//! What is found here is as good as stated, but its error is measured on samples, not proved. A proof belongs to the
//! integers that finally are computed with, and is established on those.

mod domain;
mod error;
mod exchange;
mod extrema;
mod linear;
mod pieces;
mod remez;
mod target;

pub use domain::Domain;
pub use error::FitError;
pub use pieces::{MAX_PIECE_DEGREE, MAX_PIECES, PiecewiseFit, free_pieces, uniform_pieces};
pub use remez::{MAX_DEGREE, PolynomialFit, minimax};
pub use target::{Measured, Parity, Target};
