// RUN: zkc-opt --onnx-infer-shapes %s > %t.once
// RUN: zkc-opt %s | diff - %t.once
// RUN: zkc-opt --onnx-infer-shapes %t.once | diff - %t.once

// A function whose shapes are known stays as it is, dead and constant operations included.
func.func @main(%x: tensor<1x3xf32> {onnx.name = "x"}) -> (tensor<1x2xf32> {onnx.name = "y"}) {
  %w = onnx.Constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf32>
  %unused = onnx.Relu %w : (tensor<3x2xf32>) -> tensor<3x2xf32>
  %y = onnx.MatMul %x, %w : (tensor<1x3xf32>, tensor<3x2xf32>) -> tensor<1x2xf32> loc("dense/MatMul")
  return %y : tensor<1x2xf32>
}

// A function without operations.
func.func @empty(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
