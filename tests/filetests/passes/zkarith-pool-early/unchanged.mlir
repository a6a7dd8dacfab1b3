// RUN: zkc-opt --zkarith-pool-early %s > %t.once
// RUN: zkc-opt %s | diff - %t.once

// The rescaled numbers have another use, windows that overlap make no fewer numbers, and sums do
// not commute with rounding.
func.func @main(%x: tensor<1x1x4x!zkarith.fixed<14, -5000, 5000>>) -> (tensor<1x1x2x!zkarith.fixed<2, -1, 1>>, tensor<1x1x4x!zkarith.fixed<2, -1, 1>>, tensor<1x1x4x!zkarith.fixed<3, -2, 2>>, tensor<1x1x2x!zkarith.fixed<4, -4, 4>>) {
  %0 = zkarith.rescale %x : tensor<1x1x4x!zkarith.fixed<14, -5000, 5000>> -> tensor<1x1x4x!zkarith.fixed<2, -1, 1>>
  %1 = zkarith.max_pool %0 kernel = [2] strides = [2] pads = [0, 0] dilations = [1] : tensor<1x1x4x!zkarith.fixed<2, -1, 1>> -> tensor<1x1x2x!zkarith.fixed<2, -1, 1>>
  %2 = zkarith.rescale %x : tensor<1x1x4x!zkarith.fixed<14, -5000, 5000>> -> tensor<1x1x4x!zkarith.fixed<3, -2, 2>>
  %3 = zkarith.max_pool %2 kernel = [2] strides = [1] pads = [1, 0] dilations = [1] : tensor<1x1x4x!zkarith.fixed<3, -2, 2>> -> tensor<1x1x4x!zkarith.fixed<3, -2, 2>>
  %4 = zkarith.rescale %x : tensor<1x1x4x!zkarith.fixed<14, -5000, 5000>> -> tensor<1x1x4x!zkarith.fixed<4, -5, 5>>
  %5 = zkarith.clamp %4 : tensor<1x1x4x!zkarith.fixed<4, -5, 5>> -> tensor<1x1x4x!zkarith.fixed<4, -2, 2>>
  %6 = zkarith.sum_pool %5 kernel = [2] strides = [2] pads = [0, 0] dilations = [1] : tensor<1x1x4x!zkarith.fixed<4, -2, 2>> -> tensor<1x1x2x!zkarith.fixed<4, -4, 4>>
  return %1, %0, %3, %6 : tensor<1x1x2x!zkarith.fixed<2, -1, 1>>, tensor<1x1x4x!zkarith.fixed<2, -1, 1>>, tensor<1x1x4x!zkarith.fixed<3, -2, 2>>, tensor<1x1x2x!zkarith.fixed<4, -4, 4>>
}
