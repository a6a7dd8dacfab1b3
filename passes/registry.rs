//! The passes, in the order in which a compilation runs them, and where it could run those that are run on demand.

use crate::{
    convert_onnx_to_zkarith, convert_zkarith_to_plonk, convert_zkarith_to_poly_ext, onnx_decompose,
    onnx_fold_constants, onnx_fuse, onnx_infer_shapes, plonk_lower_lookups, verify_approximations,
    zkarith_fold_constants, zkarith_merge_scales, zkarith_plan_layout, zkarith_pool_early,
    zkarith_verify_bounds,
};
use zkc_support::PassInfo;

/// Every pass; the flags of `zkc-opt`, the reference pages and the pipelines read this table.
pub const PASSES: &[PassInfo] = &[
    onnx_infer_shapes::PASS,
    onnx_fold_constants::PASS,
    onnx_decompose::PASS,
    onnx_fuse::PASS,
    convert_onnx_to_zkarith::PASS,
    zkarith_fold_constants::PASS,
    zkarith_merge_scales::PASS,
    zkarith_pool_early::PASS,
    convert_zkarith_to_poly_ext::PASS,
    verify_approximations::PASS,
    zkarith_verify_bounds::PASS,
    zkarith_plan_layout::PASS,
    convert_zkarith_to_plonk::PASS,
    plonk_lower_lookups::PASS,
];
