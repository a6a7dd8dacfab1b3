// RUN: zkc-opt --zkarith-fold-constants --split-input-file %s | FileCheck %s

// A chain of constants becomes one, moved data included, and what nothing uses goes.
// CHECK-LABEL: func.func @chain
// CHECK-NEXT: %[[C:.*]] = zkarith.constant dense<[-6, 0]> : tensor<2xi64> -> tensor<2x!zkarith.fixed<2, -9, 9>>
// CHECK-NEXT: %[[Y:.*]] = zkarith.add %{{.*}}, %[[C]]
// CHECK-NEXT: return %[[Y]]
func.func @chain(%x: tensor<2x!zkarith.fixed<2, 0, 9>>) -> tensor<2x!zkarith.fixed<2, -9, 18>> {
  %a = zkarith.constant dense<[[1], [7]]> : tensor<2x1xi64> -> tensor<2x1x!zkarith.fixed<2, 0, 9>>
  %b = zkarith.reshape %a : tensor<2x1x!zkarith.fixed<2, 0, 9>> -> tensor<2x!zkarith.fixed<2, 0, 9>>
  %c = zkarith.constant dense<7> : tensor<i64> -> tensor<!zkarith.fixed<2, 7, 7>>
  %d = zkarith.sub %b, %c : (tensor<2x!zkarith.fixed<2, 0, 9>>, tensor<!zkarith.fixed<2, 7, 7>>) -> tensor<2x!zkarith.fixed<2, -9, 9>>
  %y = zkarith.add %x, %d : (tensor<2x!zkarith.fixed<2, 0, 9>>, tensor<2x!zkarith.fixed<2, -9, 9>>) -> tensor<2x!zkarith.fixed<2, -9, 18>>
  return %y : tensor<2x!zkarith.fixed<2, -9, 18>>
}

// -----

// Results of the function are folded too.
// CHECK-LABEL: func.func @result
// CHECK: %[[R:.*]] = zkarith.constant dense<2> : tensor<1xi64> -> tensor<1x!zkarith.fixed<0, 0, 4>>
// CHECK-NEXT: return %[[R]]
func.func @result(%x: tensor<1x!zkarith.fixed<0, 0, 9>>) -> tensor<1x!zkarith.fixed<0, 0, 4>> {
  %a = zkarith.constant dense<7> : tensor<1xi64> -> tensor<1x!zkarith.fixed<2, 0, 9>>
  %b = zkarith.rescale %a : tensor<1x!zkarith.fixed<2, 0, 9>> -> tensor<1x!zkarith.fixed<0, 0, 4>>
  return %b : tensor<1x!zkarith.fixed<0, 0, 4>>
}
