// RUN: zkc-opt %s --zkarith-plan-layout=layout=strips | FileCheck %s
// RUN: zkc-opt %s --zkarith-plan-layout | FileCheck %s --check-prefix=DIRECT

// Matrices of several rows and columns have lines where that is cheaper: their elements then follow each other down the
// strips, as those of the product's reader do.

// CHECK: plonk.strips = {k = {{[0-9]+}} : i64, lanes = {{[0-9]+}} : i64, limb_bits = {{[0-9]+}} : i64, lines = 2 : i64, strips = {{[0-9]+}} : i64}
// DIRECT: plonk.layout = {
!x = tensor<16x16x!zkarith.fixed<4, -15, 15>>
!c = tensor<16x16x!zkarith.fixed<8, -3600, 3600>>
!y = tensor<16x16x!zkarith.fixed<4, -225, 225>>
func.func @main(%a: !x, %b: !x) -> !y {
  %0 = zkarith.matmul %a, %b : (!x, !x) -> !c
  %1 = zkarith.rescale %0 : !c -> !y
  return %1 : !y
}
