// RUN: zkc-opt %s --verify-diagnostics --convert-onnx-to-zkarith="input-range=y=0:1"

// expected-error@+4 {{option `input-range` names "y", which is no input}}
// expected-note@+3 {{the inputs are "x"}}
// expected-error@+2 {{input "x": has no declared range}}
// expected-note@+1 {{help: say in which interval its elements lie, for example `input-range=0:1`}}
func.func @main(%x: tensor<2xf32> {onnx.name = "x"}) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}
