// RUN: zkc-opt --onnx-fuse %s > %t.once
// RUN: zkc-opt %s | diff - %t.once

// A shift before a padded convolution is missing in the padding.
func.func @shift_before_padding(%x: tensor<1x1x4xf32>) -> tensor<1x1x4xf32> {
  %none = onnx.NoValue : none
  %c = onnx.Constant dense<2.0> : tensor<f32>
  %a = onnx.Add %x, %c : (tensor<1x1x4xf32>, tensor<f32>) -> tensor<1x1x4xf32>
  %w = onnx.Constant dense<1.0> : tensor<1x1x3xf32>
  %y = onnx.Conv %a, %w, %none {dilations = array<i64: 1>, kernel_shape = array<i64: 3>, pads = array<i64: 1, 1>, strides = array<i64: 1>} : (tensor<1x1x4xf32>, tensor<1x1x3xf32>, none) -> tensor<1x1x4xf32>
  return %y : tensor<1x1x4xf32>
}

// Factors per position are no factors per channel.
func.func @factors_per_position(%x: tensor<1x1x2xf32>) -> tensor<1x1x2xf32> {
  %none = onnx.NoValue : none
  %w = onnx.Constant dense<2.0> : tensor<1x1x1xf32>
  %a = onnx.Conv %x, %w, %none {dilations = array<i64: 1>, kernel_shape = array<i64: 1>, pads = array<i64: 0, 0>, strides = array<i64: 1>} : (tensor<1x1x2xf32>, tensor<1x1x1xf32>, none) -> tensor<1x1x2xf32>
  %c = onnx.Constant dense<[[[1.0, 2.0]]]> : tensor<1x1x2xf32>
  %y = onnx.Mul %a, %c : (tensor<1x1x2xf32>, tensor<1x1x2xf32>) -> tensor<1x1x2xf32>
  return %y : tensor<1x1x2xf32>
}

// Something else needs the unscaled product.
func.func @two_uses(%x: tensor<1x2xf32>) -> (tensor<1x2xf32>, tensor<1x2xf32>) {
  %w = onnx.Constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %p = onnx.MatMul %x, %w : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %c = onnx.Constant dense<2.0> : tensor<f32>
  %y = onnx.Mul %p, %c : (tensor<1x2xf32>, tensor<f32>) -> tensor<1x2xf32>
  return %p, %y : tensor<1x2xf32>, tensor<1x2xf32>
}

// Through a narrow middle two products take fewer weights than one.
func.func @bottleneck(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %v = onnx.Constant dense<1.0> : tensor<4x1xf32>
  %p = onnx.MatMul %x, %v : (tensor<1x4xf32>, tensor<4x1xf32>) -> tensor<1x1xf32>
  %w = onnx.Constant dense<1.0> : tensor<1x4xf32>
  %y = onnx.MatMul %p, %w : (tensor<1x1xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  return %y : tensor<1x4xf32>
}

// A negative slope turns the order round; padding with something else than zero stays; intervals
// without a common point keep their order.
func.func @conditions(%x: tensor<1x1x4xf32>) -> (tensor<1x1x2xf32>, tensor<1x1x5xf32>, tensor<1x1x4xf32>) {
  %none = onnx.NoValue : none
  %a = onnx.LeakyRelu %x {alpha = -0.1 : f32} : (tensor<1x1x4xf32>) -> tensor<1x1x4xf32>
  %b = onnx.MaxPool %a {dilations = array<i64: 1>, kernel_shape = array<i64: 2>, pads = array<i64: 0, 0>, strides = array<i64: 2>} : (tensor<1x1x4xf32>) -> tensor<1x1x2xf32>
  %one = onnx.Constant dense<1.0> : tensor<f32>
  %pads = onnx.Constant dense<[0, 0, 1, 0, 0, 0]> : tensor<6xi64>
  %c = onnx.Pad %x, %pads, %one, %none : (tensor<1x1x4xf32>, tensor<6xi64>, tensor<f32>, none) -> tensor<1x1x5xf32>
  %w = onnx.Constant dense<2.0> : tensor<1x1x1xf32>
  %d = onnx.Conv %c, %w, %none {dilations = array<i64: 1>, kernel_shape = array<i64: 1>, pads = array<i64: 0, 0>, strides = array<i64: 1>} : (tensor<1x1x5xf32>, tensor<1x1x1xf32>, none) -> tensor<1x1x5xf32>
  %minus = onnx.Constant dense<-1.0> : tensor<f32>
  %e = onnx.Clip %x, %one, %none : (tensor<1x1x4xf32>, tensor<f32>, none) -> tensor<1x1x4xf32>
  %f = onnx.Clip %e, %none, %minus : (tensor<1x1x4xf32>, none, tensor<f32>) -> tensor<1x1x4xf32>
  return %b, %d, %f : tensor<1x1x2xf32>, tensor<1x1x5xf32>, tensor<1x1x4xf32>
}
