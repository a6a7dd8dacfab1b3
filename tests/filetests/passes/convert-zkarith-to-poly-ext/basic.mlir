// RUN: zkc-opt %s --split-input-file --convert-zkarith-to-poly-ext | FileCheck %s

// All of the operand's bounds are in the table.
// CHECK-LABEL: func.func @whole
// CHECK: poly_ext.eval %{{.*}} <"tanh", domain = [-1.000000e+00, 1.000000e+00], outside = refuse, form = #poly_ext.table<from = -2, dense<[-12, -7, 0, 7, 12]> : tensor<5xi64>>, max_error = {{.*}}, certificate = exhaustive, producer = "zkc-approx
// CHECK-NOT: zkarith.apply
func.func @whole(%x: tensor<2x!zkarith.fixed<1, -2, 2>>) -> tensor<2x!zkarith.fixed<4, -12, 12>> {
  %0 = zkarith.apply "tanh" %x : tensor<2x!zkarith.fixed<1, -2, 2>> -> tensor<2x!zkarith.fixed<4, -12, 12>>
  return %0 : tensor<2x!zkarith.fixed<4, -12, 12>>
}

// -----

// A result type that cuts values cuts the table.
// CHECK-LABEL: func.func @cut_result
// CHECK: form = #poly_ext.table<from = -2, dense<[-5, -5, 0, 7, 12]> : tensor<5xi64>>, max_error = 0.44909
func.func @cut_result(%x: tensor<2x!zkarith.fixed<1, -2, 2>>) -> tensor<2x!zkarith.fixed<4, -5, 12>> {
  %0 = zkarith.apply "tanh" %x : tensor<2x!zkarith.fixed<1, -2, 2>> -> tensor<2x!zkarith.fixed<4, -5, 12>>
  return %0 : tensor<2x!zkarith.fixed<4, -5, 12>>
}

// -----

// More than 2^18 arguments: the table ends where tanh rounds to 1.
// CHECK-LABEL: func.func @tails
// CHECK: outside = saturate, form = #poly_ext.table<from = -9, dense<[-16, -15, -15, -14, -14, -12, -10, -7, -4, 0, 4, 7, 10, 12, 14, 14, 15, 15, 16]>
func.func @tails(%x: tensor<2x!zkarith.fixed<2, -999999, 999999>>) -> tensor<2x!zkarith.fixed<4, -16, 16>> {
  %0 = zkarith.apply "tanh" %x : tensor<2x!zkarith.fixed<2, -999999, 999999>> -> tensor<2x!zkarith.fixed<4, -16, 16>>
  return %0 : tensor<2x!zkarith.fixed<4, -16, 16>>
}

// -----

// exp goes on rising above zero: that side keeps its clamp, the other is cut to the table.
// CHECK-LABEL: func.func @one_side
// CHECK: %[[C:.*]] = zkarith.clamp %{{.*}} : tensor<2x!zkarith.fixed<2, -100, 100>> -> tensor<2x!zkarith.fixed<2, -100, 0>>
// CHECK: poly_ext.eval %[[C]] <"exp", domain = [-4.000000e+00, 0.000000e+00], outside = saturate
func.func @one_side(%x: tensor<2x!zkarith.fixed<2, -100, 100>>) -> tensor<2x!zkarith.fixed<4, 0, 16>> {
  %0 = zkarith.clamp %x : tensor<2x!zkarith.fixed<2, -100, 100>> -> tensor<2x!zkarith.fixed<2, -16, 0>>
  %1 = zkarith.apply "exp" %0 : tensor<2x!zkarith.fixed<2, -16, 0>> -> tensor<2x!zkarith.fixed<4, 0, 16>>
  return %1 : tensor<2x!zkarith.fixed<4, 0, 16>>
}

// -----

// A clamp with another use stays for it.
// CHECK-LABEL: func.func @shared_clamp
// CHECK-SAME: %[[X:.*]]: tensor
// CHECK: %[[C:.*]] = zkarith.clamp %[[X]]
// CHECK: %[[E:.*]] = poly_ext.eval %[[X]]
// CHECK: return %[[E]], %[[C]]
func.func @shared_clamp(%x: tensor<2x!zkarith.fixed<2, -100, 100>>) -> (tensor<2x!zkarith.fixed<4, -16, 16>>, tensor<2x!zkarith.fixed<2, -16, 16>>) {
  %0 = zkarith.clamp %x : tensor<2x!zkarith.fixed<2, -100, 100>> -> tensor<2x!zkarith.fixed<2, -16, 16>>
  %1 = zkarith.apply "tanh" %0 : tensor<2x!zkarith.fixed<2, -16, 16>> -> tensor<2x!zkarith.fixed<4, -16, 16>>
  return %1, %0 : tensor<2x!zkarith.fixed<4, -16, 16>>, tensor<2x!zkarith.fixed<2, -16, 16>>
}
