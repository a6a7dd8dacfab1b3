// RUN: zkc-opt --zkarith-plan-layout %s --split-input-file | FileCheck %s
// RUN: zkc-opt --zkarith-plan-layout='limb-bits=8' %s --split-input-file | FileCheck %s --check-prefix=EIGHT
// RUN: zkc-opt --zkarith-plan-layout --zkarith-verify-bounds --convert-zkarith-to-plonk %s --split-input-file -o /dev/null
// RUN: zkc-opt --zkarith-plan-layout='lookups=sums limb-bits=8' %s --split-input-file | FileCheck %s --check-prefix=SUMS
// RUN: zkc-opt --zkarith-plan-layout=lookups=sums --convert-zkarith-to-plonk --plonk-lower-lookups %s --split-input-file -o /dev/null

// Eight bits in two limbs of four, of a table of 16 rows, cost less than the 256 rows for one limb.
// CHECK-LABEL: module
// CHECK: func.func @main(%arg0: tensor<2x!zkarith.fixed<0, 0, 255>>)
// CHECK-SAME: attributes {plonk.layout = {blocks = 1 : i64, k = 5 : i64, lanes = 1 : i64, limb_bits = 4 : i64, limbs = {{[0-9]+}} : i64, units = {{[0-9]+}} : i64}}
// CHECK-NEXT: return %arg0
// EIGHT-LABEL: module
// EIGHT: plonk.layout = {blocks = 1 : i64, k = 9 : i64, lanes = 1 : i64, limb_bits = 8 : i64, limbs = 1 : i64, units = 1 : i64}
func.func @main(%x: tensor<2x!zkarith.fixed<0, 0, 255>>) -> tensor<2x!zkarith.fixed<0, 0, 255>> {
  return %x : tensor<2x!zkarith.fixed<0, 0, 255>>
}

// -----

// The table of functions, its inert row included, needs 301 rows; so there are 512, and the sums of
// 40 products fit into them with one lane.
// CHECK-LABEL: module
// CHECK: plonk.layout = {blocks = 1 : i64, k = 9 : i64, lanes = 1 : i64,
!x = tensor<1x40x!zkarith.fixed<0, 0, 7>>
!w = tensor<40x3x!zkarith.fixed<0, 1, 1>>
!s = tensor<1x3x!zkarith.fixed<0, 0, 280>>
!y = tensor<1x3x!zkarith.fixed<0, 2, 2>>
func.func @main(%x: !x) -> !y {
  %w = zkarith.constant dense<1> : tensor<40x3xi64> -> !w
  %0 = zkarith.matmul %x, %w : (!x, !w) -> !s
  %1 = poly_ext.eval %0 <"f", domain = [0.0, 299.0], outside = refuse, form = #poly_ext.table<from = 0, dense<2> : tensor<300xi64>>, max_error = 0.5, certificate = none, producer = "test"> : !s -> !y
  return %1 : !y
}

// -----

// Without a table the same sums take several lanes rather than more rows.
// CHECK-LABEL: module
// CHECK: plonk.layout = {blocks = {{[0-9]+}} : i64, k = {{[56]}} : i64, lanes = {{[0-9][0-9]+|[2-9]}} : i64,
!x = tensor<1x40x!zkarith.fixed<0, 0, 7>>
!w = tensor<40x3x!zkarith.fixed<0, 1, 1>>
!s = tensor<1x3x!zkarith.fixed<0, 0, 280>>
func.func @main(%x: !x) -> !s {
  %w = zkarith.constant dense<1> : tensor<40x3xi64> -> !w
  %0 = zkarith.matmul %x, %w : (!x, !w) -> !s
  return %0 : !s
}

// -----

// 245 entries with an inert row and 256 limbs fit into 512 rows side by side, and one below the other: 502 of the 505
// rows above the one on which a sum ends.
// EIGHT-LABEL: module
// EIGHT: k = 9 : i64
// SUMS-LABEL: module
// SUMS: k = 9 : i64
!x = tensor<1x!zkarith.fixed<0, 0, 244>>
!y = tensor<1x!zkarith.fixed<0, 2, 2>>
func.func @main(%x: !x) -> !y {
  %1 = poly_ext.eval %x <"f", domain = [0.0, 244.0], outside = refuse, form = #poly_ext.table<from = 0, dense<2> : tensor<245xi64>>, max_error = 0.5, certificate = none, producer = "test"> : !x -> !y
  return %1 : !y
}

// -----

// Ten entries more fit side by side only.
// EIGHT-LABEL: module
// EIGHT: k = 9 : i64
// SUMS-LABEL: module
// SUMS: k = 10 : i64
!x = tensor<1x!zkarith.fixed<0, 0, 254>>
!y = tensor<1x!zkarith.fixed<0, 2, 2>>
func.func @main(%x: !x) -> !y {
  %1 = poly_ext.eval %x <"f", domain = [0.0, 254.0], outside = refuse, form = #poly_ext.table<from = 0, dense<2> : tensor<255xi64>>, max_error = 0.5, certificate = none, producer = "test"> : !x -> !y
  return %1 : !y
}
