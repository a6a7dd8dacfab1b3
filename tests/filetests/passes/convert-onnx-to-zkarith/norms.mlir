// RUN: zkc-opt %s --convert-onnx-to-zkarith="input-range=-1:1" | FileCheck %s
// RUN: zkc-opt %s --convert-onnx-to-zkarith="input-range=-1:1" --zkarith-verify-bounds -o %t.mlir

// The weights are a rotation: no operand becomes longer, and none is longer than 2, but for what
// rounding adds. A sum of magnitudes would be 4 in the second product.
// CHECK-LABEL: func.func @main
// CHECK: zkarith.matmul {{.*}} -> tensor<1x4x!zkarith.fixed<22, -8388608, 8388608>>
// CHECK: zkarith.relu {{.*}} -> tensor<1x4x!zkarith.fixed<10, 0, 2048>>
// CHECK: zkarith.matmul {{.*}} -> tensor<1x4x!zkarith.fixed<11, -4096, 4113>>
func.func @main(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %w = onnx.Constant dense<[[0.5, 0.5, 0.5, 0.5], [0.5, -0.5, 0.5, -0.5], [0.5, 0.5, -0.5, -0.5], [0.5, -0.5, -0.5, 0.5]]> : tensor<4x4xf32>
  %0 = onnx.MatMul %x, %w : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32>
  %1 = onnx.Relu %0 : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %2 = onnx.MatMul %1, %w : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32>
  return %2 : tensor<1x4xf32>
}
