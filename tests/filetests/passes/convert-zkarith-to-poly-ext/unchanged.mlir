// RUN: zkc-opt --convert-zkarith-to-poly-ext %s > %t.once
// RUN: zkc-opt %s | diff - %t.once

// Exact operations stay, and so do tables that are there already.
func.func @main(%x: tensor<2x!zkarith.fixed<1, -2, 2>>) -> tensor<2x!zkarith.fixed<4, 0, 12>> {
  %0 = zkarith.clamp %x : tensor<2x!zkarith.fixed<1, -2, 2>> -> tensor<2x!zkarith.fixed<1, -1, 1>>
  %1 = poly_ext.eval %0 <"tanh", domain = [-0.5, 0.5], outside = refuse, form = #poly_ext.table<from = -1, dense<[-7, 0, 7]> : tensor<3xi64>>, max_error = 0.05, certificate = none, producer = "hand"> : tensor<2x!zkarith.fixed<1, -1, 1>> -> tensor<2x!zkarith.fixed<4, -12, 12>>
  %2 = zkarith.relu %1 : tensor<2x!zkarith.fixed<4, -12, 12>> -> tensor<2x!zkarith.fixed<4, 0, 12>>
  return %2 : tensor<2x!zkarith.fixed<4, 0, 12>>
}
