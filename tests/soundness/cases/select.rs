//! Maxima and minima: of two values, with a constant (relu, clamp), over windows and axes.

use crate::case::{Case, layout};

pub(super) const CASES: &[Case] = &[
    Case {
        name: "max-min",
        program: "
!x = tensor<3x!zkarith.fixed<2, -9, 6>>
!y = tensor<3x!zkarith.fixed<2, -4, 11>>
!max = tensor<3x!zkarith.fixed<2, -4, 11>>
!min = tensor<3x!zkarith.fixed<2, -9, 6>>
func.func @main(%x: !x, %y: !y) -> (!max, !min) attributes {plonk.layout = LAYOUT} {
  %0 = zkarith.max %x, %y : (!x, !y) -> !max
  %1 = zkarith.min %x, %y : (!x, !y) -> !min
  return %0, %1 : !max, !min
}",
        options: "",
        layouts: &[layout(4, 1, 1, 1, 1), layout(5, 1, 1, 2, 1), layout(2, 1, 1, 3, 2)],
        model: |inputs| {
            let pairs = || inputs[0].iter().zip(&inputs[1]);
            vec![
                pairs().map(|(x, y)| if x > y { *x } else { *y }).collect(),
                pairs().map(|(x, y)| if x < y { *x } else { *y }).collect(),
            ]
        },
        // The difference is 0, then -1, then as large as it can be.
        witnesses: &[&[&[3, 4, -9], &[3, 5, 11]], &[&[5, 6, 1], &[4, 6, 2]]],
    },
    Case {
        name: "relu-clamp",
        program: "
!x = tensor<3x!zkarith.fixed<0, -20, 30>>
!r = tensor<3x!zkarith.fixed<0, 0, 30>>
!c = tensor<3x!zkarith.fixed<0, -3, 5>>
!l = tensor<3x!zkarith.fixed<0, 2, 30>>
func.func @main(%x: !x) -> (!r, !c, !l) attributes {plonk.layout = LAYOUT} {
  %0 = zkarith.relu %x : !x -> !r
  %1 = zkarith.clamp %x : !x -> !c
  %2 = zkarith.clamp %0 : !r -> !l
  return %0, %1, %2 : !r, !c, !l
}",
        options: "",
        layouts: &[layout(5, 1, 1, 1, 1), layout(3, 1, 1, 3, 2), layout(6, 1, 1, 2, 1)],
        model: |inputs| {
            let all = |f: fn(i128) -> i128| inputs[0].iter().map(|x| f(*x)).collect();
            vec![all(|x| x.max(0)), all(|x| x.clamp(-3, 5)), all(|x| x.max(2))]
        },
        // Each operand equals each bound once: then the result does not depend on the sign.
        witnesses: &[&[&[0, -1, 30]], &[&[5, -3, 2]], &[&[2, 5, -3]], &[&[-3, 2, 5]], &[&[6, 0, 0]]],
    },
    Case {
        name: "max-pool",
        program: "
!x = tensor<1x1x3x4x!zkarith.fixed<0, -7, 8>>
!y = tensor<1x1x2x2x!zkarith.fixed<0, -7, 8>>
!z = tensor<1x1x1x4x!zkarith.fixed<0, -7, 8>>
func.func @main(%x: !x) -> (!y, !z) attributes {plonk.layout = LAYOUT} {
  %0 = zkarith.max_pool %x kernel = [2, 2] strides = [2, 2] pads = [0, 0, 1, 1] dilations = [1, 2] : !x -> !y
  %1 = zkarith.reduce_max %x axes = [2] : !x -> !z
  return %0, %1 : !y, !z
}",
        options: "",
        layouts: &[layout(4, 1, 1, 2, 1), layout(2, 1, 1, 3, 1)],
        model: |inputs| {
            let x = |r: usize, c: usize| -> Option<i128> {
                (r < 3 && c < 4).then(|| inputs[0][r * 4 + c])
            };
            let window = |i: usize, j: usize| {
                let places = [(i, j), (i, j + 2), (i + 1, j), (i + 1, j + 2)];
                places.iter().filter_map(|(r, c)| x(*r, *c)).max().unwrap_or(-7)
            };
            // The second window of a row has one column, and one of padding; the second of a column half its rows.
            let y = vec![window(0, 0), window(0, 2), window(2, 0), window(2, 2)];
            let column = |c: usize| (0..3).filter_map(|r| x(r, c)).max().unwrap_or(-7);
            vec![y, (0..4).map(column).collect()]
        },
        witnesses: &[&[&[1, 1, -7, 8, 0, 1, 2, 2, -3, 8, 3, 3]], &[&[2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]]],
    },
];
