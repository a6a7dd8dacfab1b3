// RUN: zkc-opt %s --canonicalize --cse --split-input-file | FileCheck %s

// CHECK-LABEL: @identities
// CHECK-NEXT: return %arg0, %arg0, %arg0
func.func @identities(%x: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>) {
  %0 = onnx.Identity %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = onnx.Cast %x {to = f32} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %2 = onnx.Transpose %x {perm = array<i64: 0, 1>} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0, %1, %2 : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>
}

// -----

// An identity that also forgets the shape stays: its users would see another type.
// CHECK-LABEL: @forgets
// CHECK: onnx.Identity
func.func @forgets(%x: tensor<2x3xf32>) -> tensor<*xf32> {
  %0 = onnx.Identity %x : (tensor<2x3xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

// CHECK-LABEL: @dead_and_doubled
// CHECK: %[[SUM:.*]] = onnx.Add %arg0, %cst
// CHECK-NEXT: onnx.Mul %[[SUM]], %[[SUM]]
// CHECK-NOT: onnx.Exp
func.func @dead_and_doubled(%x: tensor<2xf32>) -> tensor<2xf32> {
  %c = onnx.Constant dense<1.0> : tensor<2xf32>
  %d = onnx.Constant dense<1.0> : tensor<2xf32>
  %0 = onnx.Add %c, %x : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %1 = onnx.Add %x, %d : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %2 = onnx.Exp %x : (tensor<2xf32>) -> tensor<2xf32>
  %3 = onnx.Mul %0, %1 : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %3 : tensor<2xf32>
}
