// RUN: zkc-opt %s --split-input-file --verify-diagnostics --verify-approximations

// The first entry is one unit less.
func.func @entry_less(%x: tensor<2x!zkarith.fixed<2, -3, 3>>) -> tensor<2x!zkarith.fixed<4, -16, 16>> {
  // expected-error@+1 {{`poly_ext.eval`: the record states an error of at most 0.024617157261673128, but that of the table is 0.0}}
  %0 = poly_ext.eval %x <"tanh", domain = [-7.5e-01, 7.5e-01], outside = refuse, form = #poly_ext.table<from = -3, dense<[-11, -7, -4, 0, 4, 7, 10]> : tensor<7xi64>>, max_error = 0.024617157261673128, certificate = exhaustive, producer = "me"> : tensor<2x!zkarith.fixed<2, -3, 3>> -> tensor<2x!zkarith.fixed<4, -16, 16>>
  return %0 : tensor<2x!zkarith.fixed<4, -16, 16>>
}

// -----

// The last entry is one unit more.
func.func @entry_more(%x: tensor<2x!zkarith.fixed<2, -3, 3>>) -> tensor<2x!zkarith.fixed<4, -16, 16>> {
  // expected-error@+1 {{`poly_ext.eval`: the record states an error of at most 0.024617157261673128, but that of the table is 0.0}}
  %0 = poly_ext.eval %x <"tanh", domain = [-7.5e-01, 7.5e-01], outside = refuse, form = #poly_ext.table<from = -3, dense<[-10, -7, -4, 0, 4, 7, 11]> : tensor<7xi64>>, max_error = 0.024617157261673128, certificate = exhaustive, producer = "me"> : tensor<2x!zkarith.fixed<2, -3, 3>> -> tensor<2x!zkarith.fixed<4, -16, 16>>
  return %0 : tensor<2x!zkarith.fixed<4, -16, 16>>
}

// -----

// An entry in the middle is one unit more.
func.func @entry_inside(%x: tensor<2x!zkarith.fixed<2, -3, 3>>) -> tensor<2x!zkarith.fixed<4, -16, 16>> {
  // expected-error@+1 {{`poly_ext.eval`: the record states an error of at most 0.024617157261673128, but that of the table is 0.0}}
  %0 = poly_ext.eval %x <"tanh", domain = [-7.5e-01, 7.5e-01], outside = refuse, form = #poly_ext.table<from = -3, dense<[-10, -7, -4, 1, 4, 7, 10]> : tensor<7xi64>>, max_error = 0.024617157261673128, certificate = exhaustive, producer = "me"> : tensor<2x!zkarith.fixed<2, -3, 3>> -> tensor<2x!zkarith.fixed<4, -16, 16>>
  return %0 : tensor<2x!zkarith.fixed<4, -16, 16>>
}

// -----

// The error is one unit in the last place less.
func.func @smaller_error(%x: tensor<2x!zkarith.fixed<2, -3, 3>>) -> tensor<2x!zkarith.fixed<4, -16, 16>> {
  // expected-error@+1 {{`poly_ext.eval`: the record states an error of at most 0.024617157261673125, but that of the table is 0.024617157261673128}}
  %0 = poly_ext.eval %x <"tanh", domain = [-7.5e-01, 7.5e-01], outside = refuse, form = #poly_ext.table<from = -3, dense<[-10, -7, -4, 0, 4, 7, 10]> : tensor<7xi64>>, max_error = 0.024617157261673125, certificate = exhaustive, producer = "me"> : tensor<2x!zkarith.fixed<2, -3, 3>> -> tensor<2x!zkarith.fixed<4, -16, 16>>
  return %0 : tensor<2x!zkarith.fixed<4, -16, 16>>
}

// -----

// A larger error would be true, but is not what the table has.
func.func @larger_error(%x: tensor<2x!zkarith.fixed<2, -3, 3>>) -> tensor<2x!zkarith.fixed<4, -16, 16>> {
  // expected-error@+1 {{`poly_ext.eval`: the record states an error of at most 0.02461715726167313, but that of the table is 0.024617157261673128}}
  %0 = poly_ext.eval %x <"tanh", domain = [-7.5e-01, 7.5e-01], outside = refuse, form = #poly_ext.table<from = -3, dense<[-10, -7, -4, 0, 4, 7, 10]> : tensor<7xi64>>, max_error = 0.02461715726167313, certificate = exhaustive, producer = "me"> : tensor<2x!zkarith.fixed<2, -3, 3>> -> tensor<2x!zkarith.fixed<4, -16, 16>>
  return %0 : tensor<2x!zkarith.fixed<4, -16, 16>>
}

// -----

// The domain is one argument longer than the table.
func.func @domain(%x: tensor<2x!zkarith.fixed<2, -3, 3>>) -> tensor<2x!zkarith.fixed<4, -16, 16>> {
  // expected-error@+1 {{`poly_ext.eval`: the record's domain is [-0.75, 1], but the table's is [-0.75, 0.75]}}
  %0 = poly_ext.eval %x <"tanh", domain = [-7.5e-01, 1.0], outside = refuse, form = #poly_ext.table<from = -3, dense<[-10, -7, -4, 0, 4, 7, 10]> : tensor<7xi64>>, max_error = 0.024617157261673128, certificate = exhaustive, producer = "me"> : tensor<2x!zkarith.fixed<2, -3, 3>> -> tensor<2x!zkarith.fixed<4, -16, 16>>
  return %0 : tensor<2x!zkarith.fixed<4, -16, 16>>
}

// -----

// The domain is one unit in the last place longer.
func.func @domain_ulp(%x: tensor<2x!zkarith.fixed<2, -3, 3>>) -> tensor<2x!zkarith.fixed<4, -16, 16>> {
  // expected-error@+1 {{`poly_ext.eval`: the record's domain is [-0.7500000000000001, 0.75], but the table's is [-0.75, 0.75]}}
  %0 = poly_ext.eval %x <"tanh", domain = [-0.7500000000000001, 7.5e-01], outside = refuse, form = #poly_ext.table<from = -3, dense<[-10, -7, -4, 0, 4, 7, 10]> : tensor<7xi64>>, max_error = 0.024617157261673128, certificate = exhaustive, producer = "me"> : tensor<2x!zkarith.fixed<2, -3, 3>> -> tensor<2x!zkarith.fixed<4, -16, 16>>
  return %0 : tensor<2x!zkarith.fixed<4, -16, 16>>
}

// -----

// Another function.
func.func @function(%x: tensor<2x!zkarith.fixed<2, -3, 3>>) -> tensor<2x!zkarith.fixed<4, -16, 16>> {
  // expected-error@+1 {{`poly_ext.eval`: the record states an error of at most 0.024617157261673128, but that of the table is 0.08}}
  %0 = poly_ext.eval %x <"sin", domain = [-7.5e-01, 7.5e-01], outside = refuse, form = #poly_ext.table<from = -3, dense<[-10, -7, -4, 0, 4, 7, 10]> : tensor<7xi64>>, max_error = 0.024617157261673128, certificate = exhaustive, producer = "me"> : tensor<2x!zkarith.fixed<2, -3, 3>> -> tensor<2x!zkarith.fixed<4, -16, 16>>
  return %0 : tensor<2x!zkarith.fixed<4, -16, 16>>
}

// -----

// No function.
func.func @unknown(%x: tensor<2x!zkarith.fixed<2, -3, 3>>) -> tensor<2x!zkarith.fixed<4, -16, 16>> {
  // expected-error@+1 {{`poly_ext.eval`: unknown function `tan_h`; known are}}
  %0 = poly_ext.eval %x <"tan_h", domain = [-7.5e-01, 7.5e-01], outside = refuse, form = #poly_ext.table<from = -3, dense<[-10, -7, -4, 0, 4, 7, 10]> : tensor<7xi64>>, max_error = 0.024617157261673128, certificate = exhaustive, producer = "me"> : tensor<2x!zkarith.fixed<2, -3, 3>> -> tensor<2x!zkarith.fixed<4, -16, 16>>
  return %0 : tensor<2x!zkarith.fixed<4, -16, 16>>
}

// -----

// Arguments that are cut to the table are farther from it.
func.func @reach(%x: tensor<2x!zkarith.fixed<2, -3, 40>>) -> tensor<2x!zkarith.fixed<4, -16, 16>> {
  // expected-error@+1 {{`poly_ext.eval`: the record states an error of at most 0.024617157261673128, but that of the table is 0.3}}
  %0 = poly_ext.eval %x <"tanh", domain = [-7.5e-01, 7.5e-01], outside = saturate, form = #poly_ext.table<from = -3, dense<[-10, -7, -4, 0, 4, 7, 10]> : tensor<7xi64>>, max_error = 0.024617157261673128, certificate = exhaustive, producer = "me"> : tensor<2x!zkarith.fixed<2, -3, 40>> -> tensor<2x!zkarith.fixed<4, -16, 16>>
  return %0 : tensor<2x!zkarith.fixed<4, -16, 16>>
}

// -----

// An estimate is none.
func.func @none(%x: tensor<2x!zkarith.fixed<2, -3, 3>>) -> tensor<2x!zkarith.fixed<4, -16, 16>> {
  // expected-error@+1 {{`poly_ext.eval`: the record has no certificate; a table's is `exhaustive`}}
  %0 = poly_ext.eval %x <"tanh", domain = [-7.5e-01, 7.5e-01], outside = refuse, form = #poly_ext.table<from = -3, dense<[-10, -7, -4, 0, 4, 7, 10]> : tensor<7xi64>>, max_error = 0.024617157261673128, certificate = none, producer = "me"> : tensor<2x!zkarith.fixed<2, -3, 3>> -> tensor<2x!zkarith.fixed<4, -16, 16>>
  return %0 : tensor<2x!zkarith.fixed<4, -16, 16>>
}

// -----

// A polynomial in floats is no program of integers.
func.func @float(%x: tensor<2xf64>) -> tensor<2xf64> {
  // expected-error@+1 {{`poly_ext.eval`: only tables of fixed-point numbers can be verified}}
  %0 = poly_ext.eval %x <"exp", domain = [0.0, 1.0], outside = refuse, form = #poly_ext.polynomial<monomial, [1.0, 1.0], on = [0.0, 1.0]>, max_error = 1.0, certificate = none, producer = "me"> : tensor<2xf64> -> tensor<2xf64>
  return %0 : tensor<2xf64>
}
