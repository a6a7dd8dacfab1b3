// RUN: zkc-opt --zkarith-fold-constants %s > %t.once
// RUN: zkc-opt %s | diff - %t.once

// Named functions have no table yet, and a result of more than 2^20 elements would be written out.
func.func @main(%x: tensor<2x!zkarith.fixed<4, 0, 15>>) -> (tensor<1x!zkarith.fixed<4, 0, 16>>, tensor<1048577x!zkarith.fixed<4, 1, 1>>, tensor<2x!zkarith.fixed<4, 1, 16>>) {
  %a = zkarith.constant dense<1> : tensor<1xi64> -> tensor<1x!zkarith.fixed<4, 1, 1>>
  %b = zkarith.apply "sigmoid" %a : tensor<1x!zkarith.fixed<4, 1, 1>> -> tensor<1x!zkarith.fixed<4, 0, 16>>
  %c = zkarith.broadcast %a : tensor<1x!zkarith.fixed<4, 1, 1>> -> tensor<1048577x!zkarith.fixed<4, 1, 1>>
  %d = zkarith.add %x, %a : (tensor<2x!zkarith.fixed<4, 0, 15>>, tensor<1x!zkarith.fixed<4, 1, 1>>) -> tensor<2x!zkarith.fixed<4, 1, 16>>
  return %b, %c, %d : tensor<1x!zkarith.fixed<4, 0, 16>>, tensor<1048577x!zkarith.fixed<4, 1, 1>>, tensor<2x!zkarith.fixed<4, 1, 16>>
}
