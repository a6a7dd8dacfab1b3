// RUN: zkc-opt --zkarith-merge-scales %s > %t.once
// RUN: zkc-opt %s | diff - %t.once

// Rounding twice is not rounding once: of 7/16 the first rescale makes 2/4, the second 1.
func.func @main(%x: tensor<2x!zkarith.fixed<4, -16, 16>>) -> tensor<2x!zkarith.fixed<0, -1, 1>> {
  %0 = zkarith.rescale %x : tensor<2x!zkarith.fixed<4, -16, 16>> -> tensor<2x!zkarith.fixed<2, -4, 4>>
  %1 = zkarith.rescale %0 : tensor<2x!zkarith.fixed<2, -4, 4>> -> tensor<2x!zkarith.fixed<0, -1, 1>>
  return %1 : tensor<2x!zkarith.fixed<0, -1, 1>>
}
