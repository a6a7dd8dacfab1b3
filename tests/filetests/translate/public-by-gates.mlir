// Public values that gates bind need no advice cell; others need one that they are a copy of.
// RUN: zkc-translate --export-circuit %s -o %t.circuit
// RUN: test -s %t.circuit
// RUN: sed 's/ gates$//' %s > %t.mlir
// RUN: not zkc-translate --export-circuit %t.mlir -o %t 2>&1 | FileCheck %s

// CHECK: error:
// CHECK-SAME: the public value in public[0]@0 (register 1) stands in no advice cell that it could be copied from; place it in one, or in a group whose cells gates bind
plonk.circuit @doubled k = 5 {
  plonk.advice @a[1] phase 0
  plonk.fixed @s[1]
  plonk.instance @public[1] gates
  plonk.table @small [#plonk.range<0, 16>]
  plonk.gate @double {
    %x = plonk.query @a[0] at 0
    %s = plonk.query @s[0] at 0
    %y = plonk.query @public[0] at 0
    %n = plonk.neg %y
    %d = plonk.sum %x, %x, %n
    %p = plonk.product %s, %d
    plonk.constrain "y is 2 x" %p
  }
  plonk.lookup @range in @small {
    %x = plonk.query @a[0] at 0
    plonk.look_up %x
  }
  %x = plonk.input "x" 0 : tensor<3x!zkarith.fixed<0, 0, 15>>
  %y = plonk.affine %x times [2] plus 0 : (tensor<3x!zkarith.fixed<0, 0, 15>>) -> tensor<3x!zkarith.fixed<0, 0, 30>>
  plonk.place %x on @a domain [3] read affine_map<(d0) -> (d0)> at affine_map<(d0) -> (0, d0)> : tensor<3x!zkarith.fixed<0, 0, 15>>
  plonk.place %y on @public domain [3] read affine_map<(d0) -> (d0)> at affine_map<(d0) -> (0, d0)> : tensor<3x!zkarith.fixed<0, 0, 30>>
  plonk.fill @s with 1 domain [3] at affine_map<(d0) -> (0, d0)>
  plonk.output "y" %y public : tensor<3x!zkarith.fixed<0, 0, 30>>
}
