// RUN: zkc-opt --zkarith-verify-bounds %s | FileCheck %s

// The weights decide: 2*15 - 1*0 is the most, 2*0 - 1*15 the least. Type bounds that are exactly
// these pass, and the program stays as it is.
// CHECK-LABEL: func.func @main
// CHECK: %[[W:.*]] = zkarith.constant
// CHECK: %[[P:.*]] = zkarith.matmul %{{.*}}, %[[W]] {{.*}} -> tensor<1x1x!zkarith.fixed<8, -15, 30>>
// CHECK: return %[[P]]
func.func @main(%x: tensor<1x2x!zkarith.fixed<4, 0, 15>>) -> tensor<1x1x!zkarith.fixed<8, -15, 30>> {
  %w = zkarith.constant dense<[[2], [-1]]> : tensor<2x1xi64> -> tensor<2x1x!zkarith.fixed<4, -1, 2>>
  %0 = zkarith.matmul %x, %w : (tensor<1x2x!zkarith.fixed<4, 0, 15>>, tensor<2x1x!zkarith.fixed<4, -1, 2>>) -> tensor<1x1x!zkarith.fixed<8, -15, 30>>
  return %0 : tensor<1x1x!zkarith.fixed<8, -15, 30>>
}
