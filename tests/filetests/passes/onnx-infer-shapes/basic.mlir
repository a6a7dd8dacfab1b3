// RUN: zkc-opt --onnx-infer-shapes %s | FileCheck %s

// Each family of operations, from results whose shape is unknown altogether.

// CHECK-LABEL: func.func @elementwise
// CHECK-SAME: -> (tensor<2x3xf32>, tensor<2x3xi64>)
func.func @elementwise(%x: tensor<2x1xf32>, %y: tensor<3xf32>) -> (tensor<*xf32>, tensor<*xi64>) {
  // CHECK: onnx.Add {{.*}} -> tensor<2x3xf32>
  %a = onnx.Add %x, %y : (tensor<2x1xf32>, tensor<3xf32>) -> tensor<*xf32>
  // CHECK: onnx.Tanh {{.*}} -> tensor<2x3xf32>
  %b = onnx.Tanh %a : (tensor<*xf32>) -> tensor<*xf32>
  // CHECK: onnx.Max {{.*}} -> tensor<2x3xf32>
  %c = onnx.Max %b, %x, %y : (tensor<*xf32>, tensor<2x1xf32>, tensor<3xf32>) -> tensor<*xf32>
  // CHECK: onnx.Cast {{.*}} -> tensor<2x3xi64>
  %d = onnx.Cast %c {to = i64} : (tensor<*xf32>) -> tensor<*xi64>
  return %c, %d : tensor<*xf32>, tensor<*xi64>
}

// CHECK-LABEL: func.func @products
// CHECK-SAME: -> (tensor<5x2x3x6xf32>, tensor<2x3xf32>, tensor<2x6xf32>, tensor<f32>)
func.func @products(%x: tensor<5x1x3x4xf32>, %y: tensor<2x4x6xf32>, %a: tensor<3x2xf32>, %v: tensor<4xf32>) -> (tensor<*xf32>, tensor<?x?xf32>, tensor<*xf32>, tensor<*xf32>) {
  %none = onnx.NoValue : none
  %w = onnx.Constant dense<0.0> : tensor<3x3xf32>
  %p = onnx.MatMul %x, %y : (tensor<5x1x3x4xf32>, tensor<2x4x6xf32>) -> tensor<*xf32>
  %q = onnx.Gemm %a, %w, %none {transA = 1 : i64} : (tensor<3x2xf32>, tensor<3x3xf32>, none) -> tensor<?x?xf32>
  %r = onnx.MatMul %v, %y : (tensor<4xf32>, tensor<2x4x6xf32>) -> tensor<*xf32>
  %s = onnx.MatMul %v, %v : (tensor<4xf32>, tensor<4xf32>) -> tensor<*xf32>
  return %p, %q, %r, %s : tensor<*xf32>, tensor<?x?xf32>, tensor<*xf32>, tensor<*xf32>
}

// CHECK-LABEL: func.func @windows
func.func @windows(%x: tensor<1x4x9x8xf32>, %w: tensor<6x2x3x3xf32>) -> tensor<*xf32> {
  %none = onnx.NoValue : none
  // CHECK: onnx.Conv {{.*}} -> tensor<1x6x5x3xf32>
  %a = onnx.Conv %x, %w, %none {group = 2 : i64, strides = array<i64: 2, 2>, pads = array<i64: 1, 0, 1, 0>} : (tensor<1x4x9x8xf32>, tensor<6x2x3x3xf32>, none) -> tensor<*xf32>
  // CHECK: onnx.Conv {{.*}} -> tensor<1x6x5x4xf32>
  %b = onnx.Conv %x, %w, %none {group = 2 : i64, strides = array<i64: 2, 2>, auto_pad = "SAME_UPPER"} : (tensor<1x4x9x8xf32>, tensor<6x2x3x3xf32>, none) -> tensor<*xf32>
  // CHECK: onnx.MaxPool {{.*}} -> tensor<1x6x3x2xf32>
  %c = onnx.MaxPool %b {kernel_shape = array<i64: 2, 2>, strides = array<i64: 2, 2>, ceil_mode = 1 : i64} : (tensor<*xf32>) -> tensor<*xf32>
  // CHECK: onnx.AveragePool {{.*}} -> tensor<1x6x2x1xf32>
  %d = onnx.AveragePool %c {kernel_shape = array<i64: 2, 2>} : (tensor<*xf32>) -> tensor<*xf32>
  // CHECK: onnx.GlobalAveragePool {{.*}} -> tensor<1x6x1x1xf32>
  %e = onnx.GlobalAveragePool %d : (tensor<*xf32>) -> tensor<*xf32>
  return %e : tensor<*xf32>
}

// CHECK-LABEL: func.func @reductions
// CHECK-SAME: -> (tensor<1x3x1xf32>, tensor<2x4xf32>, tensor<f32>, tensor<2x3x4xf32>)
func.func @reductions(%x: tensor<2x3x4xf32>) -> (tensor<*xf32>, tensor<*xf32>, tensor<*xf32>, tensor<*xf32>) {
  %none = onnx.NoValue : none
  %outer = onnx.Constant dense<[0, -1]> : tensor<2xi64>
  %middle = onnx.Constant dense<1> : tensor<1xi64>
  %a = onnx.ReduceSum %x, %outer : (tensor<2x3x4xf32>, tensor<2xi64>) -> tensor<*xf32>
  %b = onnx.ReduceMax %x, %middle {keepdims = 0 : i64} : (tensor<2x3x4xf32>, tensor<1xi64>) -> tensor<*xf32>
  %c = onnx.ReduceMean %x, %none {keepdims = 0 : i64} : (tensor<2x3x4xf32>, none) -> tensor<*xf32>
  %d = onnx.ReduceSum %x, %none {noop_with_empty_axes = 1 : i64} : (tensor<2x3x4xf32>, none) -> tensor<*xf32>
  return %a, %b, %c, %d : tensor<*xf32>, tensor<*xf32>, tensor<*xf32>, tensor<*xf32>
}

// CHECK-LABEL: func.func @movement
func.func @movement(%x: tensor<2x3x4xf32>) -> tensor<*xf32> {
  %none = onnx.NoValue : none
  %zero = onnx.Constant dense<0> : tensor<1xi64>
  %two = onnx.Constant dense<2> : tensor<1xi64>
  // CHECK: onnx.Transpose {{.*}} -> tensor<4x3x2xf32>
  %a = onnx.Transpose %x : (tensor<2x3x4xf32>) -> tensor<*xf32>
  // CHECK: onnx.Unsqueeze {{.*}} -> tensor<1x4x3x2xf32>
  %b = onnx.Unsqueeze %a, %zero : (tensor<*xf32>, tensor<1xi64>) -> tensor<*xf32>
  // CHECK: onnx.Concat {{.*}} -> tensor<2x4x3x2xf32>
  %c = onnx.Concat %b, %b {axis = 0 : i64} : (tensor<*xf32>, tensor<*xf32>) -> tensor<*xf32>
  // CHECK: onnx.Slice {{.*}} -> tensor<2x2x3x2xf32>
  %end = onnx.Constant dense<9223372036854775807> : tensor<1xi64>
  %one = onnx.Constant dense<1> : tensor<1xi64>
  %d = onnx.Slice %c, %zero, %end, %one, %two : (tensor<*xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<*xf32>
  // CHECK: onnx.Split {{.*}} -> (tensor<2x2x2x2xf32>, tensor<2x2x1x2xf32>)
  %e, %f = onnx.Split %d, %none {axis = 2 : i64} : (tensor<*xf32>, none) -> (tensor<*xf32>, tensor<*xf32>)
  // CHECK: onnx.Gather {{.*}} -> tensor<2x2x1x3x1xf32>
  %indices = onnx.Constant dense<[[0], [1], [0]]> : tensor<3x1xi64>
  %g = onnx.Gather %f, %indices {axis = 3 : i64} : (tensor<*xf32>, tensor<3x1xi64>) -> tensor<*xf32>
  // CHECK: onnx.Squeeze {{.*}} -> tensor<2x2x3xf32>
  %h = onnx.Squeeze %g, %none : (tensor<*xf32>, none) -> tensor<*xf32>
  // CHECK: onnx.Tile {{.*}} -> tensor<4x2x9xf32>
  %repeats = onnx.Constant dense<[2, 1, 3]> : tensor<3xi64>
  %i = onnx.Tile %h, %repeats : (tensor<*xf32>, tensor<3xi64>) -> tensor<*xf32>
  // CHECK: onnx.Pad {{.*}} -> tensor<4x2x8xf32>
  %pads = onnx.Constant dense<[-2, 1]> : tensor<2xi64>
  %j = onnx.Pad %i, %pads, %none, %two : (tensor<*xf32>, tensor<2xi64>, none, tensor<1xi64>) -> tensor<*xf32>
  // CHECK: onnx.Expand {{.*}} -> tensor<5x4x2x8xf32>
  %shape = onnx.Constant dense<[5, 1, 2, 1]> : tensor<4xi64>
  %k = onnx.Expand %j, %shape : (tensor<*xf32>, tensor<4xi64>) -> tensor<*xf32>
  // CHECK: onnx.Flatten {{.*}} -> tensor<20x16xf32>
  %l = onnx.Flatten %k {axis = -2 : i64} : (tensor<*xf32>) -> tensor<*xf32>
  return %l : tensor<*xf32>
}

// A shape that is computed from shapes and constants, as exporters of dynamic models write it.
// CHECK-LABEL: func.func @computed_shape
// CHECK-SAME: -> tensor<2x12x1xf32>
func.func @computed_shape(%x: tensor<2x3x4xf32>) -> tensor<?x?x?xf32> {
  %none = onnx.NoValue : none
  %zero = onnx.Constant dense<0> : tensor<i64>
  %first = onnx.Constant dense<[0]> : tensor<1xi64>
  %one = onnx.Constant dense<1> : tensor<1xi64>
  %all = onnx.Shape %x : (tensor<2x3x4xf32>) -> tensor<?xi64>
  %n = onnx.Gather %all, %zero : (tensor<?xi64>, tensor<i64>) -> tensor<*xi64>
  %size = onnx.Size %x : (tensor<2x3x4xf32>) -> tensor<i64>
  // Through floats and back, as some exporters do.
  %f = onnx.Cast %size {to = f32} : (tensor<i64>) -> tensor<f32>
  %g = onnx.Cast %n {to = f32} : (tensor<*xi64>) -> tensor<*xf32>
  %quotient = onnx.Div %f, %g : (tensor<f32>, tensor<*xf32>) -> tensor<*xf32>
  %m = onnx.Cast %quotient {to = i64} : (tensor<*xf32>) -> tensor<*xi64>
  %n1 = onnx.Unsqueeze %n, %first : (tensor<*xi64>, tensor<1xi64>) -> tensor<*xi64>
  %m1 = onnx.Unsqueeze %m, %first : (tensor<*xi64>, tensor<1xi64>) -> tensor<*xi64>
  %shape = onnx.Concat %n1, %m1, %one {axis = 0 : i64} : (tensor<*xi64>, tensor<*xi64>, tensor<1xi64>) -> tensor<*xi64>
  %y = onnx.Reshape %x, %shape : (tensor<2x3x4xf32>, tensor<*xi64>) -> tensor<?x?x?xf32>
  return %y : tensor<?x?x?xf32>
}
