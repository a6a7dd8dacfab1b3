//! The passes, in the order in which a compilation runs them.

use crate::{convert_zkarith_to_plonk, zkarith_plan_layout};
use zkc_support::PassInfo;

/// Every pass; the flags of `zkc-opt`, the reference pages and the pipelines read this table.
pub const PASSES: &[PassInfo] = &[zkarith_plan_layout::PASS, convert_zkarith_to_plonk::PASS];
