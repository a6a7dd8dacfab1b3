// RUN: zkc-opt %s --split-input-file --verify-diagnostics --zkarith-verify-bounds

// Weights are looked at, each with its own sign.
func.func @narrow_sum(%x: tensor<1x2x!zkarith.fixed<4, 0, 15>>) -> tensor<1x1x!zkarith.fixed<8, -15, 29>> {
  %w = zkarith.constant dense<[[2], [-1]]> : tensor<2x1xi64> -> tensor<2x1x!zkarith.fixed<4, -1, 2>>
  // expected-error@+1 {{`zkarith.matmul`: element 0 of the result is [-15, 30], outside of [-15, 29] of its type}}
  %0 = zkarith.matmul %x, %w : (tensor<1x2x!zkarith.fixed<4, 0, 15>>, tensor<2x1x!zkarith.fixed<4, -1, 2>>) -> tensor<1x1x!zkarith.fixed<8, -15, 29>>
  return %0 : tensor<1x1x!zkarith.fixed<8, -15, 29>>
}

// -----

// A convolution sees fewer elements at its border: element 0 would be in bounds.
func.func @narrow_window(%x: tensor<1x1x3x!zkarith.fixed<4, 0, 15>>) -> tensor<1x1x3x!zkarith.fixed<8, 0, 30>> {
  %w = zkarith.constant dense<1> : tensor<1x1x3xi64> -> tensor<1x1x3x!zkarith.fixed<4, 1, 1>>
  // expected-error@+1 {{`zkarith.conv`: element 1 of the result is [0, 45], outside of [0, 30] of its type}}
  %0 = zkarith.conv %x, %w strides = [1] pads = [1, 1] dilations = [1] group = 1 : (tensor<1x1x3x!zkarith.fixed<4, 0, 15>>, tensor<1x1x3x!zkarith.fixed<4, 1, 1>>) -> tensor<1x1x3x!zkarith.fixed<8, 0, 30>>
  return %0 : tensor<1x1x3x!zkarith.fixed<8, 0, 30>>
}

// -----

// Both are reported: the second against what the first promises.
func.func @two(%x: tensor<1x1x!zkarith.fixed<0, 0, 15>>) -> tensor<1x1x!zkarith.fixed<0, 0, 20>> {
  %w = zkarith.constant dense<3> : tensor<1x1xi64> -> tensor<1x1x!zkarith.fixed<0, 3, 3>>
  // expected-error@+1 {{element 0 of the result is [0, 45], outside of [0, 10] of its type}}
  %0 = zkarith.matmul %x, %w : (tensor<1x1x!zkarith.fixed<0, 0, 15>>, tensor<1x1x!zkarith.fixed<0, 3, 3>>) -> tensor<1x1x!zkarith.fixed<0, 0, 10>>
  // expected-error@+1 {{element 0 of the result is [0, 30], outside of [0, 20] of its type}}
  %1 = zkarith.matmul %0, %w : (tensor<1x1x!zkarith.fixed<0, 0, 10>>, tensor<1x1x!zkarith.fixed<0, 3, 3>>) -> tensor<1x1x!zkarith.fixed<0, 0, 20>>
  return %1 : tensor<1x1x!zkarith.fixed<0, 0, 20>>
}

// -----

func.func @weights_missing(%x: tensor<1x1024x!zkarith.fixed<4, 0, 15>>) -> tensor<1x2x!zkarith.fixed<8, -15, 29>> {
  // expected-error@+1 {{`zkarith.constant`: cannot read weights file}}
  %w = zkarith.constant #onnx.weights<"missing.bin", offset = 0, length = 2048, digest = "00112233445566778899aabbccddeeff"> : tensor<1024x2xi8> -> tensor<1024x2x!zkarith.fixed<4, -128, 127>>
  // expected-error@+1 {{`zkarith.matmul`: element 0 of the result is}}
  %0 = zkarith.matmul %x, %w : (tensor<1x1024x!zkarith.fixed<4, 0, 15>>, tensor<1024x2x!zkarith.fixed<4, -128, 127>>) -> tensor<1x2x!zkarith.fixed<8, -15, 29>>
  return %0 : tensor<1x2x!zkarith.fixed<8, -15, 29>>
}

// -----

func.func @other_level(%x: tensor<1x!zkarith.fixed<4, 0, 15>>) {
  // expected-error@+1 {{`onnx.Constant`: has no meaning on integers}}
  %c = onnx.Constant dense<1.0> : tensor<1xf32>
  return
}

// -----

// expected-error@+1 {{argument 0 is no tensor of `!zkarith.fixed`}}
func.func @floats(%x: tensor<1xf32>) {
  return
}
