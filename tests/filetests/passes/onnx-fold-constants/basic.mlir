// RUN: zkc-opt --onnx-fold-constants --split-input-file %s | FileCheck %s

// A chain of constants is computed once, and what is not used any more goes.
// CHECK-LABEL: func.func @chain
// CHECK-NEXT: %[[C:.*]] = onnx.Constant dense<[3.000000e+00, 5.000000e+00]> : tensor<2xf32>
// CHECK-NEXT: %[[Y:.*]] = onnx.Add %{{.*}}, %[[C]]
// CHECK-NEXT: return %[[Y]]
func.func @chain(%x: tensor<2xf32>) -> tensor<2xf32> {
  %a = onnx.Constant dense<[1.0, 2.0]> : tensor<2xf32>
  %two = onnx.Constant dense<2.0> : tensor<f32>
  %one = onnx.Constant dense<1.0> : tensor<f32>
  %b = onnx.Mul %a, %two : (tensor<2xf32>, tensor<f32>) -> tensor<2xf32>
  %c = onnx.Add %b, %one : (tensor<2xf32>, tensor<f32>) -> tensor<2xf32>
  %y = onnx.Add %x, %c : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

// Shapes are known although the tensor is not.
// CHECK-LABEL: func.func @shapes
// CHECK-DAG: %[[S:.*]] = onnx.Constant dense<[3, 4]> : tensor<2xi64>
// CHECK-DAG: %[[N:.*]] = onnx.Constant dense<24> : tensor<i64>
// CHECK: return %[[S]], %[[N]]
func.func @shapes(%x: tensor<2x3x4xf32>) -> (tensor<2xi64>, tensor<i64>) {
  %s = onnx.Shape %x {start = -2 : i64} : (tensor<2x3x4xf32>) -> tensor<2xi64>
  %n = onnx.Size %x : (tensor<2x3x4xf32>) -> tensor<i64>
  return %s, %n : tensor<2xi64>, tensor<i64>
}

// -----

// What changes nothing vanishes.
// CHECK-LABEL: func.func @nothing
// CHECK-SAME: (%[[X:.*]]: tensor<3xf32>)
// CHECK-NEXT: return %[[X]]
func.func @nothing(%x: tensor<3xf32>) -> tensor<3xf32> {
  %ratio = onnx.Constant dense<0.5> : tensor<f32>
  %training = onnx.Constant dense<false> : tensor<i1>
  %a = onnx.Identity %x : (tensor<3xf32>) -> tensor<3xf32>
  %b = onnx.Dropout %a, %ratio, %training : (tensor<3xf32>, tensor<f32>, tensor<i1>) -> tensor<3xf32>
  %c = onnx.Cast %b {to = f32} : (tensor<3xf32>) -> tensor<3xf32>
  return %c : tensor<3xf32>
}

// -----

// Integers are exact where 64-bit floats are not.
// CHECK-LABEL: func.func @integers
// CHECK: onnx.Constant dense<9007199254740993> : tensor<i64>
func.func @integers() -> tensor<i64> {
  %a = onnx.Constant dense<9007199254740992> : tensor<i64>
  %b = onnx.Constant dense<1> : tensor<i64>
  %c = onnx.Add %a, %b : (tensor<i64>, tensor<i64>) -> tensor<i64>
  return %c : tensor<i64>
}

// -----

// Several results; a part that nothing uses is not kept.
// CHECK-LABEL: func.func @parts
// CHECK-NEXT: onnx.Constant dense<[2, 3]> : tensor<2xi32>
// CHECK-NEXT: return
func.func @parts() -> tensor<2xi32> {
  %a = onnx.Constant dense<[0, 1, 2, 3]> : tensor<4xi32>
  %none = onnx.NoValue : none
  %b, %c = onnx.Split %a, %none : (tensor<4xi32>, none) -> (tensor<2xi32>, tensor<2xi32>)
  return %c : tensor<2xi32>
}
