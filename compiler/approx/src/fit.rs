//! Finding approximations in double precision: best polynomials, pieces, composites and rational functions.
//!
//! What is found is as good as stated, but its error is measured on samples, not proved. A proof belongs to the integers
//! that finally are computed with, and is established on those.
//!
//! A request is a [`Target`]: a function, named or given as a closure, on a [`Domain`], with a weight if wanted. All
//! searches are deterministic and use no function of the platform's libraries, so they give the same bits everywhere.
//! They do not panic: each fault of a request and each limit is a [`FitError`].

mod composite;
mod domain;
mod dyadic;
mod error;
mod exchange;
mod extrema;
mod linear;
mod odd_cost;
mod pieces;
mod quotient;
mod rational;
mod remez;
mod schedule;
mod target;

pub use composite::{CompositeFit, MAX_STAGES, composite_for_relu, composite_for_sign};
pub use domain::Domain;
pub use dyadic::{DyadicFit, dyadic_minimax};
pub use error::FitError;
pub use odd_cost::{MAX_STAGE_DEGREE, OddCost, odd_cost};
pub use pieces::{MAX_PIECE_DEGREE, MAX_PIECES, PiecewiseFit, free_pieces, uniform_pieces};
pub use rational::{MAX_RATIONAL_DEGREE, RationalFit, rational_minimax};
pub use remez::{MAX_DEGREE, PolynomialFit, minimax};
pub use schedule::{MAX_ALPHA, Objective, Reading, cheapest_degrees};
pub use target::{Measured, Parity, Target};
