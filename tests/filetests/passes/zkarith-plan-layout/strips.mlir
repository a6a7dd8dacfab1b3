// RUN: zkc-opt %s --zkarith-plan-layout=layout=strips | FileCheck %s
// RUN: zkc-opt %s --zkarith-plan-layout=layout=any | FileCheck %s
// RUN: zkc-opt %s --zkarith-plan-layout | FileCheck %s --check-prefix=DIRECT
// RUN: not zkc-opt %s --zkarith-plan-layout=layout=rows 2>&1 | FileCheck %s --check-prefix=OPTION

// CHECK: plonk.strips = {k = {{[0-9]+}} : i64, lanes = {{[0-9]+}} : i64, limb_bits = {{[0-9]+}} : i64, lines = {{[01]}} : i64, strips = {{[0-9]+}} : i64}
// CHECK-NOT: plonk.layout
// DIRECT: plonk.layout = {
// DIRECT-NOT: plonk.strips
// OPTION: error: option `layout` must be `direct`, `strips` or `any`
func.func @main(%x: tensor<1x3x!zkarith.fixed<0, 0, 15>>) -> tensor<1x2x!zkarith.fixed<0, 0, 100>> {
  %w = zkarith.constant dense<[[1, -2], [3, 0], [-1, 4]]> : tensor<3x2xi64> -> tensor<3x2x!zkarith.fixed<0, -2, 4>>
  %0 = zkarith.matmul %x, %w : (tensor<1x3x!zkarith.fixed<0, 0, 15>>, tensor<3x2x!zkarith.fixed<0, -2, 4>>) -> tensor<1x2x!zkarith.fixed<0, -50, 100>>
  %1 = zkarith.relu %0 : tensor<1x2x!zkarith.fixed<0, -50, 100>> -> tensor<1x2x!zkarith.fixed<0, 0, 100>>
  return %1 : tensor<1x2x!zkarith.fixed<0, 0, 100>>
}
