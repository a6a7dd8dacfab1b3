//! The passes of zkc, written against [`zkc_support::Graph`].
//!
//! **Architecture invariant:** a pass knows no halo2 crate and no backend.

mod registry;

pub use registry::PASSES;
use std::sync::Once;

/// Registers every pass with MLIR; further calls do nothing.
pub fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| PASSES.iter().for_each(zkc_support::register_pass));
}
