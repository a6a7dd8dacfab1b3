//! Rounded division by a power of two: remainders of whole limbs and of a part of one, quotients of several limbs.

use crate::case::{Case, layout};

pub(super) const CASES: &[Case] = &[
    Case {
        name: "rescale",
        program: "
!x = tensor<3x!zkarith.fixed<8, -500, 700>>
!y = tensor<3x!zkarith.fixed<3, -16, 22>>
func.func @main(%x: !x) -> !y attributes {plonk.layout = LAYOUT} {
  %0 = zkarith.rescale %x : !x -> !y
  return %0 : !y
}",
        options: "",
        // Five bits are dropped: one limb, and parts of two, two and three limbs; of five limbs of one bit.
        layouts: &[
            layout(5, 1, 1, 1, 2),
            layout(4, 1, 1, 2, 3),
            layout(3, 1, 1, 1, 5),
            layout(2, 1, 1, 2, 2),
            layout(6, 1, 1, 3, 4),
            layout(1, 1, 1, 1, 6),
        ],
        model: |inputs| vec![inputs[0].iter().map(|x| (x + 16).div_euclid(32)).collect()],
        witnesses: &[&[&[-500, 17, 700]], &[&[15, 48, -16]]],
    },
    Case {
        name: "rescale-one-bit",
        program: "
!x = tensor<2x!zkarith.fixed<1, -3, 12>>
!y = tensor<2x!zkarith.fixed<0, -1, 6>>
func.func @main(%x: !x) -> !y attributes {plonk.layout = LAYOUT} {
  %0 = zkarith.rescale %x : !x -> !y
  return %0 : !y
}",
        options: "",
        layouts: &[layout(4, 1, 1, 1, 3), layout(3, 1, 1, 2, 1)],
        model: |inputs| vec![inputs[0].iter().map(|x| (x + 1).div_euclid(2)).collect()],
        witnesses: &[&[&[-1, 8]], &[&[5, -3]]],
    },
    Case {
        name: "rescale-wide",
        program: "
!x = tensor<1x!zkarith.fixed<70, -1000000000000000000000000000000, 1000000000000000000000000000000>>
!y = tensor<1x!zkarith.fixed<11, -1734723475977, 1734723475977>>
func.func @main(%x: !x) -> !y attributes {plonk.layout = LAYOUT} {
  %0 = zkarith.rescale %x : !x -> !y
  return %0 : !y
}",
        options: "",
        layouts: &[layout(8, 1, 1, 1, 5)],
        model: |inputs| vec![inputs[0].iter().map(|x| (x + (1 << 58)) >> 59).collect()],
        witnesses: &[&[&[-123456789012345678901234567890]]],
    },
];
