//! Products of two computed matrices.

use crate::case::{Case, layout};

/// `a` times `b`, row-major, with extents rows, inner, columns.
fn product(a: &[i128], b: &[i128], [rows, inner, columns]: [usize; 3]) -> Vec<i128> {
    let element = |i: usize, j: usize| {
        (0..inner)
            .map(|t| a[i * inner + t] * b[t * columns + j])
            .sum()
    };
    (0..rows * columns)
        .map(|o| element(o / columns, o % columns))
        .collect()
}

fn half_up(n: i128, shift: u32) -> i128 {
    (n + (1 << (shift - 1))) >> shift
}

/// A product that is divided: the search cannot carry a change through it.
pub(super) const RESCALED: &[Case] = &[
    // Both operands down their lines in different directions, the first one broadcast, rows that are not full, and a reader
    // that takes sums in order.
    Case {
        name: "contraction",
        program: "
!a = tensor<1x3x2x!zkarith.fixed<2, -5, 6>>
!b = tensor<2x2x4x!zkarith.fixed<1, -3, 3>>
!c = tensor<2x3x4x!zkarith.fixed<3, -36, 36>>
!d = tensor<1x1x4x!zkarith.fixed<3, -9, 5>>
!e = tensor<2x3x4x!zkarith.fixed<3, -45, 41>>
!y = tensor<2x3x4x!zkarith.fixed<1, -11, 10>>
func.func @main(%a: !a, %b: !b) -> !y attributes {plonk.layout = LAYOUT} {
  %d = zkarith.constant dense<[[[5, -9, 0, 1]]]> : tensor<1x1x4xi64> -> !d
  %0 = zkarith.matmul %a, %b : (!a, !b) -> !c
  %1 = zkarith.add %0, %d : (!c, !d) -> !e
  %2 = zkarith.rescale %1 : !e -> !y
  return %2 : !y
}",
        options: "",
        layouts: &[layout(4, 2, 1, 2, 1), layout(3, 1, 2, 1, 2)],
        model: |inputs| {
            let (a, b) = (&inputs[0], &inputs[1]);
            let matrices = b.chunks(8).flat_map(|b| product(a, b, [3, 2, 4]));
            let sums = matrices.enumerate().map(|(o, n)| n + [5, -9, 0, 1][o % 4]);
            vec![sums.map(|n| half_up(n, 2)).collect()]
        },
        witnesses: &[&[
            &[1, -5, 6, 2, 0, 3],
            &[1, -3, 3, 2, 0, 1, -2, 3, -1, 2, 2, 3, -3, 1, 0, 3],
        ]],
    },
];

/// Products that are shown, so that every change of an operand is one of a result.
pub(super) const CASES: &[Case] = &[
    // A matrix times its own transpose, read by two operations, one of which moves it, and shown.
    Case {
        name: "contraction-square",
        program: "
!x = tensor<1x3x2x!zkarith.fixed<1, -3, 3>>
!t = tensor<1x2x3x!zkarith.fixed<1, -3, 3>>
!c = tensor<1x3x3x!zkarith.fixed<2, -18, 18>>
!y = tensor<1x3x3x!zkarith.fixed<1, -9, 9>>
!s = tensor<1x3x1x!zkarith.fixed<2, -54, 54>>
func.func @main(%x: !x) -> (!c, !y, !s) attributes {plonk.layout = LAYOUT} {
  %t = zkarith.transpose %x permutation = [0, 2, 1] : !x -> !t
  %0 = zkarith.matmul %x, %t : (!x, !t) -> !c
  %1 = zkarith.rescale %0 : !c -> !y
  %2 = zkarith.reduce_sum %0 axes = [2] : !c -> !s
  return %0, %1, %2 : !c, !y, !s
}",
        options: "",
        layouts: &[layout(4, 2, 1, 2, 1)],
        model: |inputs| {
            let x = &inputs[0];
            let transposed: Vec<i128> = (0..6).map(|i| x[i % 3 * 2 + i / 3]).collect();
            let c = product(x, &transposed, [3, 2, 3]);
            let halves = c.iter().map(|n| half_up(*n, 1)).collect();
            let sums = c.chunks(3).map(|row| row.iter().sum()).collect();
            vec![c, halves, sums]
        },
        witnesses: &[&[&[1, -3, 3, 2, 0, -2]]],
    },
    // Operands that are sums of results, one of them with a border, and a product of a product.
    Case {
        name: "contraction-sums",
        program: "
!x = tensor<2x2x!zkarith.fixed<0, -2, 3>>
!p = tensor<2x3x!zkarith.fixed<0, -2, 3>>
!z = tensor<2x!zkarith.fixed<0, -1, 4>>
!w = tensor<2x2x!zkarith.fixed<0, -3, 7>>
!c = tensor<2x3x!zkarith.fixed<0, -28, 42>>
!v = tensor<3x1x!zkarith.fixed<0, 0, 3>>
!y = tensor<2x1x!zkarith.fixed<0, -252, 378>>
func.func @main(%x: !x, %z: !z, %v: !v) -> !y attributes {plonk.layout = LAYOUT} {
  %p = zkarith.pad %x low = [0, 1] high = [0, 0] value = 0 : !x -> !p
  %w = zkarith.add %x, %z : (!x, !z) -> !w
  %0 = zkarith.matmul %w, %p : (!w, !p) -> !c
  %1 = zkarith.matmul %0, %v : (!c, !v) -> !y
  return %1 : !y
}",
        options: "",
        layouts: &[layout(3, 3, 1, 2, 2)],
        model: |inputs| {
            let (x, z, v) = (&inputs[0], &inputs[1], &inputs[2]);
            let p = [0, x[0], x[1], 0, x[2], x[3]];
            let w: Vec<i128> = (0..4).map(|i| x[i] + z[i % 2]).collect();
            let c = product(&w, &p, [2, 2, 3]);
            vec![product(&c, v, [2, 3, 1])]
        },
        witnesses: &[&[&[1, -2, 3, 2], &[-1, 4], &[1, 2, 3]]],
    },
];
