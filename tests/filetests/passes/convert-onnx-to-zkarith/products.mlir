// RUN: zkc-opt %s --split-input-file --convert-onnx-to-zkarith="input-range=-1:1" --zkarith-verify-bounds | FileCheck %s

// The product of two computed matrices is exact: its scale is the sum of both, and its bounds are those of as many products
// as the shared axis is long. Batches broadcast. An activation is rescaled first.
// CHECK-LABEL: func.func @main
// CHECK: %[[M:.*]] = zkarith.matmul %{{.*}}, %{{.*}} : (tensor<2x1x3x64x!zkarith.fixed<10, -1024, 1024>>, tensor<5x64x2x!zkarith.fixed<10, -1024, 1024>>) -> tensor<2x5x3x2x!zkarith.fixed<20, -67108864, 67108864>>
// CHECK: %[[R:.*]] = zkarith.rescale %[[M]] : {{.*}} -> tensor<2x5x3x2x!zkarith.fixed<10, -65536, 65536>>
// CHECK: zkarith.relu %[[R]]
func.func @main(%x: tensor<2x1x3x64xf32> {onnx.name = "x"}, %y: tensor<5x64x2xf32> {onnx.name = "y"}) -> (tensor<2x5x3x1xf32> {onnx.name = "z"}) {
  %0 = onnx.MatMul %x, %y : (tensor<2x1x3x64xf32>, tensor<5x64x2xf32>) -> tensor<2x5x3x2xf32>
  %w = onnx.Constant dense<[[0.3], [-0.4]]> : tensor<2x1xf32>
  %1 = onnx.Relu %0 : (tensor<2x5x3x2xf32>) -> tensor<2x5x3x2xf32>
  %2 = onnx.MatMul %1, %w : (tensor<2x5x3x2xf32>, tensor<2x1xf32>) -> tensor<2x5x3x1xf32>
  return %2 : tensor<2x5x3x1xf32>
}

// -----

// A vector is a matrix of one row, or of one column.
// CHECK-LABEL: func.func @main
// CHECK: zkarith.reshape %{{.*}} : tensor<3x!zkarith.fixed<10, -1024, 1024>> -> tensor<1x3x!zkarith.fixed<10, -1024, 1024>>
// CHECK: zkarith.reshape %{{.*}} : tensor<3x!zkarith.fixed<10, -1024, 1024>> -> tensor<3x1x!zkarith.fixed<10, -1024, 1024>>
// CHECK: zkarith.matmul {{.*}} -> tensor<1x1x!zkarith.fixed<20, -3145728, 3145728>>
// CHECK: zkarith.reshape {{.*}} -> tensor<!zkarith.fixed<20, -3145728, 3145728>>
func.func @main(%x: tensor<3xf32> {onnx.name = "x"}, %y: tensor<3xf32> {onnx.name = "y"}) -> (tensor<f32> {onnx.name = "z"}) {
  %0 = onnx.MatMul %x, %y : (tensor<3xf32>, tensor<3xf32>) -> tensor<f32>
  return %0 : tensor<f32>
}
