// RUN: zkc-opt --plonk-lower-lookups=degree=3 %s | FileCheck %s --check-prefix=THREE
// RUN: zkc-opt --plonk-lower-lookups=degree=5 %s | FileCheck %s --check-prefix=FIVE
// RUN: zkc-opt --plonk-lower-lookups %s | FileCheck %s --check-prefix=FIVE
// RUN: not zkc-opt --plonk-lower-lookups=degree=2 %s 2>&1 | FileCheck %s --check-prefix=SMALL
// RUN: not zkc-opt --plonk-lower-lookups=table-groups=0 %s 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not zkc-opt --plonk-lower-lookups=degree=x %s 2>&1 | FileCheck %s --check-prefix=WORD

// One fraction for each column at degree 3, three at degree 5. With nothing but lookups, 5 is chosen.
// THREE: plonk.advice @lookup_helper[4] phase 1
// FIVE: plonk.advice @lookup_helper[1] phase 1
// SMALL: option `degree` must be 3 to 9, or `auto`
// NONE: option `table-groups` must be 1 to 256
// WORD: degree
plonk.circuit @main k = 4 {
  plonk.advice @a[4] phase 0
  plonk.table @limbs [#plonk.range<0, 4>]
  plonk.lookup @l0 in @limbs {
    %a = plonk.query @a[0] at 0
    plonk.look_up %a
  }
  plonk.lookup @l1 in @limbs {
    %a = plonk.query @a[1] at 0
    plonk.look_up %a
  }
  plonk.lookup @l2 in @limbs {
    %a = plonk.query @a[2] at 0
    plonk.look_up %a
  }
  plonk.lookup @l3 in @limbs {
    %a = plonk.query @a[3] at 0
    plonk.look_up %a
  }
}
