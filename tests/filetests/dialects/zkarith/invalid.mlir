// RUN: zkc-opt %s --split-input-file --verify-diagnostics

// expected-error@+1 {{lower bound 3 is larger than upper bound 2}}
func.func @empty_interval(%x: tensor<1x!zkarith.fixed<4, 3, 2>>) { return }

// -----

// expected-error@+1 {{scale 513 is larger than 512}}
func.func @scale_too_large(%x: tensor<1x!zkarith.fixed<513, 0, 2>>) { return }

// -----

func.func @constant_out_of_bounds() {
  // expected-error@+1 {{value 8 leaves the result's bounds}}
  %0 = zkarith.constant dense<[7, 8]> : tensor<2xi64> -> tensor<2x!zkarith.fixed<4, -3, 7>>
  return
}

// -----

func.func @constant_of_floats() {
  // expected-error@+1 {{needs an integer elements attribute}}
  %0 = zkarith.constant dense<[7.0, 8.0]> : tensor<2xf32> -> tensor<2x!zkarith.fixed<4, -9, 9>>
  return
}

// -----

func.func @sum_leaves_bounds(%a: tensor<2x!zkarith.fixed<4, -9, 9>>) {
  // expected-error@+1 {{can produce [-18, 18] which leaves the result's bounds [-18, 17]}}
  %0 = zkarith.add %a, %a : (tensor<2x!zkarith.fixed<4, -9, 9>>, tensor<2x!zkarith.fixed<4, -9, 9>>) -> tensor<2x!zkarith.fixed<4, -18, 17>>
  return
}

// -----

func.func @scales_differ(%a: tensor<2x!zkarith.fixed<4, -9, 9>>, %b: tensor<2x!zkarith.fixed<5, -9, 9>>) {
  // expected-error@+1 {{needs operands of the result's scale 4, found 5}}
  %0 = zkarith.add %a, %b : (tensor<2x!zkarith.fixed<4, -9, 9>>, tensor<2x!zkarith.fixed<5, -9, 9>>) -> tensor<2x!zkarith.fixed<4, -18, 18>>
  return
}

// -----

func.func @product_scale(%a: tensor<2x!zkarith.fixed<4, -9, 9>>) {
  // expected-error@+1 {{result scale must be the sum of the operands' scales}}
  %0 = zkarith.mul %a, %a : (tensor<2x!zkarith.fixed<4, -9, 9>>, tensor<2x!zkarith.fixed<4, -9, 9>>) -> tensor<2x!zkarith.fixed<4, -81, 81>>
  return
}

// -----

func.func @no_broadcast(%a: tensor<2x!zkarith.fixed<4, -9, 9>>, %b: tensor<3x!zkarith.fixed<4, -9, 9>>) {
  // expected-error@+1 {{operand shapes do not broadcast}}
  %0 = zkarith.max %a, %b : (tensor<2x!zkarith.fixed<4, -9, 9>>, tensor<3x!zkarith.fixed<4, -9, 9>>) -> tensor<3x!zkarith.fixed<4, -9, 9>>
  return
}

// -----

func.func @rescale_up(%a: tensor<2x!zkarith.fixed<4, -9, 9>>) {
  // expected-error@+1 {{must lower the scale: 4 to 4}}
  %0 = zkarith.rescale %a : tensor<2x!zkarith.fixed<4, -9, 9>> -> tensor<2x!zkarith.fixed<4, -9, 9>>
  return
}

// -----

// Ties go up, so that 2.5 becomes 3 and -2.5 becomes -2.
func.func @rescale_bounds(%a: tensor<2x!zkarith.fixed<1, -5, 5>>) {
  // expected-error@+1 {{can produce [-2, 3] which leaves the result's bounds [-3, 2]}}
  %0 = zkarith.rescale %a : tensor<2x!zkarith.fixed<1, -5, 5>> -> tensor<2x!zkarith.fixed<0, -3, 2>>
  return
}

// -----

func.func @upscale_down(%a: tensor<2x!zkarith.fixed<4, -9, 9>>) {
  // expected-error@+1 {{must not lower the scale: 4 to 3}}
  %0 = zkarith.upscale %a : tensor<2x!zkarith.fixed<4, -9, 9>> -> tensor<2x!zkarith.fixed<3, -9, 9>>
  return
}

// -----

func.func @divisor_may_be_zero(%a: tensor<2x!zkarith.fixed<4, -9, 9>>, %b: tensor<2x!zkarith.fixed<4, 0, 9>>) {
  // expected-error@+1 {{needs a divisor whose lower bound is at least 1}}
  %0 = zkarith.div %a, %b : (tensor<2x!zkarith.fixed<4, -9, 9>>, tensor<2x!zkarith.fixed<4, 0, 9>>) -> tensor<2x!zkarith.fixed<4, -999, 999>>
  return
}

// -----

func.func @quotient_scale(%a: tensor<2x!zkarith.fixed<9, -9, 9>>, %b: tensor<2x!zkarith.fixed<4, 1, 9>>) {
  // expected-error@+1 {{needs result scale + divisor scale >= dividend scale}}
  %0 = zkarith.div %a, %b : (tensor<2x!zkarith.fixed<9, -9, 9>>, tensor<2x!zkarith.fixed<4, 1, 9>>) -> tensor<2x!zkarith.fixed<4, -999, 999>>
  return
}

// -----

func.func @inner_dimensions(%a: tensor<2x3x!zkarith.fixed<4, -9, 9>>) {
  // expected-error@+1 {{inner dimensions differ: 3 and 2}}
  %0 = zkarith.matmul %a, %a : (tensor<2x3x!zkarith.fixed<4, -9, 9>>, tensor<2x3x!zkarith.fixed<4, -9, 9>>) -> tensor<2x3x!zkarith.fixed<8, -999, 999>>
  return
}

// -----

func.func @window_count(%x: tensor<1x1x4x!zkarith.fixed<4, 0, 15>>, %w: tensor<1x1x3x!zkarith.fixed<4, 0, 1>>) {
  // expected-error@+1 {{spatial dimension 0 of the result must be 2, found 3}}
  %0 = zkarith.conv %x, %w strides = [1] pads = [0, 0] dilations = [1] group = 1 : (tensor<1x1x4x!zkarith.fixed<4, 0, 15>>, tensor<1x1x3x!zkarith.fixed<4, 0, 1>>) -> tensor<1x1x3x!zkarith.fixed<8, 0, 99>>
  return
}

// -----

func.func @empty_window(%x: tensor<1x1x4x!zkarith.fixed<4, 0, 15>>) {
  // expected-error@+1 {{padding must be smaller than the window}}
  %0 = zkarith.max_pool %x kernel = [2] strides = [1] pads = [2, 0] dilations = [1] : tensor<1x1x4x!zkarith.fixed<4, 0, 15>> -> tensor<1x1x5x!zkarith.fixed<4, 0, 15>>
  return
}

// -----

// Padding counts as zero, which bounds above zero do not hold.
func.func @padded_sum(%x: tensor<1x1x4x!zkarith.fixed<4, 2, 15>>) {
  // expected-error@+1 {{can produce [0, 30] which leaves the result's bounds [4, 30]}}
  %0 = zkarith.sum_pool %x kernel = [2] strides = [1] pads = [1, 0] dilations = [1] : tensor<1x1x4x!zkarith.fixed<4, 2, 15>> -> tensor<1x1x4x!zkarith.fixed<4, 4, 30>>
  return
}

// -----

func.func @axis_does_not_exist(%x: tensor<2x!zkarith.fixed<4, 2, 15>>) {
  // expected-error@+1 {{axis 1 does not exist}}
  %0 = zkarith.reduce_sum %x axes = [1] : tensor<2x!zkarith.fixed<4, 2, 15>> -> tensor<2x!zkarith.fixed<4, 4, 30>>
  return
}

// -----

func.func @slice_leaves_operand(%x: tensor<4x!zkarith.fixed<4, 2, 15>>) {
  // expected-error@+1 {{leaves dimension 0 of extent 4}}
  %0 = zkarith.slice %x starts = [1] steps = [2] : tensor<4x!zkarith.fixed<4, 2, 15>> -> tensor<3x!zkarith.fixed<4, 2, 15>>
  return
}

// -----

func.func @permutation(%x: tensor<2x3x!zkarith.fixed<4, 2, 15>>) {
  // expected-error@+1 {{permutation must name each dimension once}}
  %0 = zkarith.transpose %x permutation = [0, 0] : tensor<2x3x!zkarith.fixed<4, 2, 15>> -> tensor<2x2x!zkarith.fixed<4, 2, 15>>
  return
}

// -----

func.func @pad_value(%x: tensor<2x!zkarith.fixed<4, 2, 15>>) {
  // expected-error@+1 {{can produce [0, 0] which leaves the result's bounds [2, 15]}}
  %0 = zkarith.pad %x low = [1] high = [0] value = 0 : tensor<2x!zkarith.fixed<4, 2, 15>> -> tensor<3x!zkarith.fixed<4, 2, 15>>
  return
}
