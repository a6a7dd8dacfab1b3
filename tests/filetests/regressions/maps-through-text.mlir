// A map with nested sums was printed without its parentheses and read back as another tree, so that a circuit depended
// on whether its text had been written to a file on the way.
// RUN: zkc-opt %s --zkarith-plan-layout --convert-zkarith-to-plonk -o %t.once
// RUN: zkc-opt %t.once -o %t.twice
// RUN: cmp %t.once %t.twice
// RUN: zkc-translate --export-circuit %t.once -o %t.circuit
// RUN: zkc-translate --export-circuit %t.twice -o %t.again
// RUN: cmp %t.circuit %t.again
// RUN: FileCheck %s < %t.once
// CHECK: plonk.linear
func.func @main(%x: tensor<1x2x6x6x!zkarith.fixed<0, 0, 9>>) -> tensor<1x12x!zkarith.fixed<0, 0, 36>> {
  %0 = zkarith.slice %x starts = [0, 0, 1, 1] steps = [1, 1, 1, 1] : tensor<1x2x6x6x!zkarith.fixed<0, 0, 9>> -> tensor<1x2x4x5x!zkarith.fixed<0, 0, 9>>
  %1 = zkarith.sum_pool %0 kernel = [2, 2] strides = [2, 2] pads = [0, 0, 0, 1] dilations = [1, 1] : tensor<1x2x4x5x!zkarith.fixed<0, 0, 9>> -> tensor<1x2x2x3x!zkarith.fixed<0, 0, 36>>
  %2 = zkarith.transpose %1 permutation = [0, 3, 1, 2] : tensor<1x2x2x3x!zkarith.fixed<0, 0, 36>> -> tensor<1x3x2x2x!zkarith.fixed<0, 0, 36>>
  %3 = zkarith.reshape %2 : tensor<1x3x2x2x!zkarith.fixed<0, 0, 36>> -> tensor<1x12x!zkarith.fixed<0, 0, 36>>
  return %3 : tensor<1x12x!zkarith.fixed<0, 0, 36>>
}
