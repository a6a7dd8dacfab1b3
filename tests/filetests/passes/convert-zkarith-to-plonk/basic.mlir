// RUN: zkc-opt --convert-zkarith-to-plonk %s --split-input-file | FileCheck %s

// Three sums of three products on two blocks with two lanes: the third output comes below the first, each takes two rows,
// and the last lane of the second row stays empty. The bias is added on the first row, the sum above on the second.

// CHECK-DAG: #[[TAPS:.*]] = affine_map<(d0, d1, d2) -> ((d1 mod 2) * 2 + d2 mod 2, (d1 floordiv 2) * 2 + d2 floordiv 2)>
// CHECK-DAG: #[[FIRST:.*]] = affine_map<(d0, d1) -> (d1 mod 2, (d1 floordiv 2) * 2)>
// CHECK-DAG: #[[SUMS:.*]] = affine_map<(d0, d1, d2) -> (d1 mod 2, (d1 floordiv 2) * 2 + d2)>
// CHECK-DAG: #[[CHAIN:.*]] = affine_map<(d0, d1) -> (0, d0 * 2 + d1 + 1)>
// CHECK-DAG: #[[LAST:.*]] = affine_map<(d0, d1) -> (d0, d1, 1)>
// CHECK-LABEL: plonk.circuit @main k = 6
// CHECK: plonk.advice @lane[4] phase 0
// CHECK-NEXT: plonk.fixed @weight[4]
// CHECK-NEXT: plonk.advice @sum[2] phase 0
// CHECK-NEXT: plonk.fixed @bias[2]
// CHECK-NEXT: plonk.fixed @q_sum[2]
// CHECK-NEXT: plonk.fixed @q_chain[2]

// CHECK: plonk.gate @linear_0 {
// CHECK-NEXT: %[[X0:.*]] = plonk.query @lane[0] at 0
// CHECK-NEXT: %[[W0:.*]] = plonk.query @weight[0] at 0
// CHECK-NEXT: %[[P0:.*]] = plonk.product %[[X0]], %[[W0]]
// CHECK-NEXT: %[[X1:.*]] = plonk.query @lane[1] at 0
// CHECK-NEXT: %[[W1:.*]] = plonk.query @weight[1] at 0
// CHECK-NEXT: %[[P1:.*]] = plonk.product %[[X1]], %[[W1]]
// CHECK-NEXT: %[[SUM:.*]] = plonk.query @sum[0] at 0
// CHECK-NEXT: %[[ABOVE:.*]] = plonk.query @sum[0] at -1
// CHECK-NEXT: %[[BIAS:.*]] = plonk.query @bias[0] at 0
// CHECK-NEXT: %[[Q:.*]] = plonk.query @q_sum[0] at 0
// CHECK-NEXT: %[[QC:.*]] = plonk.query @q_chain[0] at 0
// CHECK-NEXT: %[[INNER:.*]] = plonk.sum %[[P0]], %[[P1]]
// CHECK-NEXT: %[[ADDED:.*]] = plonk.sum %[[BIAS]], %[[INNER]]
// CHECK-NEXT: %[[NEG:.*]] = plonk.neg %[[ADDED]]
// CHECK-NEXT: %[[REST:.*]] = plonk.sum %[[SUM]], %[[NEG]]
// CHECK-NEXT: %[[LEFT:.*]] = plonk.product %[[Q]], %[[REST]]
// CHECK-NEXT: %[[RIGHT:.*]] = plonk.product %[[QC]], %[[ABOVE]]
// CHECK-NEXT: %[[NEG:.*]] = plonk.neg %[[RIGHT]]
// CHECK-NEXT: %[[POLY:.*]] = plonk.sum %[[LEFT]], %[[NEG]]
// CHECK-NEXT: plonk.constrain "the sum is the sum above plus bias plus products" %[[POLY]]

// CHECK: %[[X:.*]] = plonk.input "input0" 0 : tensor<1x3x!zkarith.fixed<0, 0, 3>>
// CHECK: %[[W:.*]] = plonk.constant dense<{{.*}}> : tensor<3x3xi64>
// CHECK: %[[B:.*]] = plonk.constant dense<{{.*}}> : tensor<1x3xi64>
// CHECK: %[[S:.*]] = plonk.linear %[[X]] by [{{.*}}] times %[[W]] by [{{.*}}] taps [array<i64: 3>] chunk 2 bias %[[B]]
// CHECK-SAME: -> tensor<1x3x2x!zkarith.fixed<0, -84, 84>>
// CHECK-NEXT: plonk.place %[[X]] on @lane domain [1, 3, 3] read #{{.*}} at #[[TAPS]]
// CHECK-NEXT: plonk.place %[[W]] on @weight domain [1, 3, 3] read #{{.*}} at #[[TAPS]]
// CHECK-NEXT: plonk.place %[[B]] on @bias domain [1, 3] read #{{.*}} at #[[FIRST]]
// CHECK-NEXT: plonk.place %[[S]] on @sum domain [1, 3, 2] read #{{.*}} at #[[SUMS]]
// CHECK-NEXT: plonk.fill @q_sum with 1 domain [4]
// CHECK-NEXT: plonk.fill @q_chain with 1 domain [2, 1] at #[[CHAIN]]
// CHECK-NEXT: plonk.fill @q_sum with 1 domain [2]
// CHECK-NEXT: plonk.fill @q_chain with 1 domain [1, 1]
// CHECK-NEXT: %[[Y:.*]] = plonk.gather %[[S]] by #[[LAST]]
// CHECK-SAME: -> tensor<1x3x!zkarith.fixed<0, -35, 57>>
// CHECK-NEXT: plonk.place %[[Y]] on @public
// CHECK-NEXT: plonk.output "output0" %[[Y]] public
!x = tensor<1x3x!zkarith.fixed<0, 0, 3>>
!w = tensor<3x3x!zkarith.fixed<0, -4, 9>>
!m = tensor<1x3x!zkarith.fixed<0, -36, 54>>
!b = tensor<1x3x!zkarith.fixed<0, 1, 3>>
!y = tensor<1x3x!zkarith.fixed<0, -35, 57>>
func.func @main(%x: !x) -> !y attributes {plonk.layout = {blocks = 2, k = 6, lanes = 2, limb_bits = 2, limbs = 1, units = 1}} {
  %w = zkarith.constant dense<[[1, 2, 3], [-4, 5, 6], [7, 8, 9]]> : tensor<3x3xi64> -> !w
  %b = zkarith.constant dense<[[1, 2, 3]]> : tensor<1x3xi64> -> !b
  %0 = zkarith.matmul %x, %w : (!x, !w) -> !m
  %1 = zkarith.add %0, %b : (!m, !b) -> !y
  return %1 : !y
}

// -----

// The constant of a difference is negated at compile time, and every sum starts with it.
// CHECK-LABEL: plonk.circuit @main
// CHECK: %[[C:.*]] = plonk.constant dense<-11> : tensor<1xi64> -> tensor<1x!zkarith.fixed<0, -11, -11>>
// CHECK: %[[SPREAD:.*]] = plonk.gather %[[C]] by #{{.*}} : tensor<1x!zkarith.fixed<0, -11, -11>> -> tensor<2x!zkarith.fixed<0, -11, -11>>
// CHECK: plonk.linear {{.*}} bias %[[SPREAD]]
!x = tensor<2x!zkarith.fixed<0, 0, 3>>
!c = tensor<1x!zkarith.fixed<0, 11, 11>>
!y = tensor<2x!zkarith.fixed<0, -11, -8>>
func.func @main(%x: !x) -> !y attributes {plonk.layout = {blocks = 1, k = 5, lanes = 1, limb_bits = 2, limbs = 1, units = 1}} {
  %c = zkarith.constant dense<11> : tensor<1xi64> -> !c
  %0 = zkarith.sub %x, %c : (!x, !c) -> !y
  return %0 : !y
}

// -----

// A rescale by three bits in units of three limb columns of two bits: the remainder takes a limb and a half, so that the
// distance of its top limb to 1 is looked up too, and the quotient's limbs stand in the row below.

// CHECK-DAG: #[[CELL0:.*]] = affine_map<(d0) -> ((d0 mod 2) * 4, (d0 floordiv 2) * 2 + 4)>
// CHECK-DAG: #[[CELL1:.*]] = affine_map<(d0) -> ((d0 mod 2) * 4 + 1, (d0 floordiv 2) * 2 + 4)>
// CHECK-DAG: #[[LIMB2:.*]] = affine_map<(d0) -> ((d0 mod 2) * 3 + 2, (d0 floordiv 2) * 2 + 4)>
// CHECK-DAG: #[[BELOW:.*]] = affine_map<(d0) -> ((d0 mod 2) * 3, (d0 floordiv 2) * 2 + 5)>
// CHECK-LABEL: plonk.circuit @main
// CHECK: plonk.fixed @q_rescale_2e_2[2]
// CHECK: plonk.gate @rescale_2e_2_0 {
// CHECK: plonk.constrain "quotient and remainder make up the value"
// CHECK: plonk.query @param[2] at 0
// CHECK-NEXT: plonk.query @limb[1] at 0
// CHECK: plonk.query @limb[2] at 0
// CHECK: plonk.constrain "the remainder is below the divisor"
// CHECK: plonk.query @limb[0] at 1
// CHECK-NEXT: plonk.query @limb[1] at 1
// CHECK: plonk.constrain "the quotient is in range"
// CHECK: plonk.gate @rescale_2e_2_1 {
// CHECK: plonk.query @cell[4] at 0
// CHECK-NEXT: plonk.query @cell[5] at 0
// CHECK: plonk.lookup @look_up_limb_5 in @limbs
// CHECK: %[[X:.*]] = plonk.input "input0" 0
// CHECK: %[[Y:.*]] = plonk.quotient %[[X]] plus 4 by 8
// CHECK-NEXT: %[[R:.*]] = plonk.remainder %[[X]] plus 4 by 8
// CHECK-NEXT: %[[R0:.*]] = plonk.limb %[[R]][0] bits 2 offset 0
// CHECK-NEXT: %[[R1:.*]] = plonk.limb %[[R]][1] bits 2 offset 0
// CHECK-NEXT: %[[GAP:.*]] = plonk.affine %[[R1]] times [-1] plus 1
// CHECK-NEXT: %[[Y0:.*]] = plonk.limb %[[Y]][0] bits 2 offset -2
// CHECK: plonk.place %[[X]] on @cell domain [3] read #{{.*}} at #[[CELL0]]
// CHECK-NEXT: plonk.place %[[Y]] on @cell domain [3] read #{{.*}} at #[[CELL1]]
// CHECK: plonk.place %[[GAP]] on @limb domain [3] read #{{.*}} at #[[LIMB2]]
// CHECK-NEXT: plonk.place %[[Y0]] on @limb domain [3] read #{{.*}} at #[[BELOW]]
// CHECK: plonk.fill @param with 4 domain [2]
// CHECK-NEXT: plonk.fill @param with 8 domain [2]
// CHECK-NEXT: plonk.fill @param with 1 domain [2]
// CHECK-NEXT: plonk.fill @param with -2 domain [2]
// CHECK-NEXT: plonk.fill @q_rescale_2e_2 with 1 domain [2]
// CHECK-NEXT: plonk.fill @q_rescale_2e_2 with 1 domain [1]
!x = tensor<3x!zkarith.fixed<3, -20, 20>>
!y = tensor<3x!zkarith.fixed<0, -2, 3>>
func.func @main(%x: !x) -> !y attributes {plonk.layout = {blocks = 1, k = 6, lanes = 1, limb_bits = 2, limbs = 3, units = 2}} {
  %0 = zkarith.rescale %x : !x -> !y
  return %0 : !y
}

// -----

// A relu is a maximum with the parameter 0; a minimum of two values has both in cells. The sign stands in cell 3.
// CHECK-LABEL: plonk.circuit @main
// CHECK: plonk.gate @min_3_0 {
// CHECK: plonk.query @cell[1] at 0
// CHECK: plonk.constrain "the sign is a bit"
// CHECK: plonk.constrain "the bit is the sign of the difference"
// CHECK: plonk.constrain "the result is the smaller one"
// CHECK: plonk.gate @max_const_3_0 {
// CHECK: plonk.query @param[0] at 0
// CHECK: plonk.constrain "the result is the larger one"
// CHECK: %[[X:.*]] = plonk.input "input0" 0
// CHECK: %[[D:.*]] = plonk.affine %[[X]], %{{.*}} times [1, -1] plus 0
// CHECK-NEXT: %[[S:.*]] = plonk.nonneg %[[D]]
// CHECK-NEXT: %[[SD:.*]] = plonk.mul %[[S]], %[[D]]
// CHECK-NEXT: %[[M:.*]] = plonk.affine %[[SD]], %[[S]], %[[D]] times [2, 1, -1] plus -1
// CHECK-NEXT: plonk.limb %[[M]][0]
// CHECK: %[[MAX:.*]] = plonk.max %[[X]],
// CHECK: plonk.place %[[MAX]] on @cell
// CHECK-NEXT: plonk.place %[[S]] on @cell
// CHECK: plonk.min %[[X]], %[[MAX]]
!x = tensor<3x!zkarith.fixed<3, -20, 20>>
!r = tensor<3x!zkarith.fixed<3, 0, 20>>
func.func @main(%x: !x) -> !x attributes {plonk.layout = {blocks = 1, k = 6, lanes = 1, limb_bits = 2, limbs = 3, units = 1}} {
  %0 = zkarith.relu %x : !x -> !r
  %1 = zkarith.min %x, %0 : (!x, !r) -> !x
  return %1 : !x
}

// -----

// A clamp whose bounds hold already is nothing; one bound is one gadget.
// CHECK-LABEL: plonk.circuit @main
// CHECK-NOT: plonk.gate @max_const
// CHECK: plonk.gate @min_const_3_0
// CHECK-NOT: plonk.gate @max_const
// CHECK: plonk.output "output0" %[[X:.*]] public
// CHECK: plonk.output "output1" %[[Y:.*]] public
!x = tensor<3x!zkarith.fixed<3, -20, 20>>
!y = tensor<3x!zkarith.fixed<3, -30, 7>>
func.func @main(%x: !x) -> (!x, !y) attributes {plonk.layout = {blocks = 1, k = 6, lanes = 1, limb_bits = 2, limbs = 3, units = 1}} {
  %0 = zkarith.clamp %x : !x -> !x
  %1 = zkarith.clamp %x : !x -> !y
  return %0, %1 : !x, !y
}

// -----

// Products, and quotients with the remainder's limbs twice: themselves and their distance to the divisor.
// CHECK-LABEL: plonk.circuit @main
// CHECK: plonk.gate @product_0 {
// CHECK: plonk.constrain "the result is the product"
// CHECK: plonk.gate @ratio_3_5_0 {
// CHECK: plonk.constrain "quotient and remainder make up the dividend"
// CHECK: plonk.constrain "the remainder is below the divisor"
// CHECK: plonk.constrain "the quotient is in range"
// CHECK: %[[A:.*]] = plonk.input "input0" 0
// CHECK: %[[B:.*]] = plonk.input "input1" 1
// CHECK: plonk.mul %[[A]], %[[B]]
// CHECK: %[[Y:.*]] = plonk.ratio %[[A]], %[[B]] times 8
// CHECK-NEXT: %[[R:.*]] = plonk.ratio_remainder %[[A]], %[[B]] times 8
// CHECK-NEXT: %[[GAP:.*]] = plonk.affine %[[B]], %[[R]] times [2, -1] plus -1
// CHECK-NEXT: plonk.limb %[[R]][0]
// CHECK-COUNT-3: plonk.limb %[[GAP]]
// CHECK-COUNT-5: plonk.limb %[[Y]]
// CHECK: plonk.fill @param with 16 domain [3]
// CHECK-NEXT: plonk.fill @param with -160 domain [3]
!a = tensor<3x!zkarith.fixed<3, -20, 20>>
!b = tensor<3x!zkarith.fixed<3, 1, 20>>
!p = tensor<3x!zkarith.fixed<6, -400, 400>>
!q = tensor<3x!zkarith.fixed<3, -160, 160>>
func.func @main(%a: !a, %b: !b) -> (!p, !q) attributes {plonk.layout = {blocks = 1, k = 7, lanes = 1, limb_bits = 2, limbs = 3, units = 1}} {
  %0 = zkarith.mul %a, %b : (!a, !b) -> !p
  %1 = zkarith.div %a, %b : (!a, !b) -> !q
  return %0, %1 : !p, !q
}

// -----

// All functions stand in one table behind an inert row; a function used twice stands there once.
// CHECK-LABEL: plonk.circuit @main
// CHECK: plonk.fixed @q_table[1]
// CHECK-NEXT: plonk.fixed @tag[1]
// CHECK: plonk.table @functions [dense<[0, 1, 1, 1, 1, 2, 2, 2, 2]> : tensor<9xi64>, dense<[0, 0, 1, 2, 3, 0, 1, 2, 3]> : tensor<9xi64>, dense<[0, 5, 6, 7, 8, 9, 9, 9, 9]> : tensor<9xi64>]
// CHECK: plonk.lookup @look_up_function_0 in @functions {
// CHECK-NEXT: %[[Q:.*]] = plonk.query @q_table[0] at 0
// CHECK-NEXT: %[[TAG:.*]] = plonk.query @tag[0] at 0
// CHECK-NEXT: %[[X:.*]] = plonk.query @cell[0] at 0
// CHECK-NEXT: %[[Y:.*]] = plonk.query @cell[1] at 0
// CHECK-NEXT: %[[QX:.*]] = plonk.product %[[Q]], %[[X]]
// CHECK-NEXT: %[[QY:.*]] = plonk.product %[[Q]], %[[Y]]
// CHECK-NEXT: plonk.look_up %[[TAG]], %[[QX]], %[[QY]]
// CHECK: plonk.lookup_value %{{.*}} in @functions tag 1
// CHECK: plonk.fill @tag with 1 domain [1]
// CHECK: plonk.lookup_value %{{.*}} in @functions tag 2
// CHECK: plonk.fill @tag with 2 domain [1]
// CHECK: plonk.lookup_value %{{.*}} in @functions tag 1
!x = tensor<1x!zkarith.fixed<0, 0, 3>>
!y = tensor<1x!zkarith.fixed<0, 5, 9>>
func.func @main(%a: !x, %b: !x) -> (!y, !y, !y) attributes {plonk.layout = {blocks = 1, k = 5, lanes = 1, limb_bits = 2, limbs = 1, units = 1}} {
  %0 = poly_ext.eval %a <"f", domain = [0.0, 3.0], outside = refuse, form = #poly_ext.table<from = 0, dense<[5, 6, 7, 8]> : tensor<4xi64>>, max_error = 0.5, certificate = none, producer = "test"> : !x -> !y
  %1 = poly_ext.eval %a <"g", domain = [0.0, 3.0], outside = refuse, form = #poly_ext.table<from = 0, dense<9> : tensor<4xi64>>, max_error = 0.5, certificate = none, producer = "test"> : !x -> !y
  %2 = poly_ext.eval %b <"f", domain = [0.0, 3.0], outside = refuse, form = #poly_ext.table<from = 0, dense<[5, 6, 7, 8]> : tensor<4xi64>>, max_error = 0.5, certificate = none, producer = "test"> : !x -> !y
  return %0, %1, %2 : !y, !y, !y
}

// -----

// Data movement is a gather of the witness program: no gate, and no cell but those of the input and the output.
// CHECK-LABEL: plonk.circuit @main
// CHECK-COUNT-1: plonk.gate
// CHECK-NOT: plonk.gate
// CHECK: %[[X:.*]] = plonk.input "input0" 0
// CHECK: %[[T:.*]] = plonk.gather %[[X]] by
// CHECK-NEXT: %[[P:.*]] = plonk.gather %[[T]] by #{{.*}} fill 3
// CHECK-NEXT: plonk.place %[[P]] on @public
!x = tensor<2x3x!zkarith.fixed<0, 0, 3>>
!t = tensor<3x2x!zkarith.fixed<0, 0, 3>>
!p = tensor<4x2x!zkarith.fixed<0, 0, 3>>
func.func @main(%x: !x) -> !p attributes {plonk.layout = {blocks = 1, k = 5, lanes = 1, limb_bits = 2, limbs = 1, units = 1}} {
  %0 = zkarith.transpose %x permutation = [1, 0] : !x -> !t
  %1 = zkarith.pad %0 low = [1, 0] high = [0, 0] value = 3 : !t -> !p
  return %1 : !p
}
