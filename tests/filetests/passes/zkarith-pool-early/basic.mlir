// RUN: zkc-opt %s --split-input-file --zkarith-pool-early | FileCheck %s

// Three numbers of each row are not rescaled any more.
// CHECK-LABEL: func.func @rows
// CHECK: %[[M:.*]] = zkarith.reduce_max %{{.*}} axes = [1] : tensor<5x4x!zkarith.fixed<14, -5000, 5000>> -> tensor<5x1x!zkarith.fixed<14, -5000, 5000>>
// CHECK: zkarith.rescale %[[M]]
func.func @rows(%x: tensor<5x4x!zkarith.fixed<14, -5000, 5000>>) -> tensor<5x1x!zkarith.fixed<2, -1, 1>> {
  %0 = zkarith.rescale %x : tensor<5x4x!zkarith.fixed<14, -5000, 5000>> -> tensor<5x4x!zkarith.fixed<2, -1, 1>>
  %1 = zkarith.reduce_max %0 axes = [1] : tensor<5x4x!zkarith.fixed<2, -1, 1>> -> tensor<5x1x!zkarith.fixed<2, -1, 1>>
  return %1 : tensor<5x1x!zkarith.fixed<2, -1, 1>>
}

// -----

// Only the part of a chain that pays moves: here the relu. The windows overlap, so that comparing
// the wide numbers in front of the clamp would cost more than clamping fewer of them saves.
// CHECK-LABEL: func.func @part
// CHECK: %[[C:.*]] = zkarith.clamp
// CHECK: %[[M:.*]] = zkarith.max_pool %[[C]]
// CHECK: zkarith.relu %[[M]]
func.func @part(%x: tensor<1x1x7x!zkarith.fixed<9, -1, 200000000000000000000000000000>>) -> tensor<1x1x3x!zkarith.fixed<9, 0, 1>> {
  %0 = zkarith.clamp %x : tensor<1x1x7x!zkarith.fixed<9, -1, 200000000000000000000000000000>> -> tensor<1x1x7x!zkarith.fixed<9, -1, 1>>
  %1 = zkarith.relu %0 : tensor<1x1x7x!zkarith.fixed<9, -1, 1>> -> tensor<1x1x7x!zkarith.fixed<9, 0, 1>>
  %2 = zkarith.max_pool %1 kernel = [3] strides = [2] pads = [0, 0] dilations = [1] : tensor<1x1x7x!zkarith.fixed<9, 0, 1>> -> tensor<1x1x3x!zkarith.fixed<9, 0, 1>>
  return %2 : tensor<1x1x3x!zkarith.fixed<9, 0, 1>>
}
