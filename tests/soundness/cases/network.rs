//! Everything together: one layer after the other reads what the last one computed.

use crate::case::{Case, layout};

pub(super) const CASES: &[Case] = &[Case {
    name: "network",
    program: "
!x = tensor<1x3x!zkarith.fixed<3, -8, 8>>
!w = tensor<3x2x!zkarith.fixed<3, -9, 11>>
!a = tensor<1x2x!zkarith.fixed<6, -200, 200>>
!b = tensor<1x2x!zkarith.fixed<3, -25, 25>>
!r = tensor<1x2x!zkarith.fixed<3, 0, 25>>
!f = tensor<1x2x!zkarith.fixed<3, 1, 14>>
!s = tensor<1x1x!zkarith.fixed<3, 2, 28>>
!y = tensor<1x2x!zkarith.fixed<4, 0, 112>>
func.func @main(%x: !x) -> !y attributes {plonk.layout = LAYOUT} {
  %w = zkarith.constant dense<[[3, -9], [-4, 5], [11, 2]]> : tensor<3x2xi64> -> !w
  %0 = zkarith.matmul %x, %w : (!x, !w) -> !a
  %1 = zkarith.rescale %0 : !a -> !b
  %2 = zkarith.relu %1 : !b -> !r
  %3 = poly_ext.eval %2 <\"f\", domain = [0.0, 1.0], outside = saturate, form = #poly_ext.table<from = 0, dense<[1, 1, 2, 2, 3, 4, 6, 8, 14]> : tensor<9xi64>>, max_error = 0.5, certificate = none, producer = \"test\"> : !r -> !f
  %4 = zkarith.reduce_sum %3 axes = [1] : !f -> !s
  %5 = zkarith.div %3, %4 : (!f, !s) -> !y
  return %5 : !y
}",
    options: "public-inputs=true",
    layouts: &[layout(4, 2, 1, 1, 2), layout(5, 3, 2, 2, 3)],
    model: |inputs| {
        let x = &inputs[0];
        let w = [[3, -9], [-4, 5], [11, 2]];
        let f = [1, 1, 2, 2, 3, 4, 6, 8, 14];
        let hidden = (0..2).map(|j| {
            let sum: i128 = (0..3).map(|i| x[i] * w[i][j]).sum();
            f[(sum + 4).div_euclid(8).clamp(0, 8) as usize]
        });
        let hidden: Vec<i128> = hidden.collect();
        let total: i128 = hidden.iter().sum();
        vec![hidden.iter().map(|n| (2 * n * 16 + total).div_euclid(2 * total)).collect()]
    },
    witnesses: &[&[&[5, -3, 8]], &[&[-8, 2, 3]]],
}];
