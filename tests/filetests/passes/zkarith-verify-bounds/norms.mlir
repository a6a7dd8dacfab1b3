// RUN: split-file %s %t
// RUN: zkc-opt --zkarith-verify-bounds %t/fits.mlir | FileCheck %t/fits.mlir
// RUN: zkc-opt %t/narrow.mlir --split-input-file --verify-diagnostics --zkarith-verify-bounds

// The rows of the weights are orthogonal, and each has the length 2: no product is more than twice
// as long as its operand, which has a length of 16 at most. Sums of magnitudes would say 128 and
// 256 where these types say 64 and 129 (the factor of 2 is known to half a percent).

//--- fits.mlir
// CHECK-LABEL: func.func @chain
// CHECK: return %{{.*}} : tensor<1x4x!zkarith.fixed<0, -129, 129>>
func.func @chain(%x: tensor<1x4x!zkarith.fixed<0, -8, 8>>) -> tensor<1x4x!zkarith.fixed<0, -129, 129>> {
  %w = zkarith.constant dense<[[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]> : tensor<4x4xi64> -> tensor<4x4x!zkarith.fixed<0, -1, 1>>
  %0 = zkarith.matmul %x, %w : (tensor<1x4x!zkarith.fixed<0, -8, 8>>, tensor<4x4x!zkarith.fixed<0, -1, 1>>) -> tensor<1x4x!zkarith.fixed<0, -32, 32>>
  %1 = zkarith.relu %0 : tensor<1x4x!zkarith.fixed<0, -32, 32>> -> tensor<1x4x!zkarith.fixed<0, 0, 32>>
  %2 = zkarith.matmul %1, %w : (tensor<1x4x!zkarith.fixed<0, 0, 32>>, tensor<4x4x!zkarith.fixed<0, -1, 1>>) -> tensor<1x4x!zkarith.fixed<0, -64, 64>>
  %3 = zkarith.matmul %2, %w : (tensor<1x4x!zkarith.fixed<0, -64, 64>>, tensor<4x4x!zkarith.fixed<0, -1, 1>>) -> tensor<1x4x!zkarith.fixed<0, -129, 129>>
  return %3 : tensor<1x4x!zkarith.fixed<0, -129, 129>>
}

// The same map as a convolution of one position, and of a window of two.
// CHECK-LABEL: func.func @convolutions
func.func @convolutions(%x: tensor<1x4x1x!zkarith.fixed<0, -8, 8>>) -> tensor<1x4x1x!zkarith.fixed<0, -64, 64>> {
  %w = zkarith.constant dense<[[[1], [1], [1], [1]], [[1], [-1], [1], [-1]], [[1], [1], [-1], [-1]], [[1], [-1], [-1], [1]]]> : tensor<4x4x1xi64> -> tensor<4x4x1x!zkarith.fixed<0, -1, 1>>
  %0 = zkarith.conv %x, %w strides = [1] pads = [0, 0] dilations = [1] group = 1 : (tensor<1x4x1x!zkarith.fixed<0, -8, 8>>, tensor<4x4x1x!zkarith.fixed<0, -1, 1>>) -> tensor<1x4x1x!zkarith.fixed<0, -32, 32>>
  %1 = zkarith.conv %0, %w strides = [1] pads = [0, 0] dilations = [1] group = 1 : (tensor<1x4x1x!zkarith.fixed<0, -32, 32>>, tensor<4x4x1x!zkarith.fixed<0, -1, 1>>) -> tensor<1x4x1x!zkarith.fixed<0, -64, 64>>
  return %1 : tensor<1x4x1x!zkarith.fixed<0, -64, 64>>
}

//--- narrow.mlir
func.func @narrow(%x: tensor<1x4x!zkarith.fixed<0, -8, 8>>) -> tensor<1x4x!zkarith.fixed<0, -64, 63>> {
  %w = zkarith.constant dense<[[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]> : tensor<4x4xi64> -> tensor<4x4x!zkarith.fixed<0, -1, 1>>
  %0 = zkarith.matmul %x, %w : (tensor<1x4x!zkarith.fixed<0, -8, 8>>, tensor<4x4x!zkarith.fixed<0, -1, 1>>) -> tensor<1x4x!zkarith.fixed<0, -32, 32>>
  // expected-error@+1 {{`zkarith.matmul`: element 0 of the result is [-64, 64], outside of [-64, 63] of its type}}
  %1 = zkarith.matmul %0, %w : (tensor<1x4x!zkarith.fixed<0, -32, 32>>, tensor<4x4x!zkarith.fixed<0, -1, 1>>) -> tensor<1x4x!zkarith.fixed<0, -64, 63>>
  return %1 : tensor<1x4x!zkarith.fixed<0, -64, 63>>
}

// -----

// A function may have any value of its type, and so each element may be 8 at once.
func.func @forgotten(%x: tensor<1x4x!zkarith.fixed<0, -8, 8>>) -> tensor<1x4x!zkarith.fixed<0, -64, 64>> {
  %w = zkarith.constant dense<[[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]> : tensor<4x4xi64> -> tensor<4x4x!zkarith.fixed<0, -1, 1>>
  %0 = zkarith.matmul %x, %w : (tensor<1x4x!zkarith.fixed<0, -8, 8>>, tensor<4x4x!zkarith.fixed<0, -1, 1>>) -> tensor<1x4x!zkarith.fixed<0, -32, 32>>
  %1 = zkarith.apply "softsign" %0 : tensor<1x4x!zkarith.fixed<0, -32, 32>> -> tensor<1x4x!zkarith.fixed<0, -32, 32>>
  // expected-error@+1 {{`zkarith.matmul`: element 0 of the result is [-128, 128], outside of [-64, 64] of its type}}
  %2 = zkarith.matmul %1, %w : (tensor<1x4x!zkarith.fixed<0, -32, 32>>, tensor<4x4x!zkarith.fixed<0, -1, 1>>) -> tensor<1x4x!zkarith.fixed<0, -64, 64>>
  return %2 : tensor<1x4x!zkarith.fixed<0, -64, 64>>
}
