// RUN: zkc-opt %s --split-input-file --verify-diagnostics

func.func @leaves_the_table(%x: tensor<1x!zkarith.fixed<2, -3, 2>>) {
  // expected-error@+1 {{operand bounds leave the table, and nothing says what happens there}}
  %0 = poly_ext.eval %x <"square", domain = [-0.5, 0.5], outside = refuse, form = #poly_ext.table<from = -2, dense<[4, 1, 0, 1, 4]> : tensor<5xi64>>, max_error = 0.0, certificate = exhaustive, producer = "hand"> : tensor<1x!zkarith.fixed<2, -3, 2>> -> tensor<1x!zkarith.fixed<4, -9, 9>>
  return
}

// -----

func.func @value_out_of_bounds(%x: tensor<1x!zkarith.fixed<2, -2, 2>>) {
  // expected-error@+1 {{table value 4 leaves the result's bounds}}
  %0 = poly_ext.eval %x <"square", domain = [-0.5, 0.5], outside = refuse, form = #poly_ext.table<from = -2, dense<[4, 1, 0, 1, 4]> : tensor<5xi64>>, max_error = 0.0, certificate = exhaustive, producer = "hand"> : tensor<1x!zkarith.fixed<2, -2, 2>> -> tensor<1x!zkarith.fixed<4, 0, 3>>
  return
}

// -----

func.func @polynomial_of_integers(%x: tensor<1x!zkarith.fixed<2, -2, 2>>) {
  // expected-error@+1 {{fixed-point operands need a table}}
  %0 = poly_ext.eval %x <"exp", domain = [0.0, 1.0], outside = refuse, form = #poly_ext.polynomial<monomial, [1.0], on = [0.0, 1.0]>, max_error = 0.0, certificate = none, producer = "hand"> : tensor<1x!zkarith.fixed<2, -2, 2>> -> tensor<1x!zkarith.fixed<4, 0, 3>>
  return
}

// -----

func.func @table_of_floats(%x: tensor<1xf32>) {
  // expected-error@+1 {{a table needs tensors of !zkarith.fixed}}
  %0 = poly_ext.eval %x <"square", domain = [-0.5, 0.5], outside = refuse, form = #poly_ext.table<from = -2, dense<[4, 1, 0, 1, 4]> : tensor<5xi64>>, max_error = 0.0, certificate = exhaustive, producer = "hand"> : tensor<1xf32> -> tensor<1xf32>
  return
}

// -----

func.func @shape(%x: tensor<2xf32>) {
  // expected-error@+1 {{must keep the shape}}
  %0 = poly_ext.eval %x <"exp", domain = [0.0, 1.0], outside = refuse, form = #poly_ext.polynomial<monomial, [1.0], on = [0.0, 1.0]>, max_error = 0.0, certificate = none, producer = "hand"> : tensor<2xf32> -> tensor<1xf32>
  return
}

// -----

func.func @domain(%x: tensor<2xf32>) {
  // expected-error@+1 {{domain must be [lo, hi] with finite lo <= hi}}
  %0 = poly_ext.eval %x <"exp", domain = [1.0, 0.0], outside = refuse, form = #poly_ext.polynomial<monomial, [1.0], on = [0.0, 1.0]>, max_error = 0.0, certificate = none, producer = "hand"> : tensor<2xf32> -> tensor<2xf32>
  return
}

// -----

func.func @empty_polynomial(%x: tensor<2xf32>) {
  // expected-error@+2 {{polynomial needs at least one coefficient}}
  // expected-error@+1 {{failed to parse PolyExt_ApproxAttr parameter 'form'}}
  %0 = poly_ext.eval %x <"exp", domain = [0.0, 1.0], outside = refuse, form = #poly_ext.polynomial<monomial, [], on = [0.0, 1.0]>, max_error = 0.0, certificate = none, producer = "hand"> : tensor<2xf32> -> tensor<2xf32>
  return
}

// -----

func.func @empty_table(%x: tensor<1x!zkarith.fixed<2, -2, 2>>) {
  // expected-error@+2 {{table values must be a non-empty one-dimensional integer tensor}}
  // expected-error@+1 {{failed to parse PolyExt_ApproxAttr parameter 'form'}}
  %0 = poly_ext.eval %x <"square", domain = [-0.5, 0.5], outside = saturate, form = #poly_ext.table<from = -2, dense<> : tensor<0xi64>>, max_error = 0.0, certificate = exhaustive, producer = "hand"> : tensor<1x!zkarith.fixed<2, -2, 2>> -> tensor<1x!zkarith.fixed<4, 0, 3>>
  return
}

// -----

func.func @negative_error(%x: tensor<2xf32>) {
  // expected-error@+1 {{max_error must be finite and not negative}}
  %0 = poly_ext.eval %x <"exp", domain = [0.0, 1.0], outside = refuse, form = #poly_ext.polynomial<monomial, [1.0], on = [0.0, 1.0]>, max_error = -1.0, certificate = none, producer = "hand"> : tensor<2xf32> -> tensor<2xf32>
  return
}
