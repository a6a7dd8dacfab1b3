// RUN: zkc-opt %s --canonicalize --cse | FileCheck %s

// CHECK-LABEL: plonk.gate @folds
// CHECK-NEXT: %[[A:.*]] = plonk.query @a[0] at 0
// CHECK-NEXT: plonk.constrain "negated twice" %[[A]]
// CHECK-NEXT: plonk.constrain "sum of one" %[[A]]
// CHECK-NEXT: plonk.constrain "product of one" %[[A]]
// CHECK-NEXT: %[[B:.*]] = plonk.query @a[1] at 0
// CHECK-NEXT: %[[SUM:.*]] = plonk.sum %[[A]], %[[B]]
// CHECK-NEXT: plonk.constrain "one sum" %[[SUM]]
// CHECK-NEXT: plonk.constrain "the same sum" %[[SUM]]
// CHECK-NEXT: }
plonk.circuit @main k = 5 {
  plonk.advice @a[2] phase 0
  plonk.fixed @q[1]
  plonk.gate @folds {
    %a = plonk.query @a[0] at 0
    %0 = plonk.neg %a
    %1 = plonk.neg %0
    plonk.constrain "negated twice" %1
    %2 = plonk.sum %a
    plonk.constrain "sum of one" %2
    %3 = plonk.product %a
    plonk.constrain "product of one" %3
    %b = plonk.query @a[1] at 0
    %4 = plonk.sum %a, %b
    plonk.constrain "one sum" %4
    %c = plonk.query @a[1] at 0
    %5 = plonk.sum %c, %a
    plonk.constrain "the same sum" %5
    %6 = plonk.product %a, %b
  }

  // Nothing but the order of operands may change in what a constraint says: no cell, no rotation, no constant.
  // CHECK-LABEL: plonk.gate @stays
  // CHECK-DAG: plonk.query @q[0] at 0
  // CHECK-DAG: plonk.query @a[0] at -1
  // CHECK-DAG: plonk.literal 0
  // CHECK: plonk.sum
  // CHECK: plonk.neg
  // CHECK: plonk.product
  // CHECK: plonk.constrain "stays"
  plonk.gate @stays {
    %q = plonk.query @q[0] at 0
    %a = plonk.query @a[0] at -1
    %zero = plonk.literal 0
    %0 = plonk.sum %a, %zero
    %1 = plonk.neg %0
    %2 = plonk.product %q, %1
    plonk.constrain "stays" %2
  }

  // Unused parts of the witness program go, inputs and free cells stay: they are part of the statement.
  // CHECK-NOT: plonk.nonneg
  // CHECK: plonk.input "unused" 0
  // CHECK: plonk.free "declared"
  // CHECK-NOT: plonk.nonneg
  %x = plonk.input "unused" 0 : tensor<1x!zkarith.fixed<0, -1, 1>>
  %s = plonk.nonneg %x : tensor<1x!zkarith.fixed<0, -1, 1>> -> tensor<1x!zkarith.fixed<0, 0, 1>>
  %f = plonk.free "declared" : tensor<1x!zkarith.fixed<0, 0, 0>>
}
