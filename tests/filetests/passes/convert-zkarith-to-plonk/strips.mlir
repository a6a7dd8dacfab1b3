// RUN: zkc-opt %s --convert-zkarith-to-plonk | FileCheck %s

// A dense layer with relu: no cell holds a sum or a copy. The weights are lanes beside the inputs, and the operand of the
// relu is an expression over its result, its sign and its limbs.

// CHECK-LABEL: plonk.circuit @main k = 6
// CHECK: plonk.challenge @omega after 0
// CHECK: plonk.advice @cell[2] phase 0
// CHECK: plonk.advice @monomial[1] phase 1
// CHECK: plonk.advice @coefficient[1] phase 1
// CHECK: plonk.advice @total[1] phase 1
// CHECK: plonk.fixed @lane[2]
// CHECK: plonk.instance @public[1] gates
// CHECK: plonk.gate @next_coefficient_0
// CHECK: plonk.gate @next_total
// CHECK: plonk.constrain "the sum starts and ends at zero"
// CHECK: plonk.gate @relu_2_0
// CHECK: plonk.constrain "the sign is a bit"
// CHECK: plonk.constrain "the positive part is the magnitude or zero"
// CHECK: plonk.derive @monomial[0] at 1 from @next_monomial "the column goes on"
// CHECK: plonk.derive @coefficient[0] at 1 from @next_coefficient_0 "the column goes on"
// CHECK: plonk.derive @total[0] at 1 from @next_total "the column goes on"
// CHECK: %[[X:.*]] = plonk.input "input0" 0
// The weights of both outputs, on the rows above the inputs.
// CHECK: plonk.constant dense<{{.*}}> : tensor<3x2xi64>
// CHECK: plonk.place %{{.*}} on @lane domain [3, 2]
// CHECK-NOT: on @sum
func.func @main(%x: tensor<1x3x!zkarith.fixed<0, 0, 15>>) -> tensor<1x2x!zkarith.fixed<0, 0, 100>> attributes {plonk.strips = {k = 6, limb_bits = 4, strips = 1, lanes = 2, lines = 1}} {
  %w = zkarith.constant dense<[[1, -2], [3, 0], [-1, 4]]> : tensor<3x2xi64> -> tensor<3x2x!zkarith.fixed<0, -2, 4>>
  %0 = zkarith.matmul %x, %w : (tensor<1x3x!zkarith.fixed<0, 0, 15>>, tensor<3x2x!zkarith.fixed<0, -2, 4>>) -> tensor<1x2x!zkarith.fixed<0, -50, 100>>
  %1 = zkarith.relu %0 : tensor<1x2x!zkarith.fixed<0, -50, 100>> -> tensor<1x2x!zkarith.fixed<0, 0, 100>>
  return %1 : tensor<1x2x!zkarith.fixed<0, 0, 100>>
}
