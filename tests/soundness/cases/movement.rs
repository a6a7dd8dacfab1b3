//! Data movement: elements keep their cell, wherever they are read; constants among them are held by a fixed cell.

use crate::case::{Case, layout};

pub(super) const CASES: &[Case] = &[Case {
    name: "movement",
    program: "
!x = tensor<2x3x!zkarith.fixed<0, -4, 3>>
!t = tensor<3x2x!zkarith.fixed<0, -4, 3>>
!r = tensor<6x!zkarith.fixed<0, -4, 3>>
!s = tensor<2x!zkarith.fixed<0, -4, 3>>
!c = tensor<2x!zkarith.fixed<0, 5, 6>>
!k = tensor<4x!zkarith.fixed<0, -4, 6>>
!p = tensor<6x!zkarith.fixed<0, -4, 7>>
!q = tensor<6x!zkarith.fixed<0, -28, 21>>
func.func @main(%x: !x) -> (!p, !q) attributes {plonk.layout = LAYOUT} {
  %c = zkarith.constant dense<[6, 5]> : tensor<2xi64> -> !c
  %0 = zkarith.transpose %x permutation = [1, 0] : !x -> !t
  %1 = zkarith.reshape %0 : !t -> !r
  %2 = zkarith.slice %1 starts = [1] steps = [3] : !r -> !s
  %3 = zkarith.concat %2, %c axis = 0 : (!s, !c) -> !k
  %4 = zkarith.pad %3 low = [1] high = [1] value = 7 : !k -> !p
  %5 = zkarith.mul %1, %4 : (!r, !p) -> !q
  return %4, %5 : !p, !q
}",
    options: "",
    layouts: &[layout(3, 1, 1, 1, 1), layout(2, 1, 1, 2, 2)],
    model: |inputs| {
        let x = &inputs[0];
        let flat = [x[0], x[3], x[1], x[4], x[2], x[5]];
        let padded = vec![7, flat[1], flat[4], 6, 5, 7];
        let product = (0..6).map(|i| flat[i] * padded[i]).collect();
        vec![padded, product]
    },
    witnesses: &[&[&[1, -2, 3, -4, 2, 1]]],
}];
