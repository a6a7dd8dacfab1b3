// RUN: zkc-opt --onnx-fuse %s | FileCheck %s

// CHECK-LABEL: func.func @relu_twice
// CHECK: onnx.Relu
// CHECK-NOT: onnx.Relu
// CHECK: return
func.func @relu_twice(%x: tensor<2xf32>) -> tensor<2xf32> {
  %a = onnx.Relu %x : (tensor<2xf32>) -> tensor<2xf32>
  %b = onnx.Relu %a : (tensor<2xf32>) -> tensor<2xf32>
  return %b : tensor<2xf32>
}

// CHECK-LABEL: func.func @relu_of_sigmoid
// CHECK: %[[S:.*]] = onnx.Sigmoid
// CHECK: %[[T:.*]] = onnx.Transpose %[[S]]
// CHECK: return %[[T]]
func.func @relu_of_sigmoid(%x: tensor<2x3xf32>) -> tensor<3x2xf32> {
  %a = onnx.Sigmoid %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %b = onnx.Transpose %a {perm = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %c = onnx.Relu %b : (tensor<3x2xf32>) -> tensor<3x2xf32>
  return %c : tensor<3x2xf32>
}

// ReLU6 as exporters write it.
// CHECK-LABEL: func.func @bounds
// CHECK-SAME: (%[[X:.*]]: tensor<2xf32>)
// CHECK-DAG: %[[L:.*]] = onnx.Constant dense<0.000000e+00>
// CHECK-DAG: %[[H:.*]] = onnx.Constant dense<6.000000e+00>
// CHECK: %[[Y:.*]] = onnx.Clip %[[X]], %[[L]], %[[H]]
// CHECK: return %[[Y]]
func.func @bounds(%x: tensor<2xf32>) -> tensor<2xf32> {
  %six = onnx.Constant dense<6.0> : tensor<f32>
  %a = onnx.Relu %x : (tensor<2xf32>) -> tensor<2xf32>
  %b = onnx.Min %a, %six : (tensor<2xf32>, tensor<f32>) -> tensor<2xf32>
  return %b : tensor<2xf32>
}

// Fewer elements go through the function behind the maximum.
// CHECK-LABEL: func.func @maximum_first
// CHECK: %[[M:.*]] = onnx.MaxPool %{{.*}} -> tensor<1x1x2xf32>
// CHECK: %[[R:.*]] = onnx.Tanh %[[M]] : (tensor<1x1x2xf32>)
// CHECK: %[[N:.*]] = onnx.ReduceMax %{{.*}} -> tensor<1x1x1xf32>
// CHECK: %[[S:.*]] = onnx.LeakyRelu %[[N]] {alpha = 1.000000e-01 : f32}
// CHECK: return %[[R]], %[[S]]
func.func @maximum_first(%x: tensor<1x1x4xf32>) -> (tensor<1x1x2xf32>, tensor<1x1x1xf32>) {
  %axis = onnx.Constant dense<2> : tensor<1xi64>
  %a = onnx.Tanh %x : (tensor<1x1x4xf32>) -> tensor<1x1x4xf32>
  %b = onnx.MaxPool %a {dilations = array<i64: 1>, kernel_shape = array<i64: 2>, pads = array<i64: 0, 0>, strides = array<i64: 2>} : (tensor<1x1x4xf32>) -> tensor<1x1x2xf32>
  %c = onnx.LeakyRelu %x {alpha = 0.1 : f32} : (tensor<1x1x4xf32>) -> tensor<1x1x4xf32>
  %d = onnx.ReduceMax %c, %axis : (tensor<1x1x4xf32>, tensor<1xi64>) -> tensor<1x1x1xf32>
  return %b, %d : tensor<1x1x2xf32>, tensor<1x1x1xf32>
}
