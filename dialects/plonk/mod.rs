//! The `plonk` dialect.
