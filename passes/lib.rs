//! The passes of zkc, written against [`zkc_support::Graph`].
//!
//! **Architecture invariant:** a pass knows no halo2 crate and no backend.

mod convert_onnx_to_zkarith;
mod convert_zkarith_to_plonk;
mod convert_zkarith_to_poly_ext;
mod expressions;
mod functions;
mod gadgets;
mod layout;
mod onnx_builder;
mod onnx_decompose;
#[cfg(test)]
mod onnx_fixture_tests;
mod onnx_fold_constants;
mod onnx_fuse;
mod onnx_infer_shapes;
#[cfg(test)]
mod onnx_property_tests;
mod plonk_lower_lookups;
mod registry;
mod schedule;
#[cfg(test)]
mod testing;
mod verify_approximations;
mod zkarith_fold_constants;
mod zkarith_merge_scales;
mod zkarith_plan_layout;
mod zkarith_pool_early;
mod zkarith_verify_bounds;

pub use functions::RoundedFunctions;
pub use registry::PASSES;
use std::sync::Once;

/// Registers every pass with MLIR; further calls do nothing.
pub fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| PASSES.iter().for_each(zkc_support::register_pass));
}
