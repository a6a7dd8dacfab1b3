// RUN: zkc-opt %s --canonicalize --cse | FileCheck %s

// What changes nothing vanishes.
// CHECK-LABEL: func.func @identities
// CHECK-SAME: %[[X:.*]]: tensor<2x3x!zkarith.fixed<4, 0, 9>>
// CHECK-NEXT: return %[[X]]
func.func @identities(%x: tensor<2x3x!zkarith.fixed<4, 0, 9>>) -> tensor<2x3x!zkarith.fixed<4, 0, 9>> {
  %0 = zkarith.upscale %x : tensor<2x3x!zkarith.fixed<4, 0, 9>> -> tensor<2x3x!zkarith.fixed<4, 0, 9>>
  %1 = zkarith.reinterpret %0 : tensor<2x3x!zkarith.fixed<4, 0, 9>> -> tensor<2x3x!zkarith.fixed<4, 0, 9>>
  %2 = zkarith.broadcast %1 : tensor<2x3x!zkarith.fixed<4, 0, 9>> -> tensor<2x3x!zkarith.fixed<4, 0, 9>>
  %3 = zkarith.transpose %2 permutation = [0, 1] : tensor<2x3x!zkarith.fixed<4, 0, 9>> -> tensor<2x3x!zkarith.fixed<4, 0, 9>>
  %4 = zkarith.relu %3 : tensor<2x3x!zkarith.fixed<4, 0, 9>> -> tensor<2x3x!zkarith.fixed<4, 0, 9>>
  %5 = zkarith.clamp %4 : tensor<2x3x!zkarith.fixed<4, 0, 9>> -> tensor<2x3x!zkarith.fixed<4, 0, 9>>
  %6 = zkarith.reshape %5 : tensor<2x3x!zkarith.fixed<4, 0, 9>> -> tensor<6x!zkarith.fixed<4, 0, 9>>
  %7 = zkarith.reshape %6 : tensor<6x!zkarith.fixed<4, 0, 9>> -> tensor<2x3x!zkarith.fixed<4, 0, 9>>
  return %7 : tensor<2x3x!zkarith.fixed<4, 0, 9>>
}

// CHECK-LABEL: func.func @zero
// CHECK-SAME: %[[X:.*]]: tensor<2x!zkarith.fixed<4, -9, 9>>
// CHECK-NEXT: return %[[X]]
func.func @zero(%x: tensor<2x!zkarith.fixed<4, -9, 9>>) -> tensor<2x!zkarith.fixed<4, -9, 9>> {
  %c = zkarith.constant dense<0> : tensor<2xi64> -> tensor<2x!zkarith.fixed<4, 0, 0>>
  %0 = zkarith.add %x, %c : (tensor<2x!zkarith.fixed<4, -9, 9>>, tensor<2x!zkarith.fixed<4, 0, 0>>) -> tensor<2x!zkarith.fixed<4, -9, 9>>
  %1 = zkarith.sub %0, %c : (tensor<2x!zkarith.fixed<4, -9, 9>>, tensor<2x!zkarith.fixed<4, 0, 0>>) -> tensor<2x!zkarith.fixed<4, -9, 9>>
  return %1 : tensor<2x!zkarith.fixed<4, -9, 9>>
}

// A clamp that cuts, and a relu of what may be negative, stay.
// CHECK-LABEL: func.func @needed
// CHECK: zkarith.relu
// CHECK: zkarith.clamp
func.func @needed(%x: tensor<2x!zkarith.fixed<4, -9, 9>>) -> tensor<2x!zkarith.fixed<4, 0, 5>> {
  %0 = zkarith.relu %x : tensor<2x!zkarith.fixed<4, -9, 9>> -> tensor<2x!zkarith.fixed<4, -9, 9>>
  %1 = zkarith.clamp %0 : tensor<2x!zkarith.fixed<4, -9, 9>> -> tensor<2x!zkarith.fixed<4, 0, 5>>
  return %1 : tensor<2x!zkarith.fixed<4, 0, 5>>
}

// Equal operations are one; dead ones vanish.
// CHECK-LABEL: func.func @shared
// CHECK-COUNT-1: zkarith.rescale
// CHECK-NOT: zkarith.rescale
// CHECK-NOT: zkarith.reduce_max
func.func @shared(%x: tensor<2x!zkarith.fixed<4, -8, 8>>) -> tensor<2x!zkarith.fixed<2, -4, 4>> {
  %0 = zkarith.rescale %x : tensor<2x!zkarith.fixed<4, -8, 8>> -> tensor<2x!zkarith.fixed<2, -2, 2>>
  %1 = zkarith.rescale %x : tensor<2x!zkarith.fixed<4, -8, 8>> -> tensor<2x!zkarith.fixed<2, -2, 2>>
  %2 = zkarith.reduce_max %x axes = [0] : tensor<2x!zkarith.fixed<4, -8, 8>> -> tensor<1x!zkarith.fixed<4, -8, 8>>
  %3 = zkarith.add %0, %1 : (tensor<2x!zkarith.fixed<2, -2, 2>>, tensor<2x!zkarith.fixed<2, -2, 2>>) -> tensor<2x!zkarith.fixed<2, -4, 4>>
  return %3 : tensor<2x!zkarith.fixed<2, -4, 4>>
}
