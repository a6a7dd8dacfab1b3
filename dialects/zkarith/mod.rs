//! The `zkarith` dialect.
