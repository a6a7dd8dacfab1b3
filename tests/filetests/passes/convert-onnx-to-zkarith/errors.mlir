// RUN: zkc-opt %s --split-input-file --verify-diagnostics --convert-onnx-to-zkarith="input-range=-8:8"

func.func @not_core(%x: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error@+2 {{`onnx.Softmax`: has no conversion to `zkarith`}}
  // expected-note@+1 {{help: run `onnx-decompose` first}}
  %0 = onnx.Softmax %x : (tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// Each operation that fails is reported, those behind it are not.
func.func @two_errors(%x: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error@+2 {{`onnx.Log`: `log` is not defined at -8}}
  // expected-note@+1 {{help: declare a smaller input range}}
  %0 = onnx.Log %x : (tensor<2xf32>) -> tensor<2xf32>
  %1 = onnx.Relu %0 : (tensor<2xf32>) -> tensor<2xf32>
  // expected-error@+2 {{`onnx.Div`: the divisor lies in [-8, 8] and must stay away from zero}}
  // expected-note@+1 {{help: divide by something that is positive}}
  %2 = onnx.Div %x, %x : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %3 = onnx.Add %1, %2 : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %3 : tensor<2xf32>
}

// -----

func.func @integers(%x: tensor<2xf32>) -> tensor<2xi64> {
  // expected-error@+2 {{`onnx.Cast`: tensors of `i64` have no conversion to `zkarith`}}
  // expected-note@+1 {{help: only floating-point tensors are computed in the circuit}}
  %0 = onnx.Cast %x {to = i64} : (tensor<2xf32>) -> tensor<2xi64>
  return %0 : tensor<2xi64>
}

// -----

func.func @not_finite(%x: tensor<2xf32>) -> tensor<2xf32> {
  %c = onnx.Constant dense<0x7F800000> : tensor<2xf32>
  // expected-error@+1 {{`onnx.Add`: the constant inf is not finite, or too large at scale 10}}
  %0 = onnx.Add %x, %c : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @constant_zero_divisor(%x: tensor<2xf32>) -> tensor<2xf32> {
  %c = onnx.Constant dense<[1.0, 0.0]> : tensor<2xf32>
  // expected-error@+1 {{`onnx.Div`: element 1 of the divisor is zero}}
  %0 = onnx.Div %x, %c : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// expected-error@+2 {{input 0: `tensor<?xf32>` is no tensor of static shape}}
// expected-note@+1 {{help: infer shapes first}}
func.func @unknown_shape(%x: tensor<?xf32>) -> tensor<?xf32> {
  return %x : tensor<?xf32>
}

// -----

func.func @too_steep(%x: tensor<2xf32>) -> tensor<2xf32> {
  %c = onnx.Constant dense<100.0> : tensor<f32>
  %0 = onnx.Mul %x, %c : (tensor<2xf32>, tensor<f32>) -> tensor<2xf32>
  // expected-error@+2 {{`onnx.Sin`: `sin` on [-800, 800] is too steep for a table of 2^12 entries}}
  // expected-note@+1 {{help: raise `table-bits`, or declare a smaller input range}}
  %1 = onnx.Sin %0 : (tensor<2xf32>) -> tensor<2xf32>
  return %1 : tensor<2xf32>
}
