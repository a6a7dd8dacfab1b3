// RUN: zkc-opt %s --verify-diagnostics --convert-onnx-to-zkarith="input-range=-30000:30000 value-bits=60"

// The analysis says how many bits, where, and what would help.
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = onnx.Mul %x, %x : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %1 = onnx.Mul %0, %0 : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  // expected-error@+2 {{`onnx.Mul`: the result needs 119 bits, more than the 110 that are allowed}}
  // expected-note@+1 {{help: use fewer `fraction-bits`, or declare a smaller input range}}
  %2 = onnx.Mul %1, %1 : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %2 : tensor<2xf32>
}
