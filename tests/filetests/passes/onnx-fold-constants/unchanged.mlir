// RUN: zkc-opt --onnx-fold-constants %s > %t.once
// RUN: zkc-opt %s | diff - %t.once

// Nothing here is constant but the weights; types that are not static yet stay as well.
func.func @main(%x: tensor<1x2xf32>, %n: tensor<1xi64>) -> (tensor<1x2xf32>, tensor<?xf32>, tensor<1xi64>) {
  %w = onnx.Constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %p = onnx.MatMul %x, %w : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %y = onnx.ConstantOfShape %n {value = dense<0.0> : tensor<1xf32>} : (tensor<1xi64>) -> tensor<?xf32>
  %s = onnx.Shape %y : (tensor<?xf32>) -> tensor<1xi64>
  return %p, %y, %s : tensor<1x2xf32>, tensor<?xf32>, tensor<1xi64>
}
