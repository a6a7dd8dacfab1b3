//! The passes, in the order in which a compilation runs them.

use zkc_support::PassInfo;

/// Every pass; the flags of `zkc-opt`, the reference pages and the pipelines read this table.
pub const PASSES: &[PassInfo] = &[];
