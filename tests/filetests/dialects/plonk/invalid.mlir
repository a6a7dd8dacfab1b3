// RUN: zkc-opt %s --split-input-file --verify-diagnostics

// One case for each rule of the verifiers.

// expected-error@+1 {{k must lie in [3, 28], found 2}}
plonk.circuit @few_rows k = 2 {
}

// -----

// expected-error@+1 {{k must lie in [3, 28], found 29}}
plonk.circuit @many_rows k = 29 {
}

// -----

plonk.circuit @no_columns k = 5 {
  // expected-error@+1 {{needs between 1 and 65536 columns, found 0}}
  plonk.advice @a[0] phase 0
}

// -----

plonk.circuit @negative_columns k = 5 {
  // expected-error@+1 {{needs between 1 and 65536 columns, found -1}}
  plonk.fixed @a[-1]
}

// -----

plonk.circuit @many_columns k = 5 {
  // expected-error@+1 {{needs between 1 and 65536 columns, found 65537}}
  plonk.instance @a[65537]
}

// -----

plonk.circuit @late_phase k = 5 {
  // expected-error@+1 {{phase must be 0, 1 or 2, found 3}}
  plonk.advice @a[1] phase 3
}

// -----

plonk.circuit @challenge_after_the_last_phase k = 5 {
  // expected-error@+1 {{phase must be 0 or 1, found 2}}
  plonk.challenge @rho after 2
}

// -----

plonk.circuit @one_name_twice k = 5 {
  // expected-note@+1 {{see existing symbol definition here}}
  plonk.fixed @a[1]
  // expected-error@+1 {{redefinition of symbol named 'a'}}
  plonk.fixed @a[1]
}

// -----

plonk.circuit @empty_range k = 5 {
  // expected-error@+1 {{range needs a positive length and bounds of 64 bits}}
  plonk.table @t [#plonk.range<0, 0>]
}

// -----

plonk.circuit @range_past_64_bits k = 5 {
  // expected-error@+1 {{range needs a positive length and bounds of 64 bits}}
  plonk.table @t [#plonk.range<9223372036854775807, 2>]
}

// -----

plonk.circuit @no_table_columns k = 5 {
  // expected-error@+1 {{needs at least one column with at least one row}}
  plonk.table @t []
}

// -----

plonk.circuit @no_table_rows k = 5 {
  // expected-error@+1 {{needs at least one column with at least one row}}
  plonk.table @t [dense<> : tensor<0xi64>]
}

// -----

plonk.circuit @float_column k = 5 {
  // expected-error@+1 {{column must be a #plonk.range or a one-dimensional integer tensor}}
  plonk.table @t [dense<1.0> : tensor<3xf32>]
}

// -----

plonk.circuit @matrix_column k = 5 {
  // expected-error@+1 {{column must be a #plonk.range or a one-dimensional integer tensor}}
  plonk.table @t [dense<1> : tensor<3x1xi64>]
}

// -----

plonk.circuit @uneven_columns k = 5 {
  // expected-error@+1 {{columns differ in length: 3 and 4}}
  plonk.table @t [dense<1> : tensor<3xi64>, #plonk.range<0, 4>]
}

// -----

plonk.circuit @query_of_nothing k = 5 {
  plonk.gate @g {
    // expected-error@+1 {{column group @a does not exist in the circuit}}
    %0 = plonk.query @a[0] at 0
  }
}

// -----

plonk.circuit @query_of_a_table k = 5 {
  plonk.table @t [#plonk.range<0, 4>]
  plonk.gate @g {
    // expected-error@+1 {{column group @t does not exist in the circuit}}
    %0 = plonk.query @t[0] at 0
  }
}

// -----

plonk.circuit @query_past_the_group k = 5 {
  plonk.advice @a[2] phase 0
  plonk.gate @g {
    // expected-error@+1 {{column 2 does not exist in @a}}
    %0 = plonk.query @a[2] at 0
  }
}

// -----

plonk.circuit @query_before_the_group k = 5 {
  plonk.fixed @q[2]
  plonk.gate @g {
    // expected-error@+1 {{column -1 does not exist in @q}}
    %0 = plonk.query @q[-1] at 0
  }
}

// -----

plonk.circuit @challenge_of_nothing k = 5 {
  plonk.gate @g {
    // expected-error@+1 {{challenge @rho does not exist in the circuit}}
    %0 = plonk.challenge_value @rho
  }
}

// -----

plonk.circuit @inner_of_nothing k = 5 {
  plonk.advice @a[2] phase 0
  plonk.gate @g {
    // expected-error@+1 {{column group @w does not exist in the circuit}}
    %0 = plonk.inner @a, @w
  }
}

// -----

plonk.circuit @inner_of_two_sizes k = 5 {
  plonk.advice @a[2] phase 0
  plonk.fixed @w[3]
  plonk.gate @g {
    // expected-error@+1 {{needs column groups of one size}}
    %0 = plonk.inner @a, @w
  }
}

// -----

plonk.circuit @constraint_outside_of_a_gate k = 5 {
  plonk.advice @a[1] phase 0
  %0 = plonk.query @a[0] at 0
  // expected-error@+1 {{expects parent op 'plonk.gate'}}
  plonk.constrain "loose" %0
}

// -----

// expected-error@+1 {{expects parent op 'plonk.circuit'}}
plonk.advice @outside_of_a_circuit[1] phase 0

// -----

plonk.circuit @lookup_in_nothing k = 5 {
  plonk.advice @a[2] phase 0
  // expected-error@+1 {{table @t does not exist in the circuit}}
  plonk.lookup @l in @t {
    %0 = plonk.query @a[0] at 0
    plonk.look_up %0
  }
}

// -----

plonk.circuit @lookup_of_nothing k = 5 {
  plonk.advice @a[2] phase 0
  plonk.table @t [#plonk.range<0, 4>]
  // expected-error@+1 {{needs exactly one plonk.look_up}}
  plonk.lookup @l in @t {
  }
}

// -----

plonk.circuit @lookup_of_two_tuples k = 5 {
  plonk.advice @a[2] phase 0
  plonk.table @t [#plonk.range<0, 4>]
  // expected-error@+1 {{needs exactly one plonk.look_up}}
  plonk.lookup @l in @t {
    %0 = plonk.query @a[0] at 0
    plonk.look_up %0
    plonk.look_up %0
  }
}

// -----

plonk.circuit @wide_lookup k = 5 {
  plonk.advice @a[2] phase 0
  plonk.table @t [#plonk.range<0, 4>]
  plonk.lookup @l in @t {
    %0 = plonk.query @a[0] at 0
    // expected-error@+1 {{looks up 2 values in a table of 1 columns}}
    plonk.look_up %0, %0
  }
}

// -----

plonk.circuit @value_of_no_table k = 5 {
  %x = plonk.input "x" 0 : tensor<2x!zkarith.fixed<0, 0, 7>>
  // expected-error@+1 {{table @t does not exist in the circuit}}
  %0 = plonk.lookup_value %x in @t tag 1 : tensor<2x!zkarith.fixed<0, 0, 7>> -> tensor<2x!zkarith.fixed<0, 0, 7>>
}

// -----

plonk.circuit @gather_of_another_rank k = 5 {
  %x = plonk.input "x" 0 : tensor<2x!zkarith.fixed<0, 0, 7>>
  // expected-error@+1 {{map must take result coordinates to operand coordinates}}
  %0 = plonk.gather %x by affine_map<(d0) -> (d0, 0)> : tensor<2x!zkarith.fixed<0, 0, 7>> -> tensor<2x!zkarith.fixed<0, 0, 7>>
}

// -----

plonk.circuit @gather_into_another_rank k = 5 {
  %x = plonk.input "x" 0 : tensor<2x!zkarith.fixed<0, 0, 7>>
  // expected-error@+1 {{map must take result coordinates to operand coordinates}}
  %0 = plonk.gather %x by affine_map<(d0, d1) -> (d0)> : tensor<2x!zkarith.fixed<0, 0, 7>> -> tensor<2x!zkarith.fixed<0, 0, 7>>
}

// -----

plonk.circuit @gather_by_a_symbol k = 5 {
  %x = plonk.input "x" 0 : tensor<2x!zkarith.fixed<0, 0, 7>>
  // expected-error@+1 {{map must take result coordinates to operand coordinates}}
  %0 = plonk.gather %x by affine_map<(d0)[s0] -> (d0 + s0)> : tensor<2x!zkarith.fixed<0, 0, 7>> -> tensor<2x!zkarith.fixed<0, 0, 7>>
}

// -----

plonk.circuit @linear_without_taps k = 5 {
  %x = plonk.input "x" 0 : tensor<2x!zkarith.fixed<0, 0, 7>>
  %w = plonk.constant dense<[0, 1, 1]> : tensor<3xi64> -> tensor<3x!zkarith.fixed<0, 0, 1>>
  // expected-error@+1 {{needs one weight, taps and two maps for each input}}
  %0 = plonk.linear %x by [affine_map<(d0) -> (d0)>] times %w by [affine_map<(d0) -> (d0)>] taps [] chunk 2 : (tensor<2x!zkarith.fixed<0, 0, 7>>, tensor<3x!zkarith.fixed<0, 0, 1>>) -> tensor<1x!zkarith.fixed<0, 0, 21>>
}

// -----

plonk.circuit @linear_without_a_map k = 5 {
  %x = plonk.input "x" 0 : tensor<2x!zkarith.fixed<0, 0, 7>>
  %w = plonk.constant dense<[0, 1, 1]> : tensor<3xi64> -> tensor<3x!zkarith.fixed<0, 0, 1>>
  // expected-error@+1 {{needs one weight, taps and two maps for each input}}
  %0 = plonk.linear %x by [] times %w by [affine_map<(d0) -> (d0)>] taps [array<i64: 2>] chunk 2 : (tensor<2x!zkarith.fixed<0, 0, 7>>, tensor<3x!zkarith.fixed<0, 0, 1>>) -> tensor<1x!zkarith.fixed<0, 0, 21>>
}

// -----

plonk.circuit @linear_without_a_weight_map k = 5 {
  %x = plonk.input "x" 0 : tensor<2x!zkarith.fixed<0, 0, 7>>
  %w = plonk.constant dense<[0, 1, 1]> : tensor<3xi64> -> tensor<3x!zkarith.fixed<0, 0, 1>>
  // expected-error@+1 {{needs one weight, taps and two maps for each input}}
  %0 = plonk.linear %x by [affine_map<(d0) -> (d0)>] times %w by [] taps [array<i64: 2>] chunk 2 : (tensor<2x!zkarith.fixed<0, 0, 7>>, tensor<3x!zkarith.fixed<0, 0, 1>>) -> tensor<1x!zkarith.fixed<0, 0, 21>>
}

// -----

plonk.circuit @linear_without_a_weight k = 5 {
  %x = plonk.input "x" 0 : tensor<2x!zkarith.fixed<0, 0, 7>>
  %w = plonk.constant dense<[0, 1, 1]> : tensor<3xi64> -> tensor<3x!zkarith.fixed<0, 0, 1>>
  // expected-error@+1 {{needs one weight, taps and two maps for each input}}
  %0 = plonk.linear %x by [affine_map<(d0) -> (d0)>] times  by [affine_map<(d0) -> (d0)>] taps [array<i64: 2>] chunk 2 : (tensor<2x!zkarith.fixed<0, 0, 7>>) -> tensor<1x!zkarith.fixed<0, 0, 21>>
}

// -----

plonk.circuit @linear_in_no_chunks k = 5 {
  %x = plonk.input "x" 0 : tensor<2x!zkarith.fixed<0, 0, 7>>
  %w = plonk.constant dense<[0, 1, 1]> : tensor<3xi64> -> tensor<3x!zkarith.fixed<0, 0, 1>>
  // expected-error@+1 {{chunk must be positive}}
  %0 = plonk.linear %x by [affine_map<(d0) -> (d0)>] times %w by [affine_map<(d0) -> (d0)>] taps [array<i64: 2>] chunk 0 : (tensor<2x!zkarith.fixed<0, 0, 7>>, tensor<3x!zkarith.fixed<0, 0, 1>>) -> tensor<1x!zkarith.fixed<0, 0, 21>>
}

// -----

plonk.circuit @linear_without_a_dimension_of_chunks k = 5 {
  %x = plonk.input "x" 0 : tensor<2x!zkarith.fixed<0, 0, 7>>
  %w = plonk.constant dense<[0, 1, 1]> : tensor<3xi64> -> tensor<3x!zkarith.fixed<0, 0, 1>>
  // expected-error@+1 {{result needs a dimension for the chunks}}
  %0 = plonk.linear %x by [affine_map<(d0) -> (d0)>] times %w by [affine_map<(d0) -> (d0)>] taps [array<i64: 2>] chunk 2 : (tensor<2x!zkarith.fixed<0, 0, 7>>, tensor<3x!zkarith.fixed<0, 0, 1>>) -> tensor<!zkarith.fixed<0, 0, 21>>
}

// -----

plonk.circuit @linear_taps k = 5 {
  %x = plonk.input "x" 0 : tensor<2x!zkarith.fixed<0, 0, 7>>
  %w = plonk.constant dense<[0, 1, 1]> : tensor<3xi64> -> tensor<3x!zkarith.fixed<0, 0, 1>>
  // expected-error@+1 {{taps must be arrays of extents}}
  %0 = plonk.linear %x by [affine_map<(d0) -> (d0)>] times %w by [affine_map<(d0) -> (d0)>] taps [2] chunk 2 : (tensor<2x!zkarith.fixed<0, 0, 7>>, tensor<3x!zkarith.fixed<0, 0, 1>>) -> tensor<1x!zkarith.fixed<0, 0, 21>>
}

// -----

plonk.circuit @linear_map_of_other_dimensions k = 5 {
  %x = plonk.input "x" 0 : tensor<2x!zkarith.fixed<0, 0, 7>>
  %w = plonk.constant dense<[0, 1, 1]> : tensor<3xi64> -> tensor<3x!zkarith.fixed<0, 0, 1>>
  // expected-error@+1 {{maps of term 0 must have 1 dimensions}}
  %0 = plonk.linear %x by [affine_map<(d0, d1) -> (d0)>] times %w by [affine_map<(d0) -> (d0)>] taps [array<i64: 2>] chunk 2 : (tensor<2x!zkarith.fixed<0, 0, 7>>, tensor<3x!zkarith.fixed<0, 0, 1>>) -> tensor<1x!zkarith.fixed<0, 0, 21>>
}

// -----

plonk.circuit @linear_map_with_a_symbol k = 5 {
  %x = plonk.input "x" 0 : tensor<2x!zkarith.fixed<0, 0, 7>>
  %w = plonk.constant dense<[0, 1, 1]> : tensor<3xi64> -> tensor<3x!zkarith.fixed<0, 0, 1>>
  // expected-error@+1 {{maps of term 0 must have 1 dimensions}}
  %0 = plonk.linear %x by [affine_map<(d0) -> (d0)>] times %w by [affine_map<(d0)[s0] -> (s0)>] taps [array<i64: 2>] chunk 2 : (tensor<2x!zkarith.fixed<0, 0, 7>>, tensor<3x!zkarith.fixed<0, 0, 1>>) -> tensor<1x!zkarith.fixed<0, 0, 21>>
}

// -----

plonk.circuit @linear_map_of_another_rank k = 5 {
  %x = plonk.input "x" 0 : tensor<2x!zkarith.fixed<0, 0, 7>>
  %w = plonk.constant dense<[0, 1, 1]> : tensor<3xi64> -> tensor<3x!zkarith.fixed<0, 0, 1>>
  // expected-error@+1 {{maps of term 0 must give coordinates of its operands}}
  %0 = plonk.linear %x by [affine_map<(d0) -> (d0)>] times %w by [affine_map<(d0) -> (d0, 0)>] taps [array<i64: 2>] chunk 2 : (tensor<2x!zkarith.fixed<0, 0, 7>>, tensor<3x!zkarith.fixed<0, 0, 1>>) -> tensor<1x!zkarith.fixed<0, 0, 21>>
}

// -----

plonk.circuit @quotient_by_zero k = 5 {
  %x = plonk.input "x" 0 : tensor<2x!zkarith.fixed<0, 0, 7>>
  // expected-error@+1 {{needs a positive divisor}}
  %0 = plonk.quotient %x plus 0 by 0 : tensor<2x!zkarith.fixed<0, 0, 7>> -> tensor<2x!zkarith.fixed<0, 0, 7>>
}

// -----

plonk.circuit @remainder_of_a_negative_divisor k = 5 {
  %x = plonk.input "x" 0 : tensor<2x!zkarith.fixed<0, 0, 7>>
  // expected-error@+1 {{needs a positive divisor}}
  %0 = plonk.remainder %x plus 0 by -4 : tensor<2x!zkarith.fixed<0, 0, 7>> -> tensor<2x!zkarith.fixed<0, 0, 7>>
}

// -----

plonk.circuit @affine_without_a_coefficient k = 5 {
  %x = plonk.input "x" 0 : tensor<2x!zkarith.fixed<0, 0, 7>>
  // expected-error@+1 {{needs one coefficient for each operand}}
  %0 = plonk.affine %x, %x times [1] plus 0 : (tensor<2x!zkarith.fixed<0, 0, 7>>, tensor<2x!zkarith.fixed<0, 0, 7>>) -> tensor<2x!zkarith.fixed<0, 0, 7>>
}

// -----

plonk.circuit @affine_of_nothing k = 5 {
  // expected-error@+1 {{needs one coefficient for each operand}}
  %0 = "plonk.affine"() {coefficients = array<i64>, constant = 0 : i128} : () -> tensor<2x!zkarith.fixed<0, 0, 7>>
}

// -----

plonk.circuit @integers_without_bounds k = 5 {
  // expected-error@+1 {{must be statically shaped tensor of !zkarith.fixed}}
  %0 = plonk.input "x" 0 : tensor<2xi64>
}

// -----

plonk.circuit @placed_nowhere k = 5 {
  %x = plonk.input "x" 0 : tensor<2x!zkarith.fixed<0, 0, 7>>
  // expected-error@+1 {{column group @a does not exist in the circuit}}
  plonk.place %x on @a domain [2] read affine_map<(d0) -> (d0)> at affine_map<(d0) -> (0, d0)> : tensor<2x!zkarith.fixed<0, 0, 7>>
}

// -----

plonk.circuit @placed_by_another_rank k = 5 {
  plonk.advice @a[2] phase 0
  plonk.fixed @q[1]
  %x = plonk.input "x" 0 : tensor<2x!zkarith.fixed<0, 0, 7>>
  // expected-error@+1 {{`read` must take domain coordinates to operand coordinates}}
  plonk.place %x on @a domain [2] read affine_map<(d0) -> (d0, 0)> at affine_map<(d0) -> (0, d0)> : tensor<2x!zkarith.fixed<0, 0, 7>>
}

// -----

plonk.circuit @placed_over_another_domain k = 5 {
  plonk.advice @a[2] phase 0
  plonk.fixed @q[1]
  %x = plonk.input "x" 0 : tensor<2x!zkarith.fixed<0, 0, 7>>
  // expected-error@+1 {{`read` must take domain coordinates to operand coordinates}}
  plonk.place %x on @a domain [2, 1] read affine_map<(d0) -> (d0)> at affine_map<(d0, d1) -> (0, d0)> : tensor<2x!zkarith.fixed<0, 0, 7>>
}

// -----

plonk.circuit @placed_in_a_row_only k = 5 {
  plonk.advice @a[2] phase 0
  plonk.fixed @q[1]
  %x = plonk.input "x" 0 : tensor<2x!zkarith.fixed<0, 0, 7>>
  // expected-error@+1 {{`at` must take domain coordinates to a column and a row}}
  plonk.place %x on @a domain [2] read affine_map<(d0) -> (d0)> at affine_map<(d0) -> (d0)> : tensor<2x!zkarith.fixed<0, 0, 7>>
}

// -----

plonk.circuit @advice_filled k = 5 {
  plonk.advice @a[2] phase 0
  plonk.fixed @q[1]
  // expected-error@+1 {{fixed column group @a does not exist in the circuit}}
  plonk.fill @a with 1 domain [2] at affine_map<(d0) -> (0, d0)>
}

// -----

plonk.circuit @filled_over_another_domain k = 5 {
  plonk.advice @a[2] phase 0
  plonk.fixed @q[1]
  // expected-error@+1 {{`at` must take domain coordinates to a column and a row}}
  plonk.fill @q with 1 domain [2] at affine_map<(d0, d1) -> (0, d0)>
}

// -----

plonk.circuit @derived_rotation k = 5 {
  plonk.advice @s[1] phase 1
  plonk.gate @g {
    %s = plonk.query @s[0] at 0
    plonk.constrain "c" %s
  }
  // expected-error@+1 {{rotation must be 0 or 1, found 2}}
  plonk.derive @s[0] at 2 from @g "c"
}

// -----

plonk.circuit @derived_column k = 5 {
  plonk.advice @s[1] phase 1
  // expected-error@+1 {{column 1 does not exist in @s}}
  plonk.derive @s[1] at 0 from @g "c"
}

// -----

plonk.circuit @derived_fixed k = 5 {
  plonk.fixed @s[1]
  // expected-error@+1 {{advice column group @s does not exist in the circuit}}
  plonk.derive @s[0] at 0 from @g "c"
}

// -----

plonk.circuit @derived_from_nothing k = 5 {
  plonk.advice @s[1] phase 1
  plonk.gate @g {
    %s = plonk.query @s[0] at 0
    plonk.constrain "a" %s
  }
  // expected-error@+1 {{constraint "c" of gate @g does not exist in the circuit}}
  plonk.derive @s[0] at 0 from @g "c"
}

// -----

plonk.circuit @counted_tuple k = 5 {
  plonk.advice @m[1] phase 0
  plonk.fixed @t[2]
  plonk.multiplicity @m[0] of [@t] {
    %one = plonk.literal 1
    // expected-error@+1 {{looks up 1 values in a table of 2 columns}}
    plonk.count %one where %one
  }
}

// -----

plonk.circuit @counted_column k = 5 {
  plonk.advice @m[1] phase 0
  plonk.fixed @t[2]
  // expected-error@+1 {{column 3 does not exist in @m}}
  plonk.multiplicity @m[3] of [@t] {
  }
}

// -----

plonk.circuit @counted_twice k = 5 {
  plonk.advice @m[2] phase 0
  plonk.fixed @t[2]
  plonk.fixed @u[1]
  plonk.multiplicity @m[0, 1] of [@t, @u] {
    %one = plonk.literal 1
    // expected-error@+1 {{looks up 2 values in a table of 1 columns}}
    plonk.count %one, %one where %one
  }
}

// -----

plonk.circuit @counted_pairs k = 5 {
  plonk.advice @m[2] phase 0
  plonk.fixed @t[2]
  // expected-error@+1 {{needs one column for each table, found 2 columns and 1 tables}}
  plonk.multiplicity @m[0, 1] of [@t] {
  }
}

// -----

plonk.circuit @counted_nothing k = 5 {
  plonk.advice @m[2] phase 0
  // expected-error@+1 {{needs one column for each table, found 0 columns and 0 tables}}
  plonk.multiplicity @m[] of [] {
  }
}

// -----

plonk.circuit @counted_table k = 5 {
  plonk.advice @m[1] phase 0
  // expected-error@+1 {{fixed column group @t does not exist in the circuit}}
  plonk.multiplicity @m[0] of [@t] {
  }
}
