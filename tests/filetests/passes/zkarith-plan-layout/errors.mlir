// RUN: zkc-opt --zkarith-plan-layout='limb-bits=4 max-k=6' %s --split-input-file --verify-diagnostics

// Every operation without a lowering is named, not the first one only.
!x = tensor<1x1x1x!zkarith.fixed<0, 0, 3>>
!y = tensor<1x1x1x!zkarith.fixed<0, 0, 9>>
func.func @main(%x: !x) -> (!y, !x) {
  // expected-error@+1 {{the weights of `zkarith.conv` must be constant}}
  %0 = zkarith.conv %x, %x strides = [1] pads = [0, 0] dilations = [1] group = 1 : (!x, !x) -> !y
  // expected-error@+1 {{`zkarith.apply` has no lowering to `plonk` in this form}}
  %1 = zkarith.apply "exp" %x : !x -> !x
  return %0, %1 : !y, !x
}

// -----

// expected-error@+1 {{inputs must be tensors of `!zkarith.fixed`}}
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}

// -----

// 100 public values do not fit into 64 rows, however many columns there are.
// expected-error@+2 {{the model needs more than 2^6 rows in every layout tried}}
// expected-note@+1 {{help: lower the number of fraction bits, narrow the input range, or split the model}}
func.func @main(%x: tensor<50x!zkarith.fixed<0, 0, 3>>) -> tensor<50x!zkarith.fixed<0, 0, 3>> {
  return %x : tensor<50x!zkarith.fixed<0, 0, 3>>
}

// -----

// expected-error@+1 {{an input has no elements, so that there is nothing to prove about it}}
func.func @main(%x: tensor<0x!zkarith.fixed<0, 0, 3>>, %y: tensor<2x!zkarith.fixed<0, 0, 3>>) -> tensor<0x!zkarith.fixed<0, 0, 3>> {
  // expected-error@+1 {{the result of `zkarith.slice` has no elements, so that there is nothing to prove about it}}
  %0 = zkarith.slice %y starts = [1] steps = [1] : tensor<2x!zkarith.fixed<0, 0, 3>> -> tensor<0x!zkarith.fixed<0, 0, 3>>
  return %0 : tensor<0x!zkarith.fixed<0, 0, 3>>
}
