// RUN: zkc-opt --plonk-lower-lookups=degree=5 --split-input-file %s | FileCheck %s

// Nine rows hold entries. The 13 rows of the tables take two groups of columns, and the pairs are cut after five of nine.
// The second group starts with the sixth pair, (5, -3) of table 1, which its other rows repeat. The fractions of both
// groups and the one of the numbers are added to the sum itself; that of the pairs has a helper.
// CHECK-LABEL: plonk.circuit @two k = 4
// CHECK: plonk.advice @multiplicity[2] phase 0
// CHECK: plonk.advice @lookup_sum[1] phase 1
// CHECK: plonk.advice @lookup_helper[1] phase 1
// CHECK: plonk.fixed @lookup_table[3]
// CHECK-NEXT: plonk.fixed @lookup_table_1[3]
// CHECK: plonk.constrain "helper 0 is the sum of its fractions"
// CHECK: plonk.query @multiplicity[0] at 0
// CHECK: plonk.query @multiplicity[1] at 0
// CHECK: plonk.query @lookup_table_1[0] at 0
// CHECK: plonk.constrain "the sum goes on"
// CHECK: plonk.multiplicity @multiplicity[0, 1] of [@lookup_table, @lookup_table_1] active @active {
// CHECK-COUNT-2: plonk.count
// CHECK-NOT: plonk.count
// CHECK: %[[N:.*]] = plonk.constant #plonk.range<-1, 4>
// CHECK-NEXT: plonk.place %[[N]] on @lookup_table domain [4] read #[[ID:.*]] at #[[TOP:[^ ]*]] :
// CHECK-NEXT: %[[X:.*]] = plonk.constant #plonk.range<0, 9>
// CHECK-NEXT: plonk.place %[[X]] on @lookup_table domain [5] read #[[ID]] at
// CHECK-NEXT: %[[Y:.*]] = plonk.constant dense<
// CHECK-NEXT: plonk.place %[[Y]] on @lookup_table domain [5] read #[[ID]] at
// CHECK-NEXT: plonk.fill @lookup_table with 1 domain [5]
// CHECK-NEXT: plonk.place %[[X]] on @lookup_table_1 domain [4] read #[[REST:.*]] at #[[TOP]] :
// CHECK-NEXT: plonk.place %[[Y]] on @lookup_table_1 domain [4] read #[[REST]] at
// CHECK-NEXT: plonk.fill @lookup_table_1 with 1 domain [4]
// CHECK-NEXT: plonk.fill @lookup_table_1 with 5 domain [5]
// CHECK-NEXT: plonk.fill @lookup_table_1 with -3 domain [5]
// CHECK-NEXT: plonk.fill @lookup_table_1 with 1 domain [5]
plonk.circuit @two k = 4 {
  plonk.advice @a[2] phase 0
  plonk.table @numbers [#plonk.range<-1, 4>]
  plonk.table @pairs [#plonk.range<0, 9>, dense<[0, 5, -7, 1, 2, -3, 4, 5, 6]> : tensor<9xi64>]
  plonk.lookup @number in @numbers {
    %a = plonk.query @a[0] at 0
    plonk.look_up %a
  }
  plonk.lookup @pair in @pairs {
    %a = plonk.query @a[1] at 0
    %b = plonk.query @a[0] at 0
    plonk.look_up %a, %b
  }
}

// -----

// A single table over three groups has no column of numbers, and its last row, 18, fills the rest of the third.
// CHECK-LABEL: plonk.circuit @three k = 4
// CHECK: plonk.advice @multiplicity[3] phase 0
// CHECK: plonk.fixed @lookup_table_2[1]
// CHECK: plonk.multiplicity @multiplicity[0, 1, 2] of [@lookup_table, @lookup_table_1, @lookup_table_2] active @active {
// CHECK: plonk.place %{{.*}} on @lookup_table domain [9]
// CHECK: plonk.place %{{.*}} on @lookup_table_1 domain [9]
// CHECK-NEXT: plonk.place %{{.*}} on @lookup_table_2 domain [1]
// CHECK-NEXT: plonk.fill @lookup_table_2 with 18 domain [8]
plonk.circuit @three k = 4 {
  plonk.advice @a[1] phase 0
  plonk.table @limbs [#plonk.range<0, 19>]
  plonk.lookup @small in @limbs {
    %a = plonk.query @a[0] at 0
    plonk.look_up %a
  }
}
