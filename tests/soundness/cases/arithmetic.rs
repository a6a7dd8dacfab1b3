//! Products and rounded quotients of two values.

use crate::case::{Case, layout};

pub(super) const CASES: &[Case] = &[
    Case {
        name: "product",
        program: "
!x = tensor<2x3x!zkarith.fixed<1, -5, 7>>
!y = tensor<3x!zkarith.fixed<2, -3, 3>>
!p = tensor<2x3x!zkarith.fixed<3, -21, 21>>
!s = tensor<2x3x!zkarith.fixed<2, -35, 49>>
func.func @main(%x: !x, %y: !y) -> (!p, !s) attributes {plonk.layout = LAYOUT} {
  %0 = zkarith.mul %x, %y : (!x, !y) -> !p
  %1 = zkarith.mul %x, %x : (!x, !x) -> !s
  return %0, %1 : !p, !s
}",
        options: "",
        layouts: &[layout(4, 1, 1, 1, 1), layout(3, 1, 1, 4, 2)],
        model: |inputs| {
            let x = &inputs[0];
            vec![
                (0..6).map(|i| x[i] * inputs[1][i % 3]).collect(),
                x.iter().map(|x| x * x).collect(),
            ]
        },
        witnesses: &[&[&[1, -2, 7, 0, 5, -5], &[3, -3, 2]]],
    },
    Case {
        name: "ratio",
        program: "
!a = tensor<3x!zkarith.fixed<3, -20, 20>>
!b = tensor<3x!zkarith.fixed<2, 1, 9>>
!y = tensor<3x!zkarith.fixed<3, -80, 80>>
func.func @main(%a: !a, %b: !b) -> !y attributes {plonk.layout = LAYOUT} {
  %0 = zkarith.div %a, %b : (!a, !b) -> !y
  return %0 : !y
}",
        options: "",
        layouts: &[
            layout(4, 1, 1, 1, 6),
            layout(5, 1, 1, 2, 2),
            layout(8, 1, 1, 3, 1),
            layout(3, 1, 1, 1, 4),
        ],
        // e = 3 + 2 - 3, so the numerator is multiplied by four.
        model: |inputs| {
            let pairs = inputs[0].iter().zip(&inputs[1]);
            vec![pairs.map(|(a, b)| (8 * a + b).div_euclid(2 * b)).collect()]
        },
        witnesses: &[&[&[-20, 7, 20], &[1, 9, 4]], &[&[3, -1, 0], &[8, 8, 5]]],
    },
    Case {
        name: "ratio-full-limb",
        program: "
!a = tensor<2x!zkarith.fixed<0, -3, 4>>
!b = tensor<2x!zkarith.fixed<0, 1, 2>>
!y = tensor<2x!zkarith.fixed<0, -3, 4>>
func.func @main(%a: !a, %b: !b) -> !y attributes {plonk.layout = LAYOUT} {
  %0 = zkarith.div %a, %b : (!a, !b) -> !y
  return %0 : !y
}",
        options: "",
        // Remainders below four fill a limb of two bits, and two of one bit.
        layouts: &[layout(2, 1, 1, 1, 3), layout(1, 1, 1, 2, 3)],
        model: |inputs| {
            let pairs = inputs[0].iter().zip(&inputs[1]);
            vec![
                pairs
                    .map(|(a, b)| if *b == 1 { *a } else { (a + 1).div_euclid(2) })
                    .collect(),
            ]
        },
        witnesses: &[
            &[&[-3, 4], &[1, 2]],
            &[&[3, 0], &[2, 1]],
            &[&[0, 0], &[1, 2]],
        ],
    },
];
