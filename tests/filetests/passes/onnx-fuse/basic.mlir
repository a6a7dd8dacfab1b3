// RUN: zkc-opt --onnx-fuse %s | FileCheck %s

// A batch normalization after a convolution goes into its weights and bias.
// CHECK-LABEL: func.func @normalized_conv
// CHECK: %[[W:.*]] = onnx.Constant dense<{{.*}}2.000000e+00{{.*}}9.000000e+00{{.*}}> : tensor<2x1x1x1xf32>
// CHECK: %[[C:.*]] = onnx.Conv %{{.*}}, %[[W]], %{{.*}}
// CHECK-NEXT: %[[B:.*]] = onnx.Constant dense<{{.*}}1.200000e+01{{.*}}2.300000e+01{{.*}}> : tensor<2x1x1xf32>
// CHECK-NEXT: %[[Y:.*]] = onnx.Add %[[C]], %[[B]]
// CHECK-NEXT: return %[[Y]]
func.func @normalized_conv(%x: tensor<1x1x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %none = onnx.NoValue : none
  %w = onnx.Constant dense<[[[[1.0]]], [[[3.0]]]]> : tensor<2x1x1x1xf32>
  %b = onnx.Constant dense<1.0> : tensor<2x1x1xf32>
  %s = onnx.Constant dense<[[[2.0]], [[3.0]]]> : tensor<2x1x1xf32>
  %t = onnx.Constant dense<[[[10.0]], [[20.0]]]> : tensor<2x1x1xf32>
  %c = onnx.Conv %x, %w, %none {dilations = array<i64: 1, 1>, kernel_shape = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<1x1x4x4xf32>, tensor<2x1x1x1xf32>, none) -> tensor<1x2x4x4xf32>
  %d = onnx.Add %c, %b : (tensor<1x2x4x4xf32>, tensor<2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %e = onnx.Mul %d, %s : (tensor<1x2x4x4xf32>, tensor<2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %y = onnx.Add %e, %t : (tensor<1x2x4x4xf32>, tensor<2x1x1xf32>) -> tensor<1x2x4x4xf32>
  return %y : tensor<1x2x4x4xf32>
}

// One before a matrix product: the factors go into the rows, the shift into a bias.
// CHECK-LABEL: func.func @normalized_input
// CHECK-SAME: (%[[X:.*]]: tensor<1x2xf32>)
// CHECK-DAG: %[[W:.*]] = onnx.Constant dense<{{\[}}[2.000000e+00, 4.000000e+00], [9.000000e+00, 1.200000e+01]]> : tensor<2x2xf32>
// CHECK-DAG: %[[B:.*]] = onnx.Constant dense<[7.000000e+00, 1.000000e+01]> : tensor<2xf32>
// CHECK: %[[P:.*]] = onnx.MatMul %[[X]], %[[W]]
// CHECK: onnx.Add %[[P]], %[[B]]
func.func @normalized_input(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %s = onnx.Constant dense<[2.0, 3.0]> : tensor<2xf32>
  %t = onnx.Constant dense<[1.0, 2.0]> : tensor<2xf32>
  %w = onnx.Constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %a = onnx.Mul %x, %s : (tensor<1x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  %b = onnx.Add %a, %t : (tensor<1x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  %y = onnx.MatMul %b, %w : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// Through the flattening between a mean over an image and a dense layer.
// CHECK-LABEL: func.func @through_reshape
// CHECK-NOT: onnx.Mul
// CHECK: %[[S:.*]] = onnx.ReduceSum
// CHECK: %[[R:.*]] = onnx.Reshape %[[S]]
// CHECK: onnx.MatMul %[[R]]
func.func @through_reshape(%x: tensor<1x2x4x4xf32>) -> tensor<1x3xf32> {
  %axes = onnx.Constant dense<[2, 3]> : tensor<2xi64>
  %shape = onnx.Constant dense<[1, 2]> : tensor<2xi64>
  %c = onnx.Constant dense<0.0625> : tensor<f32>
  %w = onnx.Constant dense<1.0> : tensor<2x3xf32>
  %a = onnx.ReduceSum %x, %axes : (tensor<1x2x4x4xf32>, tensor<2xi64>) -> tensor<1x2x1x1xf32>
  %b = onnx.Mul %a, %c : (tensor<1x2x1x1xf32>, tensor<f32>) -> tensor<1x2x1x1xf32>
  %d = onnx.Reshape %b, %shape : (tensor<1x2x1x1xf32>, tensor<2xi64>) -> tensor<1x2xf32>
  %y = onnx.MatMul %d, %w : (tensor<1x2xf32>, tensor<2x3xf32>) -> tensor<1x3xf32>
  return %y : tensor<1x3xf32>
}

// Factors after a transposition, per channel.
// CHECK-LABEL: func.func @through_transpose
// CHECK-NOT: onnx.Mul
// CHECK: %[[C:.*]] = onnx.Conv
// CHECK: %[[T:.*]] = onnx.Transpose %[[C]] {perm = array<i64: 0, 2, 1>}
// CHECK: return %[[T]]
func.func @through_transpose(%x: tensor<1x1x4xf32>) -> tensor<1x4x2xf32> {
  %none = onnx.NoValue : none
  %w = onnx.Constant dense<1.0> : tensor<2x1x1xf32>
  %s = onnx.Constant dense<[2.0, 3.0]> : tensor<2xf32>
  %c = onnx.Conv %x, %w, %none {dilations = array<i64: 1>, kernel_shape = array<i64: 1>, pads = array<i64: 0, 0>, strides = array<i64: 1>} : (tensor<1x1x4xf32>, tensor<2x1x1xf32>, none) -> tensor<1x2x4xf32>
  %t = onnx.Transpose %c {perm = array<i64: 0, 2, 1>} : (tensor<1x2x4xf32>) -> tensor<1x4x2xf32>
  %y = onnx.Mul %t, %s : (tensor<1x4x2xf32>, tensor<2xf32>) -> tensor<1x4x2xf32>
  return %y : tensor<1x4x2xf32>
}

// Without anything between them two matrix products are one, if that takes no more weights.
// CHECK-LABEL: func.func @product_of_products
// CHECK: onnx.Constant dense<{{.*}}> : tensor<4x1xf32>
// CHECK: onnx.MatMul
// CHECK-NOT: onnx.MatMul
// CHECK: onnx.Add
func.func @product_of_products(%x: tensor<1x4xf32>) -> tensor<1x1xf32> {
  %v = onnx.Constant dense<1.0> : tensor<4x3xf32>
  %b = onnx.Constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %w = onnx.Constant dense<2.0> : tensor<3x1xf32>
  %p = onnx.MatMul %x, %v : (tensor<1x4xf32>, tensor<4x3xf32>) -> tensor<1x3xf32>
  %a = onnx.Add %p, %b : (tensor<1x3xf32>, tensor<3xf32>) -> tensor<1x3xf32>
  %y = onnx.MatMul %a, %w : (tensor<1x3xf32>, tensor<3x1xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// CHECK-LABEL: func.func @padding
// CHECK-NOT: onnx.Pad
// CHECK: onnx.Conv {{.*}}pads = array<i64: 2, 2>
// CHECK: onnx.AveragePool %{{.*}} {count_include_pad = 1 : i64, {{.*}}pads = array<i64: 0, 1>
func.func @padding(%x: tensor<1x1x4xf32>) -> tensor<1x1x6xf32> {
  %none = onnx.NoValue : none
  %zero = onnx.Constant dense<0.0> : tensor<f32>
  %both = onnx.Constant dense<[0, 0, 1, 0, 0, 1]> : tensor<6xi64>
  %after = onnx.Constant dense<[0, 0, 0, 0, 0, 1]> : tensor<6xi64>
  %w = onnx.Constant dense<1.0> : tensor<1x1x3xf32>
  %a = onnx.Pad %x, %both, %zero, %none : (tensor<1x1x4xf32>, tensor<6xi64>, tensor<f32>, none) -> tensor<1x1x6xf32>
  %b = onnx.Conv %a, %w, %none {dilations = array<i64: 1>, kernel_shape = array<i64: 3>, pads = array<i64: 1, 1>, strides = array<i64: 1>} : (tensor<1x1x6xf32>, tensor<1x1x3xf32>, none) -> tensor<1x1x6xf32>
  %c = onnx.Pad %b, %after, %zero, %none : (tensor<1x1x6xf32>, tensor<6xi64>, tensor<f32>, none) -> tensor<1x1x7xf32>
  %d = onnx.AveragePool %c {dilations = array<i64: 1>, kernel_shape = array<i64: 2>, pads = array<i64: 0, 0>, strides = array<i64: 1>} : (tensor<1x1x7xf32>) -> tensor<1x1x6xf32>
  return %d : tensor<1x1x6xf32>
}

// CHECK-LABEL: func.func @sums_and_products
// CHECK-SAME: (%[[X:.*]]: tensor<2xf32>)
// CHECK: %[[F:.*]] = onnx.Constant dense<6.000000e+00> : tensor<f32>
// CHECK: %[[P:.*]] = onnx.Mul %[[X]], %[[F]]
// CHECK-NEXT: %[[S:.*]] = onnx.Constant dense<[1.300000e+01, 1.400000e+01]> : tensor<2xf32>
// CHECK-NEXT: %[[Y:.*]] = onnx.Add %[[P]], %[[S]]
// CHECK-NEXT: return %[[Y]]
func.func @sums_and_products(%x: tensor<2xf32>) -> tensor<2xf32> {
  %one = onnx.Constant dense<1.0> : tensor<f32>
  %zero = onnx.Constant dense<0.0> : tensor<f32>
  %two = onnx.Constant dense<2.0> : tensor<f32>
  %three = onnx.Constant dense<3.0> : tensor<f32>
  %c = onnx.Constant dense<[7.0, 8.0]> : tensor<2xf32>
  %a = onnx.Mul %x, %two : (tensor<2xf32>, tensor<f32>) -> tensor<2xf32>
  %b = onnx.Add %a, %two : (tensor<2xf32>, tensor<f32>) -> tensor<2xf32>
  %d = onnx.Mul %b, %three : (tensor<2xf32>, tensor<f32>) -> tensor<2xf32>
  %e = onnx.Add %d, %c : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %f = onnx.Add %e, %zero : (tensor<2xf32>, tensor<f32>) -> tensor<2xf32>
  %y = onnx.Mul %f, %one : (tensor<2xf32>, tensor<f32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// What is left of negative operands are differences.
// CHECK-LABEL: func.func @differences
// CHECK-SAME: (%[[X:.*]]: tensor<2xf32>, %[[Y:.*]]: tensor<2xf32>)
// CHECK: onnx.Sub %[[Y]], %[[X]]
// CHECK: onnx.Sub %{{.*}}, %[[X]]
func.func @differences(%x: tensor<2xf32>, %y: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  %minus = onnx.Constant dense<-1.0> : tensor<f32>
  %c = onnx.Constant dense<5.0> : tensor<2xf32>
  %a = onnx.Mul %x, %minus : (tensor<2xf32>, tensor<f32>) -> tensor<2xf32>
  %b = onnx.Add %a, %y : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %d = onnx.Mul %x, %minus : (tensor<2xf32>, tensor<f32>) -> tensor<2xf32>
  %e = onnx.Add %d, %c : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %b, %e : tensor<2xf32>, tensor<2xf32>
}
