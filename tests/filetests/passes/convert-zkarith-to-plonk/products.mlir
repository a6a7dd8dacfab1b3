// RUN: zkc-opt %s --convert-zkarith-to-plonk --split-input-file | FileCheck %s

// A product of two computed matrices in strips: two running sums, no cell for the product, and copies of the operands
// without limbs of their own. The first operand runs down the axis that both share, the second down the other one, so
// there are two monomials. A rescale reads the product in order.

// CHECK-LABEL: plonk.circuit @main k = 7
// CHECK: plonk.advice @left_sum[1] phase 1
// CHECK: plonk.advice @right_sum[1] phase 1
// CHECK: plonk.advice @second_monomial[1] phase 1
// CHECK: plonk.fixed @second_step
// CHECK: plonk.gate @next_second_monomial
// CHECK: plonk.gate @next_left_sum
// CHECK: plonk.gate @next_right_sum
// CHECK: plonk.gate @next_total
// CHECK: plonk.query @left_sum[0] at 1
// CHECK: plonk.query @right_sum[0] at 1
// CHECK: plonk.derive @second_monomial[0] at 1 from @next_second_monomial "the column goes on"
// CHECK: plonk.derive @coefficient[0] at 1 from @next_coefficient_0 "the column goes on"
// CHECK: plonk.derive @left_sum[0] at 1 from @next_left_sum "the column goes on"
// CHECK: plonk.derive @right_sum[0] at 1 from @next_right_sum "the column goes on"
// CHECK: plonk.derive @total[0] at 1 from @next_total "the column goes on"
// CHECK: plonk.fill @q_contraction_1_4_2_3_
// CHECK-NOT: plonk.gate @carry
!a = tensor<4x2x!zkarith.fixed<4, -15, 15>>
!b = tensor<2x3x!zkarith.fixed<4, -15, 15>>
!c = tensor<4x3x!zkarith.fixed<8, -450, 450>>
!y = tensor<4x3x!zkarith.fixed<4, -28, 28>>
func.func @main(%a: !a, %b: !b) -> !y attributes {plonk.strips = {k = 7, limb_bits = 4, strips = 2, lanes = 4, lines = 2}} {
  %0 = zkarith.matmul %a, %b : (!a, !b) -> !c
  %1 = zkarith.rescale %0 : !c -> !y
  return %1 : !y
}

// -----

// A product that is shown has a copy in cells, and so has an operand that is a sum.

// CHECK-LABEL: plonk.circuit @main k = 7
// CHECK: plonk.fixed @q_carry[1]
// CHECK: plonk.fill @q_carry
// CHECK: plonk.fill @q_carry
// CHECK-NOT: plonk.fill @q_carry
!a = tensor<1x2x!zkarith.fixed<0, 0, 7>>
!b = tensor<2x1x!zkarith.fixed<0, 0, 7>>
!s = tensor<2x1x!zkarith.fixed<0, 0, 14>>
!c = tensor<1x1x!zkarith.fixed<0, 0, 196>>
func.func @main(%a: !a, %b: !b, %d: !b) -> !c attributes {plonk.strips = {k = 7, limb_bits = 4, strips = 1, lanes = 2, lines = 0}} {
  %0 = zkarith.add %b, %d : (!b, !b) -> !s
  %1 = zkarith.matmul %a, %0 : (!a, !s) -> !c
  return %1 : !c
}

// -----

// In the direct layout the products stand in cells, and a linear map adds them up.

// CHECK-LABEL: plonk.circuit @main k = 6
// CHECK: plonk.constrain "the result is the product"
// CHECK: plonk.mul {{.*}} -> tensor<1x1x2x!zkarith.fixed<0, 0, 49>>
// CHECK: plonk.linear {{.*}} -> tensor<1x1x2x!zkarith.fixed<0, {{.*}}>>
!a = tensor<1x2x!zkarith.fixed<0, 0, 7>>
!b = tensor<2x1x!zkarith.fixed<0, 0, 7>>
!c = tensor<1x1x!zkarith.fixed<0, 0, 98>>
func.func @main(%a: !a, %b: !b) -> !c attributes {plonk.layout = {k = 6, limb_bits = 4, lanes = 1, blocks = 1, units = 1, limbs = 1}} {
  %0 = zkarith.matmul %a, %b : (!a, !b) -> !c
  return %0 : !c
}
