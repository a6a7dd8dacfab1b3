// RUN: zkc-opt --plonk-lower-lookups --split-input-file %s | FileCheck %s

// Two tables share one argument: their numbers, 0 and 1, are the last entry. The selector of the pairs is the numerator
// of their fraction; the single numbers are looked up on every row. Seven of the ten usable rows hold entries, the
// ninth holds the end of the sum, and the row between repeats the first entry.
// CHECK-LABEL: plonk.circuit @two k = 4
// CHECK: plonk.challenge @alpha after 0
// CHECK: plonk.challenge @beta after 0
// CHECK: plonk.advice @multiplicity[1] phase 0
// CHECK: plonk.advice @lookup_sum[1] phase 1
// CHECK: plonk.advice @lookup_helper[2] phase 1
// CHECK: plonk.fixed @lookup_table[3]
// CHECK: plonk.gate @lookups
// CHECK: plonk.constrain "helper 0 is the sum of its fractions"
// CHECK: plonk.constrain "helper 1 is the sum of its fractions"
// CHECK: plonk.constrain "the sum goes on"
// CHECK: plonk.multiplicity @multiplicity[0] of [@lookup_table] active @active {
// CHECK: %[[A:.*]] = plonk.query @a[0] at 0
// CHECK: %[[ONE:.*]] = plonk.literal 1
// CHECK: plonk.count %[[A]], %{{.*}}, %{{.*}} where %[[ONE]]
// CHECK: %[[Q:.*]] = plonk.query @q[0] at 0
// CHECK: %[[X:.*]] = plonk.query @a[1] at 0
// CHECK: %[[Y:.*]] = plonk.query @a[0] at 0
// CHECK: %[[TAG:.*]] = plonk.literal 1
// CHECK: plonk.count %[[X]], %[[Y]], %[[TAG]] where %[[Q]]
// CHECK: plonk.derive @lookup_helper[0] at 0 from @lookups "helper 0 is the sum of its fractions"
// CHECK: plonk.derive @lookup_helper[1] at 0 from @lookups "helper 1 is the sum of its fractions"
// CHECK: plonk.derive @lookup_sum[0] at 1 from @lookups "the sum goes on"
// CHECK-NOT: plonk.table
// CHECK-NOT: plonk.lookup
// CHECK: plonk.fill @active with 1 domain [9]
// CHECK: plonk.constant #plonk.range<-1, 4> -> tensor<4x!zkarith.fixed<0, -1, 2>>
// CHECK: plonk.place %{{.*}} on @lookup_table domain [4]
// CHECK: plonk.fill @lookup_table with 1 domain [3]
// CHECK: plonk.fill @lookup_table with -1 domain [2]
plonk.circuit @two k = 4 {
  plonk.advice @a[2] phase 0
  plonk.fixed @q[1]
  plonk.table @numbers [#plonk.range<-1, 4>]
  plonk.table @pairs [#plonk.range<0, 3>, dense<[0, 5, -7]> : tensor<3xi64>]
  plonk.lookup @number in @numbers {
    %a = plonk.query @a[0] at 0
    plonk.look_up %a
  }
  plonk.lookup @pair in @pairs {
    %q = plonk.query @q[0] at 0
    %a = plonk.query @a[1] at 0
    %b = plonk.query @a[0] at 0
    %x = plonk.product %q, %a
    %y = plonk.product %b, %q
    plonk.look_up %x, %y
  }
  plonk.fill @q with 1 domain [5] at affine_map<(d0) -> (0, d0)>
}

// -----

// A factor that is no bit stays in the entry, and the table that the witness program reads stays too.
// CHECK-LABEL: plonk.circuit @factor k = 5
// CHECK: plonk.multiplicity
// CHECK: %[[E:.*]] = plonk.product
// CHECK: %[[ONE:.*]] = plonk.literal 1
// CHECK: plonk.count %{{.*}}, %{{.*}}, %[[E]] where %[[ONE]]
// CHECK: plonk.table @f
plonk.circuit @factor k = 5 {
  plonk.advice @a[1] phase 0
  plonk.fixed @q[1]
  plonk.table @f [#plonk.range<0, 1>, #plonk.range<0, 1>, #plonk.range<0, 1>]
  plonk.lookup @number in @f {
    %q = plonk.query @q[0] at 0
    %a = plonk.query @a[0] at 0
    %z = plonk.literal 0
    %x = plonk.product %q, %a
    plonk.look_up %z, %z, %x
  }
  %x = plonk.input "x" 0 : tensor<1x!zkarith.fixed<0, 0, 0>>
  %y = plonk.lookup_value %x in @f tag 0 : tensor<1x!zkarith.fixed<0, 0, 0>> -> tensor<1x!zkarith.fixed<0, 0, 0>>
  plonk.fill @q with 2 domain [5] at affine_map<(d0) -> (0, d0)>
}
