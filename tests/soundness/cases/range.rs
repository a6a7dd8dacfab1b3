//! The range check of inputs, with and without the check of the upper end.

use crate::case::{Case, layout};

pub(super) const CASES: &[Case] = &[
    Case {
        name: "interval-full",
        program: "
!x = tensor<3x!zkarith.fixed<0, -8, 7>>
func.func @main(%x: !x) -> !x attributes {plonk.layout = LAYOUT} {
  return %x : !x
}",
        options: "public-inputs=true",
        // Four bits: no check of the upper end in limbs of 1, 2 or 4 bits.
        layouts: &[
            layout(4, 1, 1, 1, 1),
            layout(2, 1, 1, 2, 1),
            layout(1, 1, 1, 3, 3),
        ],
        model: |inputs| inputs.clone(),
        witnesses: &[&[&[-8, 0, 7]]],
    },
    Case {
        name: "interval-upper",
        program: "
!x = tensor<3x!zkarith.fixed<3, -100, 99>>
!y = tensor<1x!zkarith.fixed<0, 5, 5>>
func.func @main(%x: !x, %y: !y) -> (!x, !y) attributes {plonk.layout = LAYOUT} {
  return %x, %y : !x, !y
}",
        options: "",
        layouts: &[
            layout(4, 1, 1, 2, 1),
            layout(4, 1, 1, 1, 3),
            layout(3, 1, 1, 2, 6),
            layout(8, 1, 1, 3, 1),
        ],
        model: |inputs| inputs.clone(),
        witnesses: &[&[&[-100, 0, 99], &[5]]],
    },
];
