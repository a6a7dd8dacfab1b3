// RUN: zkc-opt %s --split-input-file --verify-diagnostics --convert-zkarith-to-poly-ext="table-bits=6"

func.func @too_many_entries(%x: tensor<2x!zkarith.fixed<8, -1000, 1000>>) -> tensor<2x!zkarith.fixed<4, -16, 16>> {
  // expected-error@+2 {{`zkarith.apply`: a table of `sin` on [-3.90625, 3.90625] has 2001 entries, more than 2^6}}
  // expected-note@+1 {{help: raise `table-bits`, or rescale or clamp the operand}}
  %0 = zkarith.apply "sin" %x : tensor<2x!zkarith.fixed<8, -1000, 1000>> -> tensor<2x!zkarith.fixed<4, -16, 16>>
  return %0 : tensor<2x!zkarith.fixed<4, -16, 16>>
}

// -----

func.func @unknown_function(%x: tensor<2x!zkarith.fixed<1, -2, 2>>) -> tensor<2x!zkarith.fixed<4, -16, 16>> {
  // expected-error@+1 {{`zkarith.apply`: unknown function `tanhh`; known are sigmoid, tanh}}
  %0 = zkarith.apply "tanhh" %x : tensor<2x!zkarith.fixed<1, -2, 2>> -> tensor<2x!zkarith.fixed<4, -16, 16>>
  return %0 : tensor<2x!zkarith.fixed<4, -16, 16>>
}

// -----

func.func @undefined(%x: tensor<2x!zkarith.fixed<1, -2, 2>>) -> tensor<2x!zkarith.fixed<4, -16, 16>> {
  // expected-error@+1 {{`zkarith.apply`: `log` is not defined at -1 (the integer -2 at scale 1)}}
  %0 = zkarith.apply "log" %x : tensor<2x!zkarith.fixed<1, -2, 2>> -> tensor<2x!zkarith.fixed<4, -16, 16>>
  return %0 : tensor<2x!zkarith.fixed<4, -16, 16>>
}
