// RUN: zkc-opt --onnx-decompose %s | FileCheck %s

// Rounding the number of windows up is padding behind the operand.
// CHECK-LABEL: func.func @ceil_mode
// CHECK: onnx.MaxPool %{{.*}} {dilations = array<i64: 1, 1>, kernel_shape = array<i64: 2, 2>, pads = array<i64: 0, 0, 1, 1>, strides = array<i64: 2, 2>}
func.func @ceil_mode(%x: tensor<1x1x5x5xf32>) -> tensor<1x1x3x3xf32> {
  %y = onnx.MaxPool %x {ceil_mode = 1 : i64, kernel_shape = array<i64: 2, 2>, strides = array<i64: 2, 2>} : (tensor<1x1x5x5xf32>) -> tensor<1x1x3x3xf32>
  return %y : tensor<1x1x3x3xf32>
}

// CHECK-LABEL: func.func @average_over_padding
// CHECK: onnx.AveragePool %{{.*}} {count_include_pad = 1 : i64, dilations = array<i64: 1>, kernel_shape = array<i64: 2>, pads = array<i64: 1, 1>, strides = array<i64: 1>}
func.func @average_over_padding(%x: tensor<1x2x4xf32>) -> tensor<1x2x5xf32> {
  %y = onnx.AveragePool %x {count_include_pad = 1 : i64, kernel_shape = array<i64: 2>, pads = array<i64: 1, 1>} : (tensor<1x2x4xf32>) -> tensor<1x2x5xf32>
  return %y : tensor<1x2x5xf32>
}

// At the borders the divisor is smaller: sums, and products with its reciprocals.
// CHECK-LABEL: func.func @average_without_padding
// CHECK: %[[W:.*]] = onnx.Constant dense<1.000000e+00> : tensor<2x1x2xf32>
// CHECK: %[[S:.*]] = onnx.Conv %{{.*}}, %[[W]], %{{.*}} {dilations = array<i64: 1>, group = 2 : i64, kernel_shape = array<i64: 2>, pads = array<i64: 1, 1>, strides = array<i64: 1>}
// CHECK: %[[R:.*]] = onnx.Constant dense<{{.*}}[1.000000e+00, 5.000000e-01, 5.000000e-01, 5.000000e-01, 1.000000e+00]{{.*}}> : tensor<1x1x5xf32>
// CHECK: onnx.Mul %[[S]], %[[R]]
func.func @average_without_padding(%x: tensor<1x2x4xf32>) -> tensor<1x2x5xf32> {
  %y = onnx.AveragePool %x {kernel_shape = array<i64: 2>, pads = array<i64: 1, 1>} : (tensor<1x2x4xf32>) -> tensor<1x2x5xf32>
  return %y : tensor<1x2x5xf32>
}

// CHECK-LABEL: func.func @global
// CHECK: %[[A:.*]] = onnx.Constant dense<[2, 3]> : tensor<2xi64>
// CHECK: %[[S:.*]] = onnx.ReduceSum %[[X:.*]], %[[A]] : (tensor<1x2x4x4xf32>, tensor<2xi64>) -> tensor<1x2x1x1xf32>
// CHECK: %[[Q:.*]] = onnx.Constant dense<6.250000e-02> : tensor<f32>
// CHECK: onnx.Mul %[[S]], %[[Q]]
// CHECK: onnx.ReduceMax %[[X]], %{{.*}} -> tensor<1x2x1x1xf32>
func.func @global(%x: tensor<1x2x4x4xf32>) -> (tensor<1x2x1x1xf32>, tensor<1x2x1x1xf32>) {
  %a = onnx.GlobalAveragePool %x : (tensor<1x2x4x4xf32>) -> tensor<1x2x1x1xf32>
  %b = onnx.GlobalMaxPool %x : (tensor<1x2x4x4xf32>) -> tensor<1x2x1x1xf32>
  return %a, %b : tensor<1x2x1x1xf32>, tensor<1x2x1x1xf32>
}

// A minimum is the negative of the maximum of the negative; axes that go are a reshape.
// CHECK-LABEL: func.func @minimum
// CHECK: %[[N:.*]] = onnx.Mul %{{.*}}, %{{.*}}
// CHECK: %[[M:.*]] = onnx.ReduceMax %[[N]], %{{.*}} : (tensor<2x3xf32>, tensor<1xi64>) -> tensor<2x1xf32>
// CHECK: %[[P:.*]] = onnx.Mul %[[M]], %{{.*}}
// CHECK: onnx.Reshape %[[P]], %{{.*}} -> tensor<2xf32>
func.func @minimum(%x: tensor<2x3xf32>) -> tensor<2xf32> {
  %axes = onnx.Constant dense<-1> : tensor<1xi64>
  %y = onnx.ReduceMin %x, %axes {keepdims = 0 : i64} : (tensor<2x3xf32>, tensor<1xi64>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}
