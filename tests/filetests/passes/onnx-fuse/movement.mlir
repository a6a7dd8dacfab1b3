// RUN: zkc-opt --onnx-fuse %s | FileCheck %s

// CHECK-LABEL: func.func @reshapes
// CHECK-SAME: (%[[X:.*]]: tensor<2x3x4xf32>)
// CHECK: %[[A:.*]] = onnx.Reshape %[[X]], %{{.*}} -> tensor<24xf32>
// CHECK: return %[[A]], %[[X]]
func.func @reshapes(%x: tensor<2x3x4xf32>) -> (tensor<24xf32>, tensor<2x3x4xf32>) {
  %s = onnx.Constant dense<[6, 4]> : tensor<2xi64>
  %t = onnx.Constant dense<24> : tensor<1xi64>
  %u = onnx.Constant dense<[2, 3, 4]> : tensor<3xi64>
  %a = onnx.Reshape %x, %s : (tensor<2x3x4xf32>, tensor<2xi64>) -> tensor<6x4xf32>
  %b = onnx.Reshape %a, %t : (tensor<6x4xf32>, tensor<1xi64>) -> tensor<24xf32>
  %c = onnx.Reshape %a, %u : (tensor<6x4xf32>, tensor<3xi64>) -> tensor<2x3x4xf32>
  return %b, %c : tensor<24xf32>, tensor<2x3x4xf32>
}

// CHECK-LABEL: func.func @transposes
// CHECK-SAME: (%[[X:.*]]: tensor<2x3x4xf32>, %[[Y:.*]]: tensor<2x1x4xf32>)
// CHECK: %[[A:.*]] = onnx.Transpose %[[X]] {perm = array<i64: 2, 0, 1>}
// An axis of extent one moves without moving an element.
// CHECK: %[[B:.*]] = onnx.Reshape %[[Y]], %{{.*}} -> tensor<1x2x4xf32>
// CHECK: return %[[A]], %[[X]], %[[B]]
func.func @transposes(%x: tensor<2x3x4xf32>, %y: tensor<2x1x4xf32>) -> (tensor<4x2x3xf32>, tensor<2x3x4xf32>, tensor<1x2x4xf32>) {
  %a = onnx.Transpose %x {perm = array<i64: 1, 2, 0>} : (tensor<2x3x4xf32>) -> tensor<3x4x2xf32>
  %b = onnx.Transpose %a {perm = array<i64: 1, 2, 0>} : (tensor<3x4x2xf32>) -> tensor<4x2x3xf32>
  %c = onnx.Transpose %a {perm = array<i64: 2, 0, 1>} : (tensor<3x4x2xf32>) -> tensor<2x3x4xf32>
  %d = onnx.Transpose %y {perm = array<i64: 1, 0, 2>} : (tensor<2x1x4xf32>) -> tensor<1x2x4xf32>
  return %b, %c, %d : tensor<4x2x3xf32>, tensor<2x3x4xf32>, tensor<1x2x4xf32>
}

// CHECK-LABEL: func.func @broadcast
// CHECK-SAME: (%[[X:.*]]: tensor<3xf32>, %[[Y:.*]]: tensor<2x3xf32>)
// CHECK: onnx.Add %[[X]], %[[Y]] : (tensor<3xf32>, tensor<2x3xf32>)
func.func @broadcast(%x: tensor<3xf32>, %y: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %s = onnx.Constant dense<[2, 3]> : tensor<2xi64>
  %a = onnx.Expand %x, %s : (tensor<3xf32>, tensor<2xi64>) -> tensor<2x3xf32>
  %b = onnx.Add %a, %y : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return %b : tensor<2x3xf32>
}
