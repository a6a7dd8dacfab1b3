//! Functions: entries of one table, told apart by a tag, with and without a cut of the operand.

use crate::case::{Case, layout};

pub(super) const CASES: &[Case] = &[Case {
    name: "table",
    program: "
!x = tensor<3x!zkarith.fixed<0, -6, 9>>
!f = tensor<3x!zkarith.fixed<0, -9, 9>>
!g = tensor<3x!zkarith.fixed<0, 0, 225>>
func.func @main(%x: !x) -> (!f, !g) attributes {plonk.layout = LAYOUT} {
  %0 = poly_ext.eval %x <\"f\", domain = [-2.0, 3.0], outside = saturate, form = #poly_ext.table<from = -2, dense<[-9, 4, 0, 7, 7, 9]> : tensor<6xi64>>, max_error = 0.5, certificate = none, producer = \"test\"> : !x -> !f
  %1 = poly_ext.eval %x <\"g\", domain = [-6.0, 9.0], outside = refuse, form = #poly_ext.table<from = -6, dense<[0, 1, 4, 9, 16, 25, 36, 49, 64, 81, 100, 121, 144, 169, 196, 225]> : tensor<16xi64>>, max_error = 0.5, certificate = none, producer = \"test\"> : !x -> !g
  return %0, %1 : !f, !g
}",
    options: "",
    layouts: &[layout(4, 1, 1, 1, 1), layout(2, 1, 1, 3, 2), layout(3, 1, 1, 2, 1)],
    model: |inputs| {
        let f = [-9, 4, 0, 7, 7, 9];
        vec![
            inputs[0].iter().map(|x| f[(x.clamp(&-2, &3) + 2) as usize]).collect(),
            inputs[0].iter().map(|x| (x + 6) * (x + 6)).collect(),
        ]
    },
    witnesses: &[&[&[-6, 0, 9]], &[&[-2, 1, 3]], &[&[3, -2, 1]], &[&[1, 3, -2]]],
}];

/// Tables with more rows than the rest of the circuit: with lookups as sums they run over two or three groups of columns.
pub(super) const LONG: &[Case] = &[Case {
    name: "long-table",
    program: "
!x = tensor<8x!zkarith.fixed<0, -20, 19>>
!f = tensor<8x!zkarith.fixed<0, -100, 300>>
func.func @main(%x: !x) -> !f attributes {plonk.layout = LAYOUT} {
  %0 = poly_ext.eval %x <\"f\", domain = [-20.0, 19.0], outside = refuse, form = #poly_ext.table<from = -20, dense<[300, 261, 224, 189, 156, 125, 96, 69, 44, 21, 0, -19, -36, -51, -64, -75, -84, -91, -96, -99, -100, -99, -96, -91, -84, -75, -64, -51, -36, -19, 0, 21, 44, 69, 96, 125, 156, 189, 224, 261]> : tensor<40xi64>>, max_error = 0.5, certificate = none, producer = \"test\"> : !x -> !f
  return %0 : !f
}",
    options: "",
    layouts: &[layout(3, 1, 1, 2, 2), layout(4, 1, 1, 2, 2)],
    model: |inputs| vec![inputs[0].iter().map(|x| x * x - 100).collect()],
    witnesses: &[&[&[-20, -13, -5, -1, 0, 7, 12, 19]], &[&[19, 19, -20, 5, -5, 5, 18, 2]]],
}];
