// RUN: zkc-opt --plonk-lower-lookups=degree=3 --split-input-file --verify-diagnostics %s

// expected-error@+1 {{the tables have 10 rows together, but a sum over lookups leaves 9; raise k}}
plonk.circuit @long_table k = 4 {
  plonk.advice @a[1] phase 0
  plonk.table @limbs [#plonk.range<0, 10>]
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
