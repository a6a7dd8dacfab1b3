// RUN: zkc-opt --convert-zkarith-to-plonk %s --split-input-file --verify-diagnostics

// expected-error@+2 {{attribute `plonk.layout` is missing or has a field out of range}}
// expected-note@+1 {{help: run `zkarith-plan-layout` first}}
func.func @main(%x: tensor<2x!zkarith.fixed<0, 0, 15>>) -> tensor<2x!zkarith.fixed<0, 0, 15>> {
  return %x : tensor<2x!zkarith.fixed<0, 0, 15>>
}

// -----

// expected-error@+2 {{attribute `plonk.layout` is missing or has a field out of range}}
// expected-note@+1 {{help: run `zkarith-plan-layout` first}}
func.func @main(%x: tensor<2x!zkarith.fixed<0, 0, 15>>) -> tensor<2x!zkarith.fixed<0, 0, 15>> attributes {plonk.layout = {blocks = 1, k = 6, lanes = 1, limb_bits = 21, limbs = 1, units = 1}} {
  return %x : tensor<2x!zkarith.fixed<0, 0, 15>>
}

// -----

// A layout that somebody edited, in which the gadgets do not fit.
// expected-error@+1 {{the layout needs 20 rows, but k = 4 has 10; remove `plonk.layout` or raise k}}
func.func @main(%x: tensor<20x!zkarith.fixed<0, 0, 7>>) -> tensor<20x!zkarith.fixed<0, 0, 7>> attributes {plonk.layout = {blocks = 1, k = 4, lanes = 1, limb_bits = 3, limbs = 1, units = 1}} {
  return %x : tensor<20x!zkarith.fixed<0, 0, 7>>
}

// -----

func.func @main(%x: tensor<2x!zkarith.fixed<0, 0, 15>>) -> tensor<2x!zkarith.fixed<0, 0, 15>> attributes {plonk.layout = {blocks = 1, k = 6, lanes = 1, limb_bits = 4, limbs = 1, units = 1}} {
  // expected-error@+1 {{`zkarith.apply`: has no lowering to `plonk`}}
  %0 = zkarith.apply "exp" %x : tensor<2x!zkarith.fixed<0, 0, 15>> -> tensor<2x!zkarith.fixed<0, 0, 15>>
  return %0 : tensor<2x!zkarith.fixed<0, 0, 15>>
}

// -----

!x = tensor<1x1x2x!zkarith.fixed<0, 0, 3>>
!y = tensor<1x1x1x!zkarith.fixed<0, 0, 18>>
func.func @main(%x: !x) -> !y attributes {plonk.layout = {blocks = 1, k = 6, lanes = 1, limb_bits = 4, limbs = 1, units = 1}} {
  // expected-error@+1 {{`zkarith.conv`: the weights of a convolution must be constant}}
  %0 = zkarith.conv %x, %x strides = [1] pads = [0, 0] dilations = [1] group = 1 : (!x, !x) -> !y
  return %0 : !y
}

// -----

// An argument outside of the table has a value only where the record says which.
!x = tensor<2x!zkarith.fixed<0, 0, 3>>
!y = tensor<2x!zkarith.fixed<0, 0, 9>>
func.func @main(%x: !x) -> !y attributes {plonk.layout = {blocks = 1, k = 6, lanes = 1, limb_bits = 4, limbs = 1, units = 1}} {
  // expected-error@+1 {{`poly_ext.eval`: asymptotes have no lowering to `plonk`}}
  %0 = poly_ext.eval %x <"f", domain = [0.0, 3.0], outside = asymptote, form = #poly_ext.table<from = 0, dense<[0, 1, 4, 9]> : tensor<4xi64>>, max_error = 0.5, certificate = none, producer = "test"> : !x -> !y
  return %0 : !y
}

// -----

// The quotient is looked up in 12 limbs of 11 bits, ten bits more than its type has. With a divisor of 126 bits there
// would be a second quotient, modulo the field's prime.
!a = tensor<1x!zkarith.fixed<0, 0, 5316911983139663491615228241121378303>>
!b = tensor<1x!zkarith.fixed<0, 1, 42535295865117307932921825928971026432>>
func.func @main(%a: !a, %b: !b) -> !a attributes {plonk.layout = {blocks = 1, k = 12, lanes = 1, limb_bits = 11, limbs = 12, units = 1}} {
  // expected-error@+1 {{`zkarith.div`: the result's bounds are too wide for the field; state narrower ones}}
  %0 = zkarith.div %a, %b : (!a, !b) -> !a
  return %0 : !a
}

// -----

!x = tensor<1x!zkarith.fixed<125, 0, 1000>>
!y = tensor<1x!zkarith.fixed<0, 0, 5316911983139663491615228241121378303>>
func.func @main(%x: !x) -> !y attributes {plonk.layout = {blocks = 1, k = 12, lanes = 1, limb_bits = 11, limbs = 12, units = 1}} {
  // expected-error@+1 {{`zkarith.rescale`: the result's bounds are too wide for the field; state narrower ones}}
  %0 = zkarith.rescale %x : !x -> !y
  return %0 : !y
}

// -----

// 2^128 and more: the witness program computes with 128 bits.
!x = tensor<1x!zkarith.fixed<0, 0, 18446744073709551616>>
!y = tensor<1x!zkarith.fixed<0, 0, 340282366920938463463374607431768211456>>
func.func @main(%x: !x) -> !y attributes {plonk.layout = {blocks = 1, k = 12, lanes = 1, limb_bits = 8, limbs = 12, units = 1}} {
  %0 = zkarith.mul %x, %x : (!x, !x) -> !y
  // expected-error@+1 {{`zkarith.relu`: a value needs more than 127 bits}}
  %1 = zkarith.relu %0 : !y -> !y
  return %1 : !y
}
