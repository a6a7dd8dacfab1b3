// The bounds of a subtracted constant that is broadcast were those of the constant before its sign changed.
// RUN: zkc-opt %s --zkarith-plan-layout --convert-zkarith-to-plonk | FileCheck %s
// CHECK: plonk.constant dense<[-5, -6, -7]> : tensor<3xi64> -> tensor<3x!zkarith.fixed<0, -7, -5>>
// CHECK: plonk.gather {{.*}} -> tensor<2x3x!zkarith.fixed<0, -7, -5>>
func.func @main(%x: tensor<2x3x!zkarith.fixed<0, 0, 9>>) -> tensor<2x3x!zkarith.fixed<0, -7, 4>> {
  %c = zkarith.constant dense<[5, 6, 7]> : tensor<3xi64> -> tensor<3x!zkarith.fixed<0, 5, 7>>
  %y = zkarith.sub %x, %c : (tensor<2x3x!zkarith.fixed<0, 0, 9>>, tensor<3x!zkarith.fixed<0, 5, 7>>) -> tensor<2x3x!zkarith.fixed<0, -7, 4>>
  return %y : tensor<2x3x!zkarith.fixed<0, -7, 4>>
}
