// RUN: zkc-opt --zkarith-verify-bounds %s > %t.once
// RUN: zkc-opt %s | diff - %t.once

// Sums of one column cancel what the other could add: each element has its own interval.
func.func @main(%x: tensor<1x2x!zkarith.fixed<4, 0, 15>>) -> tensor<1x1x!zkarith.fixed<4, -4, 8>> {
  %w = zkarith.constant dense<[[2, -1], [-1, 2]]> : tensor<2x2xi64> -> tensor<2x2x!zkarith.fixed<0, -1, 2>>
  %0 = zkarith.matmul %x, %w : (tensor<1x2x!zkarith.fixed<4, 0, 15>>, tensor<2x2x!zkarith.fixed<0, -1, 2>>) -> tensor<1x2x!zkarith.fixed<4, -15, 30>>
  %1 = poly_ext.eval %0 <"half", domain = [-1.0, 1.9375], outside = refuse, form = #poly_ext.table<from = -15, dense<[-8, -7, -7, -6, -6, -5, -5, -4, -4, -3, -3, -2, -2, -1, -1, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8]> : tensor<46xi64>>, max_error = 1.0, certificate = none, producer = "hand"> : tensor<1x2x!zkarith.fixed<4, -15, 30>> -> tensor<1x2x!zkarith.fixed<4, -8, 8>>
  %2 = zkarith.clamp %1 : tensor<1x2x!zkarith.fixed<4, -8, 8>> -> tensor<1x2x!zkarith.fixed<4, -4, 8>>
  %3 = zkarith.reduce_max %2 axes = [1] : tensor<1x2x!zkarith.fixed<4, -4, 8>> -> tensor<1x1x!zkarith.fixed<4, -4, 8>>
  return %3 : tensor<1x1x!zkarith.fixed<4, -4, 8>>
}
