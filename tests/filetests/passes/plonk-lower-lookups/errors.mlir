// RUN: zkc-opt --plonk-lower-lookups="degree=3 table-groups=2" --split-input-file --verify-diagnostics %s

// expected-error@+1 {{the tables have 19 rows together, but a sum over lookups leaves 9 in each of 2 groups of columns; raise k or `table-groups`}}
plonk.circuit @long_table k = 4 {
  plonk.advice @a[1] phase 0
  plonk.table @limbs [#plonk.range<0, 19>]
  plonk.lookup @small in @limbs {
    %a = plonk.query @a[0] at 0
    plonk.look_up %a
  }
}

// -----

// expected-error@+1 {{the circuit uses 10 rows, but a sum over its lookups leaves 9; raise k}}
plonk.circuit @full k = 4 {
  plonk.advice @a[1] phase 0
  plonk.fixed @q[1]
  plonk.table @limbs [#plonk.range<0, 4>]
  plonk.lookup @small in @limbs {
    %a = plonk.query @a[0] at 0
    plonk.look_up %a
  }
  plonk.fill @q with 1 domain [5] at affine_map<(d0) -> (0, d0 * 2 + 1)>
}

// -----

// expected-error@+1 {{lookup @square has entries of degree 2, which need gates of degree 4; raise `degree`}}
plonk.circuit @steep k = 4 {
  plonk.advice @a[1] phase 0
  plonk.table @limbs [#plonk.range<0, 4>]
  plonk.lookup @square in @limbs {
    %a = plonk.query @a[0] at 0
    %s = plonk.product %a, %a
    plonk.look_up %s
  }
}

// -----

// expected-error@+1 {{the circuit has a symbol `active` already}}
plonk.circuit @taken k = 4 {
  plonk.advice @active[1] phase 0
  plonk.table @limbs [#plonk.range<0, 4>]
  plonk.lookup @small in @limbs {
    %a = plonk.query @active[0] at 0
    plonk.look_up %a
  }
}

// -----

// Two groups of columns are needed, and the name of the second is taken.
// expected-error@+1 {{the circuit has a symbol `lookup_table_1` already}}
plonk.circuit @taken_group k = 4 {
  plonk.advice @lookup_table_1[1] phase 0
  plonk.table @limbs [#plonk.range<0, 10>]
  plonk.lookup @small in @limbs {
    %a = plonk.query @lookup_table_1[0] at 0
    plonk.look_up %a
  }
}
