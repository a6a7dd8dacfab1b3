// RUN: zkc-opt --onnx-decompose --split-input-file --verify-diagnostics %s

func.func @gather_by_input(%x: tensor<4xf32>, %i: tensor<2xi64>) -> tensor<2xf32> {
  // expected-error@+2 {{`onnx.Gather`: operand `indices` must be known at compile time}}
  // expected-note@+1 {{help: `--constant-input NAME=FILE` makes a graph input a constant}}
  %y = onnx.Gather %x, %i : (tensor<4xf32>, tensor<2xi64>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

func.func @zero_divisor(%x: tensor<2xf32>) -> tensor<2xf32> {
  %c = onnx.Constant dense<[1.0, 0.0]> : tensor<2xf32>
  // expected-error@+1 {{`onnx.Div`: the divisor is constant and zero at element 1}}
  %y = onnx.Div %x, %c : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

func.func @mean_of_integers(%x: tensor<2xi64>) -> tensor<1xi64> {
  %none = onnx.NoValue : none
  // expected-error@+2 {{`onnx.ReduceMean`: the mean of integers is rounded, which has no decomposition}}
  // expected-note@+1 {{help: cast to a float before and round after}}
  %y = onnx.ReduceMean %x, %none : (tensor<2xi64>, none) -> tensor<1xi64>
  return %y : tensor<1xi64>
}

// -----

func.func @exponents_differ(%x: tensor<2xf32>) -> tensor<2xf32> {
  %c = onnx.Constant dense<[2.0, 3.0]> : tensor<2xf32>
  // expected-error@+1 {{`onnx.Pow`: the exponent must be the same for all elements}}
  %y = onnx.Pow %x, %c : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

func.func @window_in_the_padding(%x: tensor<1x1x4xf32>) -> tensor<1x1x6xf32> {
  // expected-error@+2 {{`onnx.MaxPool`: a window of extent 2 lies in the padding, which is 3 and 0 wide}}
  // expected-note@+1 {{help: pad less than the window is wide}}
  %y = onnx.MaxPool %x {kernel_shape = array<i64: 2>, pads = array<i64: 3, 0>} : (tensor<1x1x4xf32>) -> tensor<1x1x6xf32>
  return %y : tensor<1x1x6xf32>
}

// -----

func.func @unknown_shape(%x: tensor<?x4xf32>) -> tensor<4x?xf32> {
  // expected-error@+2 {{`onnx.Softmax`: operand type `tensor<?x4xf32>` has no static shape}}
  // expected-note@+1 {{help: run `onnx-infer-shapes` first}}
  %s = onnx.Softmax %x : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = onnx.Transpose %s : (tensor<?x4xf32>) -> tensor<4x?xf32>
  return %y : tensor<4x?xf32>
}
