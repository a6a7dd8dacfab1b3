// RUN: zkc-opt %s --verify-roundtrip | FileCheck %s

// The dialect on unranked values, as the importer writes it: defaults are not printed.
// CHECK: module attributes {onnx.data_dir = "models/x", onnx.opset = 13 : i64}
module attributes {onnx.opset = 13 : i64, onnx.data_dir = "models/x"} {
  // CHECK: func.func @main(%arg0: tensor<1x1x28x28xf32> {onnx.name = "input"}) -> (tensor<*xf32> {onnx.name = "out"})
  func.func @main(%x: tensor<1x1x28x28xf32> {onnx.name = "input"}) -> (tensor<*xf32> {onnx.name = "out"}) {
    // CHECK: %none = onnx.NoValue : none
    %none = onnx.NoValue : none
    // CHECK: %cst = onnx.Constant dense<1.000000e+00> : tensor<4x1x5x5xf32>
    %w = onnx.Constant dense<1.0> : tensor<4x1x5x5xf32>
    // CHECK: %weights = onnx.Constant #onnx.weights<"model.onnx", offset = 1024, length = 10240, digest = "00112233445566778899aabbccddeeff"> : tensor<256x10xf32>
    %big = onnx.Constant #onnx.weights<"model.onnx", offset = 1024, length = 10240, digest = "00112233445566778899aabbccddeeff"> : tensor<256x10xf32>
    // CHECK: onnx.Conv %arg0, %cst, %none {kernel_shape = array<i64: 5, 5>} :
    %0 = onnx.Conv %x, %w, %none {kernel_shape = array<i64: 5, 5>, group = 1 : i64, auto_pad = "NOTSET"} : (tensor<1x1x28x28xf32>, tensor<4x1x5x5xf32>, none) -> tensor<*xf32>
    // CHECK: onnx.Softmax %{{.*}} {axis = 1 : i64, coerce_2d} :
    %1 = onnx.Softmax %0 {axis = 1 : i64, coerce_2d} : (tensor<*xf32>) -> tensor<*xf32>
    // CHECK: :2 = onnx.Split %{{.*}}, %none {axis = 1 : i64} :
    %2:2 = onnx.Split %1, %none {axis = 1 : i64} : (tensor<*xf32>, none) -> (tensor<*xf32>, tensor<*xf32>)
    // CHECK: onnx.LeakyRelu %{{.*}} : (tensor<*xf32>) -> tensor<*xf32>
    %3 = onnx.LeakyRelu %2#0 {alpha = 0.01 : f32} : (tensor<*xf32>) -> tensor<*xf32>
    // CHECK: onnx.AveragePool %{{.*}} {kernel_shape = array<i64: 2, 2>, strides = array<i64: 2, 2>} :
    %4 = onnx.AveragePool %3 {kernel_shape = array<i64: 2, 2>, strides = array<i64: 2, 2>} : (tensor<*xf32>) -> tensor<*xf32>
    return %4 : tensor<*xf32>
  }
}
