//! The `poly_ext` dialect.
