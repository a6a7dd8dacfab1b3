// RUN: zkc-opt --plonk-lower-lookups --split-input-file %s | FileCheck %s

// Two fractions share a helper at degree 3, as their constraint is not multiplied by @active. The numerators are that or
// the selector, and 1 on the rows that blind the proof, where @active and @edge are 0.
// CHECK-LABEL: plonk.circuit @pairs k = 4 attributes {no_copies}
// CHECK: plonk.advice @lookup_helper[1] phase 1
// CHECK: %[[ACTIVE:.*]] = plonk.query @active[0] at 0
// CHECK: %[[HELPER:.*]] = plonk.query @lookup_helper[0] at 0
// CHECK: %[[IDLE:.*]] = plonk.product
// CHECK: %[[A:.*]] = plonk.query @a[0] at 0
// CHECK: %[[N0:.*]] = plonk.sum %[[ACTIVE]], %[[IDLE]]
// CHECK: %[[NEG:.*]] = plonk.neg %[[A]]
// CHECK: %[[D0:.*]] = plonk.sum %{{.*}}, %[[NEG]]
// CHECK: %[[Q:.*]] = plonk.query @q[0] at 0
// CHECK: %[[B:.*]] = plonk.query @a[1] at 0
// CHECK: %[[N1:.*]] = plonk.sum %[[Q]], %[[IDLE]]
// CHECK: %[[NEG:.*]] = plonk.neg %[[B]]
// CHECK: %[[D1:.*]] = plonk.sum %{{.*}}, %[[NEG]]
// CHECK: %[[LEFT:.*]] = plonk.product %[[HELPER]], %[[D0]], %[[D1]]
// CHECK: %[[T0:.*]] = plonk.product %[[N0]], %[[D1]]
// CHECK: %[[T1:.*]] = plonk.product %[[N1]], %[[D0]]
// CHECK: %[[RIGHT:.*]] = plonk.sum %[[T0]], %[[T1]]
// CHECK: %[[NEG:.*]] = plonk.neg %[[RIGHT]]
// CHECK: %[[POLY:.*]] = plonk.sum %[[LEFT]], %[[NEG]]
// CHECK: plonk.constrain "helper 0 is the sum of its fractions" %[[POLY]]
plonk.circuit @pairs k = 4 attributes {no_copies} {
  plonk.advice @a[2] phase 0
  plonk.fixed @q[1]
  plonk.table @limbs [#plonk.range<0, 4>]
  plonk.lookup @l0 in @limbs {
    %a = plonk.query @a[0] at 0
    plonk.look_up %a
  }
  plonk.lookup @l1 in @limbs {
    %q = plonk.query @q[0] at 0
    %a = plonk.query @a[1] at 0
    %x = plonk.product %q, %a
    plonk.look_up %x
  }
  plonk.fill @q with 1 domain [5] at affine_map<(d0) -> (0, d0)>
}

// -----

// A helper has to follow from a random column of its own, on one row. @a[0] is read by two lookups, and @a[1] on two rows,
// which is one too many. Each lookup has a helper, and all constraints are multiplied by @active.
// CHECK-LABEL: plonk.circuit @alone k = 4 attributes {no_copies}
// CHECK: plonk.advice @lookup_helper[4] phase 1
// CHECK: plonk.gate @lookups
// CHECK-NOT: plonk.query @edge
// CHECK: plonk.constrain "helper 0 is the sum of its fractions"
// CHECK-NOT: plonk.query @edge
// CHECK: plonk.constrain "the sum goes on"
plonk.circuit @alone k = 4 attributes {no_copies} {
  plonk.advice @a[2] phase 0
  plonk.table @limbs [#plonk.range<0, 4>]
  plonk.lookup @l0 in @limbs {
    %a = plonk.query @a[0] at 0
    plonk.look_up %a
  }
  plonk.lookup @l1 in @limbs {
    %a = plonk.query @a[0] at 0
    plonk.look_up %a
  }
  plonk.lookup @l2 in @limbs {
    %a = plonk.query @a[1] at 1
    plonk.look_up %a
  }
  plonk.lookup @l3 in @limbs {
    %a = plonk.query @a[1] at 0
    plonk.look_up %a
  }
}

// -----

// The factor is no selector, and switches off what is random where it is 0.
// CHECK-LABEL: plonk.circuit @factor k = 4 attributes {no_copies}
// CHECK: plonk.advice @lookup_helper[1] phase 1
// CHECK: plonk.gate @lookups
// CHECK-NOT: plonk.query @edge
// CHECK: plonk.constrain "helper 0 is the sum of its fractions"
plonk.circuit @factor k = 4 attributes {no_copies} {
  plonk.advice @a[1] phase 0
  plonk.fixed @q[1]
  plonk.table @limbs [#plonk.range<0, 7>]
  plonk.lookup @l0 in @limbs {
    %q = plonk.query @q[0] at 0
    %a = plonk.query @a[0] at 0
    %x = plonk.product %q, %a
    plonk.look_up %x
  }
  plonk.fill @q with 2 domain [5] at affine_map<(d0) -> (0, d0)>
}

// -----

// One that cannot stand alone joins one that can.
// CHECK-LABEL: plonk.circuit @joined k = 4 attributes {no_copies}
// CHECK: plonk.advice @lookup_helper[2] phase 1
plonk.circuit @joined k = 4 attributes {no_copies} {
  plonk.advice @a[3] phase 0
  plonk.table @limbs [#plonk.range<0, 4>]
  plonk.lookup @l0 in @limbs {
    %a = plonk.query @a[0] at 0
    plonk.look_up %a
  }
  plonk.lookup @l1 in @limbs {
    %a = plonk.query @a[0] at 0
    plonk.look_up %a
  }
  plonk.lookup @l2 in @limbs {
    %a = plonk.query @a[1] at 0
    plonk.look_up %a
  }
  plonk.lookup @l3 in @limbs {
    %a = plonk.query @a[2] at 0
    plonk.look_up %a
  }
}
