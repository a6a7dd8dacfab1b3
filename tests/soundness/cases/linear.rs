//! Sums of products: chunks of taps, blocks side by side, lanes that the last chunk leaves empty.

use crate::case::{Case, layout};

pub(super) const CASES: &[Case] = &[
    Case {
        name: "linear-matmul",
        program: "
!x = tensor<2x5x!zkarith.fixed<0, -3, 7>>
!w = tensor<5x3x!zkarith.fixed<0, -7, 5>>
!b = tensor<2x3x!zkarith.fixed<0, -9, 4>>
!m = tensor<2x3x!zkarith.fixed<0, -80, 80>>
!y = tensor<2x3x!zkarith.fixed<0, -89, 84>>
func.func @main(%x: !x) -> !y attributes {plonk.layout = LAYOUT} {
  %w = zkarith.constant dense<[[1, -2, 0], [3, 0, 5], [-7, 1, 1], [0, 0, 2], [2, -1, -1]]> : tensor<5x3xi64> -> !w
  %b = zkarith.constant dense<[[4, -9, 0], [1, 2, 3]]> : tensor<2x3xi64> -> !b
  %0 = zkarith.matmul %x, %w : (!x, !w) -> !m
  %1 = zkarith.add %0, %b : (!m, !b) -> !y
  return %1 : !y
}",
        options: "",
        layouts: &[
            layout(4, 2, 2, 2, 1),
            layout(4, 1, 1, 1, 1),
            layout(2, 5, 4, 3, 4),
            layout(3, 7, 1, 2, 3),
        ],
        model: |inputs| {
            let w = [[1, -2, 0], [3, 0, 5], [-7, 1, 1], [0, 0, 2], [2, -1, -1]];
            let b = [[4, -9, 0], [1, 2, 3]];
            let sum = |i: usize, j: usize| -> i128 {
                (0..5).map(|k| inputs[0][i * 5 + k] * w[k][j]).sum::<i128>() + b[i][j]
            };
            vec![(0..6).map(|o| sum(o / 3, o % 3)).collect()]
        },
        witnesses: &[&[&[1, 2, 3, 4, 5, -1, 7, -3, 6, 2]], &[&[7, -3, 7, -3, 1, 1, 1, 1, 1, 2]]],
    },
    Case {
        name: "linear-conv",
        program: "
!x = tensor<1x2x3x3x!zkarith.fixed<0, -2, 5>>
!w = tensor<2x1x2x2x!zkarith.fixed<0, -4, 3>>
!y = tensor<1x2x3x2x!zkarith.fixed<0, -60, 60>>
func.func @main(%x: !x) -> !y attributes {plonk.layout = LAYOUT} {
  %w = zkarith.constant dense<[[[[1, -2], [3, -1]]], [[[2, 1], [-4, 3]]]]> : tensor<2x1x2x2xi64> -> !w
  %0 = zkarith.conv %x, %w strides = [1, 2] pads = [1, 0, 0, 1] dilations = [1, 1] group = 2 : (!x, !w) -> !y
  return %0 : !y
}",
        options: "",
        layouts: &[layout(3, 3, 2, 2, 1), layout(4, 4, 1, 3, 1)],
        model: |inputs| {
            let w = [[[1, -2], [3, -1]], [[2, 1], [-4, 3]]];
            let mut out = Vec::new();
            for m in 0..2 {
                for i in 0..3 {
                    for j in 0..2 {
                        let mut sum = 0;
                        for (u, row) in w[m].iter().enumerate() {
                            for (v, weight) in row.iter().enumerate() {
                                let (r, c) = (i + u, j * 2 + v);
                                // One row of padding above, one column to the right.
                                if r >= 1 && c < 3 {
                                    sum += inputs[0][m * 9 + (r - 1) * 3 + c] * weight;
                                }
                            }
                        }
                        out.push(sum);
                    }
                }
            }
            vec![out]
        },
        witnesses: &[&[&[1, 2, 3, 4, 5, -1, -2, 3, 2, 5, 1, 1, 4, -2, 3, 3, 2, 1]]],
    },
    Case {
        name: "linear-sums",
        program: "
!x = tensor<2x2x!zkarith.fixed<2, -3, 4>>
!y = tensor<2x!zkarith.fixed<2, -5, 2>>
!c = tensor<2x!zkarith.fixed<2, -6, 9>>
!s = tensor<2x2x!zkarith.fixed<2, -8, 6>>
!d = tensor<2x2x!zkarith.fixed<2, -12, 17>>
!u = tensor<2x2x!zkarith.fixed<5, -96, 136>>
!k = tensor<1x!zkarith.fixed<5, 11, 11>>
!e = tensor<2x2x!zkarith.fixed<5, -107, 125>>
!w = tensor<2x1x!zkarith.fixed<1, -3, 2>>
!m = tensor<2x2x!zkarith.fixed<6, -400, 400>>
func.func @main(%x: !x, %y: !y) -> (!s, !d, !e, !m) attributes {plonk.layout = LAYOUT} {
  %c = zkarith.constant dense<[9, -6]> : tensor<2xi64> -> !c
  %k = zkarith.constant dense<11> : tensor<1xi64> -> !k
  %w = zkarith.constant dense<[[2], [-3]]> : tensor<2x1xi64> -> !w
  %s = zkarith.add %x, %y : (!x, !y) -> !s
  %d = zkarith.sub %c, %s : (!c, !s) -> !d
  %u = zkarith.upscale %d : !d -> !u
  %e = zkarith.sub %u, %k : (!u, !k) -> !e
  %m = zkarith.mul %e, %w : (!e, !w) -> !m
  return %s, %d, %e, %m : !s, !d, !e, !m
}",
        options: "",
        layouts: &[layout(4, 1, 1, 1, 1), layout(3, 2, 3, 2, 2), layout(4, 3, 2, 2, 1)],
        model: |inputs| {
            let all = |f: &dyn Fn(usize) -> i128| (0..4).map(f).collect::<Vec<i128>>();
            let s = all(&|i| inputs[0][i] + inputs[1][i % 2]);
            let d = all(&|i| [9, -6][i % 2] - s[i]);
            let e = all(&|i| d[i] * 8 - 11);
            let m = all(&|i| e[i] * [2, -3][i / 2]);
            vec![s, d, e, m]
        },
        witnesses: &[&[&[1, 2, -3, 4], &[2, -5]]],
    },
    Case {
        name: "linear-pools",
        program: "
!x = tensor<1x2x3x3x!zkarith.fixed<0, 1, 14>>
!y = tensor<1x2x2x2x!zkarith.fixed<0, 0, 56>>
!z = tensor<1x1x2x1x!zkarith.fixed<0, 0, 224>>
func.func @main(%x: !x) -> (!y, !z) attributes {plonk.layout = LAYOUT} {
  %0 = zkarith.sum_pool %x kernel = [2, 2] strides = [2, 2] pads = [1, 0, 0, 1] dilations = [1, 1] : !x -> !y
  %1 = zkarith.reduce_sum %0 axes = [1, 3] : !y -> !z
  return %0, %1 : !y, !z
}",
        options: "",
        layouts: &[layout(4, 3, 2, 2, 2), layout(2, 4, 1, 3, 3)],
        model: |inputs| {
            let at = |c: usize, r: usize, k: usize| -> i128 {
                if r >= 1 && k < 3 { inputs[0][c * 9 + (r - 1) * 3 + k] } else { 0 }
            };
            let pooled: Vec<i128> = (0..8)
                .map(|o| {
                    let (c, i, j) = (o / 4, o / 2 % 2 * 2, o % 2 * 2);
                    at(c, i, j) + at(c, i, j + 1) + at(c, i + 1, j) + at(c, i + 1, j + 1)
                })
                .collect();
            let sums = (0..2).map(|i| [0, 1, 4, 5].iter().map(|p| pooled[p + 2 * i]).sum());
            let sums = sums.collect();
            vec![pooled, sums]
        },
        witnesses: &[&[&[1, 2, 3, 4, 5, 14, 2, 3, 2, 5, 1, 1, 4, 2, 3, 3, 2, 1]]],
    },
];
