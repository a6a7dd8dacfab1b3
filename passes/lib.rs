//! The passes of zkc, written against [`zkc_support::Graph`].
//!
//! **Architecture invariant:** a pass knows no halo2 crate and no backend.

mod convert_zkarith_to_plonk;
mod gadgets;
mod layout;
mod registry;
mod zkarith_plan_layout;

pub use registry::PASSES;
use std::sync::Once;

/// Registers every pass with MLIR; further calls do nothing.
pub fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| PASSES.iter().for_each(zkc_support::register_pass));
}
