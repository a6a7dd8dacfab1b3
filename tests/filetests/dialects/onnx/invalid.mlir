// RUN: zkc-opt %s --split-input-file --verify-diagnostics

// One case for each rule of the verifier.

func.func @conv_channels(%x: tensor<1x3x8x8xf32>, %w: tensor<4x2x3x3xf32>, %n: none) {
  // expected-error@+1 {{operand `X` has 3 channels, but `W` wants 2 in each of 1 groups}}
  %0 = onnx.Conv %x, %w, %n : (tensor<1x3x8x8xf32>, tensor<4x2x3x3xf32>, none) -> tensor<*xf32>
  return
}

// -----

func.func @conv_groups(%x: tensor<1x4x8x8xf32>, %w: tensor<3x2x3x3xf32>, %n: none) {
  // expected-error@+1 {{3 output channels do not divide into 2 groups}}
  %0 = onnx.Conv %x, %w, %n {group = 2 : i64} : (tensor<1x4x8x8xf32>, tensor<3x2x3x3xf32>, none) -> tensor<*xf32>
  return
}

// -----

func.func @conv_kernel_shape(%x: tensor<1x2x8x8xf32>, %w: tensor<3x2x3x3xf32>, %n: none) {
  // expected-error@+1 {{attribute `kernel_shape` is [5, 5], but the kernel of `W` is [3, 3]}}
  %0 = onnx.Conv %x, %w, %n {kernel_shape = array<i64: 5, 5>} : (tensor<1x2x8x8xf32>, tensor<3x2x3x3xf32>, none) -> tensor<*xf32>
  return
}

// -----

func.func @conv_bias(%x: tensor<1x2x8x8xf32>, %w: tensor<3x2x3x3xf32>, %b: tensor<4xf32>) {
  // expected-error@+1 {{operand `B` has 4 elements for 3 output channels}}
  %0 = onnx.Conv %x, %w, %b : (tensor<1x2x8x8xf32>, tensor<3x2x3x3xf32>, tensor<4xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @conv_result(%x: tensor<1x2x8x8xf32>, %w: tensor<3x2x3x3xf32>, %n: none) {
  // expected-error@+1 {{result has shape [1, 3, 4, 4], expected [1, 3, 3, 3]}}
  %0 = onnx.Conv %x, %w, %n {strides = array<i64: 2, 2>} : (tensor<1x2x8x8xf32>, tensor<3x2x3x3xf32>, none) -> tensor<1x3x4x4xf32>
  return
}

// -----

func.func @window_too_large(%x: tensor<1x1x4x4xf32>) {
  // expected-error@+1 {{the window does not fit into the padded operand along spatial axis 0}}
  %0 = onnx.MaxPool %x {kernel_shape = array<i64: 5, 2>} : (tensor<1x1x4x4xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @pool_auto_pad(%x: tensor<1x1x4x4xf32>) {
  // expected-error@+1 {{attribute `auto_pad` must be one of "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID", found "SAME"}}
  %0 = onnx.MaxPool %x {auto_pad = "SAME", kernel_shape = array<i64: 2, 2>} : (tensor<1x1x4x4xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @pool_strides(%x: tensor<1x1x4x4xf32>) {
  // expected-error@+1 {{attribute `strides` must hold 32-bit integers not below 1, found 0}}
  %0 = onnx.AveragePool %x {kernel_shape = array<i64: 2, 2>, strides = array<i64: 0, 1>} : (tensor<1x1x4x4xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @pool_pads(%x: tensor<1x1x4x4xf32>) {
  // expected-error@+1 {{attribute `pads` must have 4 elements, found 2}}
  %0 = onnx.AveragePool %x {kernel_shape = array<i64: 2, 2>, pads = array<i64: 1, 1>} : (tensor<1x1x4x4xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @pool_ceil(%x: tensor<1x1x5x5xf32>) {
  // expected-error@+1 {{result has shape [1, 1, 2, 2], expected [1, 1, 3, 3]}}
  %0 = onnx.AveragePool %x {ceil_mode = 1 : i64, kernel_shape = array<i64: 2, 2>, strides = array<i64: 2, 2>} : (tensor<1x1x5x5xf32>) -> tensor<1x1x2x2xf32>
  return
}

// -----

func.func @broadcast(%x: tensor<2x3xf32>, %y: tensor<4xf32>) {
  // expected-error@+1 {{operands do not broadcast: dimensions 3 and 4, 1 from the end}}
  %0 = onnx.Add %x, %y : (tensor<2x3xf32>, tensor<4xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @element_types(%x: tensor<2xf32>, %y: tensor<2xf64>) {
  // expected-error@+1 {{operand #1 has element type 'f64', the result 'f32'}}
  %0 = onnx.Mul %x, %y : (tensor<2xf32>, tensor<2xf64>) -> tensor<2xf32>
  return
}

// -----

func.func @half_floats(%x: tensor<2xf16>) {
  // expected-error@+1 {{operand #0 must be tensor of f32 or f64, but got 'tensor<2xf16>'}}
  %0 = onnx.Exp %x : (tensor<2xf16>) -> tensor<2xf16>
  return
}

// -----

func.func @matmul(%x: tensor<2x3xf32>, %y: tensor<4x2xf32>) {
  // expected-error@+1 {{inner dimensions differ: 3 and 4}}
  %0 = onnx.MatMul %x, %y : (tensor<2x3xf32>, tensor<4x2xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @gemm_transposed(%x: tensor<2x3xf32>, %y: tensor<3x2xf32>, %n: none) {
  // expected-error@+1 {{inner dimensions differ: 3 and 2}}
  %0 = onnx.Gemm %x, %y, %n {transB = 1 : i64} : (tensor<2x3xf32>, tensor<3x2xf32>, none) -> tensor<*xf32>
  return
}

// -----

func.func @gemm_bias(%x: tensor<2x3xf32>, %y: tensor<3x4xf32>, %c: tensor<3xf32>) {
  // expected-error@+1 {{operand `C` of shape [3] does not broadcast to [2, 4]}}
  %0 = onnx.Gemm %x, %y, %c : (tensor<2x3xf32>, tensor<3x4xf32>, tensor<3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @batch_norm(%x: tensor<2x3xf32>, %c: tensor<2xf32>) {
  // expected-error@+1 {{operand `scale` has 2 elements for 3 channels}}
  %0 = onnx.BatchNormalization %x, %c, %c, %c, %c : (tensor<2x3xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @softmax_axis(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{axis 2 is not in [-2, 1] for an operand of rank 2}}
  %0 = onnx.Softmax %x {axis = 2 : i64} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @transpose(%x: tensor<2x3xf32>) {
  // expected-error@+1 {{attribute `perm` is not a permutation: [0, 0]}}
  %0 = onnx.Transpose %x {perm = array<i64: 0, 0>} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @concat(%x: tensor<2x3xf32>, %y: tensor<3x3xf32>) {
  // expected-error@+1 {{operand #1 has dimension 3 at axis 0, others 2}}
  %0 = onnx.Concat %x, %y {axis = 1 : i64} : (tensor<2x3xf32>, tensor<3x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @split(%x: tensor<4xf32>, %n: none) {
  // expected-error@+1 {{attribute `num_outputs` is 2, but there are 1 results}}
  %0 = onnx.Split %x, %n {num_outputs = 2 : i64} : (tensor<4xf32>, none) -> tensor<4xf32>
  return
}

// -----

func.func @slice(%x: tensor<4xf32>, %s: tensor<1xi64>, %e: tensor<2xi64>, %n: none) {
  // expected-error@+1 {{operand `ends` has 2 elements, others 1}}
  %0 = onnx.Slice %x, %s, %e, %n, %n : (tensor<4xf32>, tensor<1xi64>, tensor<2xi64>, none, none) -> tensor<*xf32>
  return
}

// -----

func.func @gather(%x: tensor<4x5xf32>, %i: tensor<2xi64>) {
  // expected-error@+1 {{result has shape [2, 5], expected [4, 2]}}
  %0 = onnx.Gather %x, %i {axis = 1 : i64} : (tensor<4x5xf32>, tensor<2xi64>) -> tensor<2x5xf32>
  return
}

// -----

func.func @pad(%x: tensor<4x5xf32>, %p: tensor<2xi64>, %n: none) {
  // expected-error@+1 {{operand `pads` must have 4 elements, found 2}}
  %0 = onnx.Pad %x, %p, %n, %n : (tensor<4x5xf32>, tensor<2xi64>, none, none) -> tensor<*xf32>
  return
}

// -----

func.func @reshape(%x: tensor<4x5xf32>, %s: tensor<1xi64>) {
  // expected-error@+1 {{operand has 20 elements, result 19}}
  %0 = onnx.Reshape %x, %s : (tensor<4x5xf32>, tensor<1xi64>) -> tensor<19xf32>
  return
}

// -----

func.func @cast(%x: tensor<4xf32>) {
  // expected-error@+1 {{attribute `to` is 'i64', the result has element type 'i32'}}
  %0 = onnx.Cast %x {to = i64} : (tensor<4xf32>) -> tensor<4xi32>
  return
}

// -----

func.func @reduce(%x: tensor<4x5xf32>, %n: none) {
  // expected-error@+1 {{operand has rank 2, result 0}}
  %0 = onnx.ReduceSum %x, %n : (tensor<4x5xf32>, none) -> tensor<f32>
  return
}

// -----

func.func @weights_length() {
  // expected-error@+1 {{`#onnx.weights` has length 12, but 'tensor<4xf32>' takes 16 bytes}}
  %0 = onnx.Constant #onnx.weights<"m", offset = 0, length = 12, digest = "00112233445566778899aabbccddeeff"> : tensor<4xf32>
  return
}

// -----

func.func @weights_digest() {
  // expected-error@+1 {{`#onnx.weights`: the digest must be 32 lower-case hexadecimal digits, found "ABC"}}
  %0 = onnx.Constant #onnx.weights<"m", offset = 0, length = 16, digest = "ABC"> : tensor<4xf32>
  return
}

// -----

func.func @weights_overflow() {
  // expected-error@+1 {{`#onnx.weights`: offset + length overflows}}
  %0 = onnx.Constant #onnx.weights<"m", offset = 18446744073709551615, length = 16, digest = "00112233445566778899aabbccddeeff"> : tensor<4xf32>
  return
}

// -----

func.func @no_tensor() {
  // expected-error@+1 {{that holds tensor elements or refers to them}}
  %0 = onnx.Constant 1.0 : f32
  return
}

// -----

// expected-error@+1 {{attribute `onnx.opset` must be a positive i64}}
module attributes {onnx.opset = "13"} {}
