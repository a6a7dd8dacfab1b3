// RUN: zkc-opt --onnx-decompose %s | FileCheck %s

// CHECK-LABEL: func.func @conv_bias
// CHECK: %[[N:.*]] = onnx.NoValue
// SAME_UPPER puts the odd row behind the operand.
// CHECK: %[[C:.*]] = onnx.Conv %{{.*}}, %{{.*}}, %[[N]] {dilations = array<i64: 1, 1>, kernel_shape = array<i64: 2, 2>, pads = array<i64: 0, 0, 1, 1>, strides = array<i64: 1, 1>}
// CHECK: %[[B:.*]] = onnx.Constant dense<{{.*}}> : tensor<2x1x1xf32>
// CHECK: onnx.Add %[[C]], %[[B]]
func.func @conv_bias(%x: tensor<1x1x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = onnx.Constant dense<0.5> : tensor<2x1x2x2xf32>
  %b = onnx.Constant dense<[1.0, 2.0]> : tensor<2xf32>
  %y = onnx.Conv %x, %w, %b {auto_pad = "SAME_UPPER"} : (tensor<1x1x4x4xf32>, tensor<2x1x2x2xf32>, tensor<2xf32>) -> tensor<1x2x4x4xf32>
  return %y : tensor<1x2x4x4xf32>
}

// The factors go into the constants.
// CHECK-LABEL: func.func @gemm
// CHECK: %[[W:.*]] = onnx.Constant dense<{{\[}}[5.000000e-01, 1.500000e+00], [1.000000e+00, 2.000000e+00]]> : tensor<2x2xf32>
// CHECK: %[[P:.*]] = onnx.MatMul %{{.*}}, %[[W]]
// CHECK: %[[B:.*]] = onnx.Constant dense<[3.000000e+00, 6.000000e+00]> : tensor<2xf32>
// CHECK: onnx.Add %[[P]], %[[B]]
func.func @gemm(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = onnx.Constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %b = onnx.Constant dense<[1.0, 2.0]> : tensor<2xf32>
  %y = onnx.Gemm %x, %w, %b {alpha = 0.5 : f32, beta = 3.0 : f32, transB = 1 : i64} : (tensor<1x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// CHECK-LABEL: func.func @gemm_of_inputs
// CHECK: %[[T:.*]] = onnx.Transpose %{{.*}} {perm = array<i64: 1, 0>}
// CHECK: %[[P:.*]] = onnx.MatMul %[[T]], %{{.*}}
// CHECK: %[[Y:.*]] = onnx.Mul %[[P]], %{{.*}}
// CHECK: return %[[Y]]
func.func @gemm_of_inputs(%x: tensor<3x2xf32>, %w: tensor<3x4xf32>) -> tensor<2x4xf32> {
  %none = onnx.NoValue : none
  %y = onnx.Gemm %x, %w, %none {alpha = 0.5 : f32, transA = 1 : i64} : (tensor<3x2xf32>, tensor<3x4xf32>, none) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// Operands of rank one become a row and a column.
// CHECK-LABEL: func.func @vectors
// CHECK: onnx.Reshape %{{.*}} -> tensor<1x3xf32>
// CHECK: onnx.Reshape %{{.*}} -> tensor<3x1xf32>
// CHECK: onnx.MatMul {{.*}} -> tensor<1x1xf32>
// CHECK: onnx.Reshape %{{.*}} -> tensor<f32>
func.func @vectors(%x: tensor<3xf32>, %y: tensor<3xf32>) -> tensor<f32> {
  %z = onnx.MatMul %x, %y : (tensor<3xf32>, tensor<3xf32>) -> tensor<f32>
  return %z : tensor<f32>
}

// 4 (x - 1) / sqrt(3.5 + 0.5) + 5 is 2 x + 3.
// CHECK-LABEL: func.func @batch_normalization
// CHECK-DAG: %[[F:.*]] = onnx.Constant dense<2.000000e+00> : tensor<2x1xf32>
// CHECK-DAG: %[[S:.*]] = onnx.Constant dense<3.000000e+00> : tensor<2x1xf32>
// CHECK: %[[P:.*]] = onnx.Mul %{{.*}}, %[[F]]
// CHECK: onnx.Add %[[P]], %[[S]]
func.func @batch_normalization(%x: tensor<1x2x3xf32>) -> tensor<1x2x3xf32> {
  %scale = onnx.Constant dense<4.0> : tensor<2xf32>
  %bias = onnx.Constant dense<5.0> : tensor<2xf32>
  %mean = onnx.Constant dense<1.0> : tensor<2xf32>
  %var = onnx.Constant dense<3.5> : tensor<2xf32>
  %y = onnx.BatchNormalization %x, %scale, %bias, %mean, %var {epsilon = 0.5 : f32} : (tensor<1x2x3xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2x3xf32>
  return %y : tensor<1x2x3xf32>
}

// CHECK-LABEL: func.func @softmax
// CHECK: %[[M:.*]] = onnx.ReduceMax %[[X:.*]], %{{.*}} : (tensor<2x3xf32>, tensor<1xi64>) -> tensor<2x1xf32>
// CHECK: %[[D:.*]] = onnx.Sub %[[X]], %[[M]]
// CHECK: %[[E:.*]] = onnx.Exp %[[D]]
// CHECK: %[[S:.*]] = onnx.ReduceSum %[[E]], %{{.*}} -> tensor<2x1xf32>
// CHECK: onnx.Div %[[E]], %[[S]]
func.func @softmax(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %y = onnx.Softmax %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// Before opset 13 all axes from the given one on were one.
// CHECK-LABEL: func.func @old_softmax
// CHECK: onnx.Reshape %{{.*}} -> tensor<2x12xf32>
// CHECK: onnx.ReduceMax {{.*}} -> tensor<2x1xf32>
// CHECK: onnx.Reshape %{{.*}} -> tensor<2x3x4xf32>
func.func @old_softmax(%x: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  %y = onnx.Softmax %x {axis = 1 : i64, coerce_2d} : (tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  return %y : tensor<2x3x4xf32>
}
