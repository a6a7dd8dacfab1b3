// RUN: zkc-opt --onnx-infer-shapes --split-input-file --verify-diagnostics %s

// expected-error@+2 {{input `x` must have a static shape, found `tensor<?x3xf32>`}}
// expected-note@+1 {{help: `--dim NAME=N` gives a dimension its extent}}
func.func @unknown_dimension(%x: tensor<?x3xf32> {onnx.name = "x"}) -> tensor<?x3xf32> {
  return %x : tensor<?x3xf32>
}

// -----

// expected-error@+2 {{input `#0` must have a static shape, found `tensor<*xf32>`}}
// expected-note@+1 {{help: declare the input's shape in the model}}
func.func @unknown_rank(%x: tensor<*xf32>) -> tensor<*xf32> {
  return %x : tensor<*xf32>
}

// -----

func.func @shape_from_an_input(%x: tensor<2x3xf32>, %shape: tensor<1xi64>) -> tensor<*xf32> {
  // expected-error@+2 {{`onnx.Reshape`: the shape of the result depends on operand `shape`, which is not known at compile time}}
  // expected-note@+1 {{help: `--constant-input NAME=FILE` makes a graph input a constant}}
  %y = onnx.Reshape %x, %shape : (tensor<2x3xf32>, tensor<1xi64>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @wrong_number_of_elements(%x: tensor<2x3xf32>) -> tensor<*xf32> {
  %shape = onnx.Constant dense<[4, -1]> : tensor<2xi64>
  // expected-error@+1 {{`onnx.Reshape`: `shape` [4, -1] does not divide the 6 elements of the operand}}
  %y = onnx.Reshape %x, %shape : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @declared_otherwise(%x: tensor<2x3xf32>) -> tensor<3x3xf32> {
  %shape = onnx.Constant dense<[1, 3]> : tensor<2xi64>
  // expected-error@+1 {{`onnx.Expand`: the result has shape [2, 3], but the model declares `tensor<3x3xf32>`}}
  %y = onnx.Expand %x, %shape : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<3x3xf32>
  return %y : tensor<3x3xf32>
}

// -----

// A failure is reported once, not again by what depends on it; independent ones are all reported.
func.func @several(%x: tensor<2x3xf32>, %y: tensor<2xi64>) -> (tensor<*xf32>, tensor<*xf32>) {
  %four = onnx.Constant dense<4> : tensor<1xi64>
  // expected-error@+1 {{`onnx.Unsqueeze`: axis 4 is not in [-3, 2] for an operand of rank 3}}
  %a = onnx.Unsqueeze %x, %four : (tensor<2x3xf32>, tensor<1xi64>) -> tensor<*xf32>
  %b = onnx.Relu %a : (tensor<*xf32>) -> tensor<*xf32>
  // expected-error@+2 {{`onnx.Tile`: the shape of the result depends on operand `repeats`}}
  // expected-note@+1 {{help:}}
  %c = onnx.Tile %x, %y : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<*xf32>
  return %b, %c : tensor<*xf32>, tensor<*xf32>
}

// -----

func.func @absurd(%x: tensor<1xf32>) -> tensor<*xf32> {
  %shape = onnx.Constant dense<[4000000000, 4000000000]> : tensor<2xi64>
  // expected-error@+1 {{`onnx.Expand`: the result has shape [4000000000, 4000000000], more than the 67108864 elements that a computed tensor may have}}
  %y = onnx.Expand %x, %shape : (tensor<1xf32>, tensor<2xi64>) -> tensor<*xf32>
  return %y : tensor<*xf32>
}

// -----

func.func @window_too_large(%x: tensor<1x1x4x4xf32>) -> tensor<*xf32> {
  %none = onnx.NoValue : none
  %zero = onnx.Constant dense<0> : tensor<1xi64>
  %w = onnx.Constant dense<0.0> : tensor<1x1x5x5xf32>
  %v = onnx.Squeeze %w, %zero : (tensor<1x1x5x5xf32>, tensor<1xi64>) -> tensor<*xf32>
  %u = onnx.Unsqueeze %v, %zero : (tensor<*xf32>, tensor<1xi64>) -> tensor<*xf32>
  // expected-error@+1 {{`onnx.Conv`: a window of extent 5 does not fit into spatial axis 0, which has 4 elements with its padding}}
  %y = onnx.Conv %x, %u, %none : (tensor<1x1x4x4xf32>, tensor<*xf32>, none) -> tensor<*xf32>
  return %y : tensor<*xf32>
}
