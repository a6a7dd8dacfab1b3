// RUN: zkc-opt --plonk-lower-lookups %s > %t.once
// RUN: zkc-opt %s | diff - %t.once

// Without a lookup there is nothing to do, and what has been lowered stays.
plonk.circuit @main k = 4 {
  plonk.advice @a[1] phase 0
  plonk.fixed @q[1]
  plonk.table @limbs [#plonk.range<0, 4>]
  plonk.gate @g {
    %q = plonk.query @q[0] at 0
    %a = plonk.query @a[0] at 0
    %p = plonk.product %q, %a
    plonk.constrain "nothing" %p
  }
}
