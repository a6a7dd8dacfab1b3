// RUN: zkc-opt --onnx-decompose %s > %t.once
// RUN: zkc-opt %s | diff - %t.once

// Operations of the core set, in their normal form.
func.func @main(%x: tensor<1x4x6x6xf32>, %m: tensor<3x4xf32>) -> (tensor<1x2x3x3xf32>, tensor<3x1xf32>, tensor<2x4xf32>) {
  %none = onnx.NoValue : none
  %w = onnx.Constant dense<0.5> : tensor<2x4x3x3xf32>
  %conv = onnx.Conv %x, %w, %none {dilations = array<i64: 1, 1>, kernel_shape = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>} : (tensor<1x4x6x6xf32>, tensor<2x4x3x3xf32>, none) -> tensor<1x2x6x6xf32>
  %bias = onnx.Constant dense<[[[1.0]], [[2.0]]]> : tensor<2x1x1xf32>
  %sum = onnx.Add %conv, %bias : (tensor<1x2x6x6xf32>, tensor<2x1x1xf32>) -> tensor<1x2x6x6xf32>
  %relu = onnx.Relu %sum : (tensor<1x2x6x6xf32>) -> tensor<1x2x6x6xf32>
  %pool = onnx.MaxPool %relu {dilations = array<i64: 1, 1>, kernel_shape = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : (tensor<1x2x6x6xf32>) -> tensor<1x2x3x3xf32>
  %axes = onnx.Constant dense<1> : tensor<1xi64>
  %t = onnx.Tanh %m : (tensor<3x4xf32>) -> tensor<3x4xf32>
  %max = onnx.ReduceMax %t, %axes : (tensor<3x4xf32>, tensor<1xi64>) -> tensor<3x1xf32>
  %lo = onnx.Constant dense<-1.0> : tensor<f32>
  %hi = onnx.Constant dense<1.0> : tensor<f32>
  %clip = onnx.Clip %max, %lo, %hi : (tensor<3x1xf32>, tensor<f32>, tensor<f32>) -> tensor<3x1xf32>
  %c = onnx.Constant dense<1.0> : tensor<2x3xf32>
  %product = onnx.MatMul %c, %m : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  return %pool, %clip, %product : tensor<1x2x3x3xf32>, tensor<3x1xf32>, tensor<2x4xf32>
}
