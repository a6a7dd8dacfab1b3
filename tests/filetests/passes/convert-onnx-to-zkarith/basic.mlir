// RUN: zkc-opt %s --split-input-file --convert-onnx-to-zkarith="input-range=-1:1" | FileCheck %s

// The sum of products is exact, the bias is rounded at its scale; the rescale in front of the relu
// drops twelve bits, and the result of the model keeps the scale of its sum.
// CHECK-LABEL: func.func @main
// CHECK-SAME: (%[[X:.*]]: tensor<1x64x!zkarith.fixed<10, -1024, 1024>> {onnx.name = "x"}) -> (tensor<1x1x!zkarith.fixed<
// CHECK-SAME: {onnx.name = "y"})
func.func @main(%x: tensor<1x64xf32> {onnx.name = "x"}) -> (tensor<1x1xf32> {onnx.name = "y"}) {
  %w = onnx.Constant dense<0.3> : tensor<64x4xf32>
  %b = onnx.Constant dense<[0.1, 0.2, 0.3, -0.4]> : tensor<4xf32>
  %v = onnx.Constant dense<[[0.3], [0.4], [0.5], [-0.6]]> : tensor<4x1xf32>
  // CHECK: %[[M:.*]] = zkarith.matmul %[[X]], {{.*}} -> tensor<1x4x!zkarith.fixed<22, -80543744, 80543744>>
  %0 = onnx.MatMul %x, %w : (tensor<1x64xf32>, tensor<64x4xf32>) -> tensor<1x4xf32>
  // CHECK: zkarith.constant dense<[419430, 838861, 1258291, -1677722]>
  // CHECK: %[[A:.*]] = zkarith.add %[[M]]
  %1 = onnx.Add %0, %b : (tensor<1x4xf32>, tensor<4xf32>) -> tensor<1x4xf32>
  // CHECK: %[[R:.*]] = zkarith.rescale %[[A]] : tensor<1x4x!zkarith.fixed<22, {{.*}}>> -> tensor<1x4x!zkarith.fixed<10, {{.*}}>>
  // CHECK: %[[P:.*]] = zkarith.relu %[[R]]
  %2 = onnx.Relu %1 : (tensor<1x4xf32>) -> tensor<1x4xf32>
  // CHECK: zkarith.matmul %[[P]]
  // CHECK-NOT: zkarith.rescale
  // CHECK: return
  %3 = onnx.MatMul %2, %v : (tensor<1x4xf32>, tensor<4x1xf32>) -> tensor<1x1xf32>
  return %3 : tensor<1x1xf32>
}

// -----

// An average over four elements costs nothing, and the function in front of it leaves out the two
// bits that it adds.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x1x4x4xf32>) -> tensor<1x1x2x2xf32> {
  // CHECK: zkarith.apply "tanh" {{.*}} -> tensor<1x1x4x4x!zkarith.fixed<8, -195, 195>>
  %0 = onnx.Tanh %x : (tensor<1x1x4x4xf32>) -> tensor<1x1x4x4xf32>
  // CHECK: zkarith.sum_pool {{.*}} -> tensor<1x1x2x2x!zkarith.fixed<8, -780, 780>>
  // CHECK: zkarith.reinterpret {{.*}} -> tensor<1x1x2x2x!zkarith.fixed<10, -780, 780>>
  %1 = onnx.AveragePool %0 {kernel_shape = array<i64: 2, 2>, strides = array<i64: 2, 2>} : (tensor<1x1x4x4xf32>) -> tensor<1x1x2x2xf32>
  return %1 : tensor<1x1x2x2xf32>
}

// -----

// A wide operand of a saturating function is cut, so that the table keeps its precision.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %c = onnx.Constant dense<50.0> : tensor<f32>
  %0 = onnx.Mul %x, %c : (tensor<1x2xf32>, tensor<f32>) -> tensor<1x2xf32>
  // CHECK: zkarith.clamp {{.*}} -> tensor<1x2x!zkarith.fixed<9, -1952, 1952>>
  // CHECK: zkarith.apply "tanh" {{.*}} -> tensor<1x2x!zkarith.fixed<10, -1023, 1023>>
  %1 = onnx.Tanh %0 : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}

// -----

// In softmax exp never sees a positive number, and the sum is at least exp(0): two clamps that
// change no value say so.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %a = onnx.Constant dense<1> : tensor<1xi64>
  // CHECK: zkarith.reduce_max
  %0 = onnx.ReduceMax %x, %a : (tensor<1x4xf32>, tensor<1xi64>) -> tensor<1x1xf32>
  %1 = onnx.Sub %x, %0 : (tensor<1x4xf32>, tensor<1x1xf32>) -> tensor<1x4xf32>
  // CHECK: zkarith.clamp {{.*}} : tensor<1x4x!zkarith.fixed<10, -2048, 2048>> -> tensor<1x4x!zkarith.fixed<10, -2048, 0>>
  // CHECK: zkarith.apply "exp" {{.*}} -> tensor<1x4x!zkarith.fixed<10, 139, 1024>>
  %2 = onnx.Exp %1 : (tensor<1x4xf32>) -> tensor<1x4xf32>
  // CHECK: zkarith.clamp {{.*}} : tensor<1x1x!zkarith.fixed<10, 556, 4096>> -> tensor<1x1x!zkarith.fixed<10, 1024, 4096>>
  %3 = onnx.ReduceSum %2, %a : (tensor<1x4xf32>, tensor<1xi64>) -> tensor<1x1xf32>
  // CHECK: zkarith.div
  %4 = onnx.Div %2, %3 : (tensor<1x4xf32>, tensor<1x1xf32>) -> tensor<1x4xf32>
  return %4 : tensor<1x4xf32>
}

// -----

// The location of an operation is the node that it comes from.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = onnx.Abs %x : (tensor<2xf32>) -> tensor<2xf32> loc("stage2/abs")
  return %0 : tensor<2xf32>
}
