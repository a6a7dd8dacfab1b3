// RUN: zkc-opt %s | zkc-opt | FileCheck %s
// RUN: zkc-opt %s --mlir-print-op-generic | zkc-opt | FileCheck %s

// CHECK-LABEL: func.func @table
func.func @table(%x: tensor<3x!zkarith.fixed<2, -9, 2>>) -> tensor<3x!zkarith.fixed<4, -9, 9>> {
  // CHECK: poly_ext.eval %{{.*}} <"square", domain = [-5.000000e-01, 5.000000e-01], outside = saturate, form = #poly_ext.table<from = -2, dense<[4, 1, 0, 1, 4]> : tensor<5xi64>>, max_error = 0.000000e+00, certificate = exhaustive, producer = "hand">
  %0 = poly_ext.eval %x <"square", domain = [-0.5, 0.5], outside = saturate, form = #poly_ext.table<from = -2, dense<[4, 1, 0, 1, 4]> : tensor<5xi64>>, max_error = 0.0, certificate = exhaustive, producer = "hand"> : tensor<3x!zkarith.fixed<2, -9, 2>> -> tensor<3x!zkarith.fixed<4, -9, 9>>
  return %0 : tensor<3x!zkarith.fixed<4, -9, 9>>
}

// CHECK-LABEL: func.func @polynomial
func.func @polynomial(%x: tensor<3xf64>) -> tensor<3xf64> {
  // CHECK: form = #poly_ext.polynomial<chebyshev, [1.000000e-01, 3.125000e-02], on = [-1.000000e+00, 2.500000e+00]>, max_error = 0.0033333333333333335, certificate = none
  %0 = poly_ext.eval %x <"tanh", domain = [-1.0, 2.5], outside = asymptote, form = #poly_ext.polynomial<chebyshev, [0.1, 0.03125], on = [-1.0, 2.5]>, max_error = 0.0033333333333333335, certificate = none, producer = "hand"> : tensor<3xf64> -> tensor<3xf64>
  // CHECK: outside = refuse, form = #poly_ext.polynomial<monomial, [1.000000e+00], on = [0.000000e+00, 0.000000e+00]>
  %1 = poly_ext.eval %0 <"exp", domain = [0.0, 0.0], outside = refuse, form = #poly_ext.polynomial<monomial, [1.0], on = [0.0, 0.0]>, max_error = 0.0, certificate = interval, producer = "hand"> : tensor<3xf64> -> tensor<3xf64>
  // Numbers keep all their bits, whatever their number of digits.
  // CHECK: domain = [-0.33333333333333331, 1.000000e-01], outside = saturate, form = #poly_ext.polynomial<monomial, [0.33333333333333331, 1.000000e-300], on = [-0.33333333333333331, 1234567.0625]>
  %2 = poly_ext.eval %1 <"sin", domain = [-0.3333333333333333, 0.1], outside = saturate, form = #poly_ext.polynomial<monomial, [0.3333333333333333, 1.0e-300], on = [-0.3333333333333333, 1234567.0625]>, max_error = 0.0, certificate = none, producer = "hand"> : tensor<3xf64> -> tensor<3xf64>
  return %2 : tensor<3xf64>
}
