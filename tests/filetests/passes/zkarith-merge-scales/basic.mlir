// RUN: zkc-opt %s --zkarith-merge-scales | FileCheck %s

// A chain becomes one operation, whatever its length.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<2x3x!zkarith.fixed<4, -9, 9>>
func.func @main(%x: tensor<2x3x!zkarith.fixed<4, -9, 9>>) -> (tensor<3x2x!zkarith.fixed<4, -9, 9>>, tensor<2x3x!zkarith.fixed<9, -288, 288>>, tensor<2x3x!zkarith.fixed<2, -9, 9>>, tensor<2x3x!zkarith.fixed<5, -18, 18>>, tensor<2x3x!zkarith.fixed<4, -9, 9>>) {
  // CHECK-NEXT: %[[A:.*]] = zkarith.reshape %[[X]] : {{.*}} -> tensor<3x2x!zkarith.fixed<4, -9, 9>>
  %0 = zkarith.reshape %x : tensor<2x3x!zkarith.fixed<4, -9, 9>> -> tensor<6x!zkarith.fixed<4, -9, 9>>
  %1 = zkarith.reshape %0 : tensor<6x!zkarith.fixed<4, -9, 9>> -> tensor<1x6x!zkarith.fixed<4, -9, 9>>
  %2 = zkarith.reshape %1 : tensor<1x6x!zkarith.fixed<4, -9, 9>> -> tensor<3x2x!zkarith.fixed<4, -9, 9>>
  // CHECK-NEXT: %[[B:.*]] = zkarith.upscale %[[X]] : {{.*}} -> tensor<2x3x!zkarith.fixed<9, -288, 288>>
  %3 = zkarith.upscale %x : tensor<2x3x!zkarith.fixed<4, -9, 9>> -> tensor<2x3x!zkarith.fixed<7, -72, 72>>
  %4 = zkarith.upscale %3 : tensor<2x3x!zkarith.fixed<7, -72, 72>> -> tensor<2x3x!zkarith.fixed<9, -288, 288>>
  // CHECK-NEXT: %[[C:.*]] = zkarith.reinterpret %[[X]] : {{.*}} -> tensor<2x3x!zkarith.fixed<2, -9, 9>>
  %5 = zkarith.reinterpret %x : tensor<2x3x!zkarith.fixed<4, -9, 9>> -> tensor<2x3x!zkarith.fixed<7, -9, 9>>
  %6 = zkarith.reinterpret %5 : tensor<2x3x!zkarith.fixed<7, -9, 9>> -> tensor<2x3x!zkarith.fixed<2, -9, 9>>
  // Fewer bits come off than were added.
  // CHECK-NEXT: %[[D:.*]] = zkarith.upscale %[[X]] : {{.*}} -> tensor<2x3x!zkarith.fixed<5, -18, 18>>
  %7 = zkarith.rescale %4 : tensor<2x3x!zkarith.fixed<9, -288, 288>> -> tensor<2x3x!zkarith.fixed<5, -18, 18>>
  // As many: nothing is left but the type.
  // CHECK-NEXT: %[[E:.*]] = zkarith.upscale %[[X]] : {{.*}} -> tensor<2x3x!zkarith.fixed<4, -9, 9>>
  %8 = zkarith.rescale %3 : tensor<2x3x!zkarith.fixed<7, -72, 72>> -> tensor<2x3x!zkarith.fixed<4, -9, 9>>
  // CHECK-NEXT: return %[[A]], %[[B]], %[[C]], %[[D]], %[[E]]
  return %2, %4, %6, %7, %8 : tensor<3x2x!zkarith.fixed<4, -9, 9>>, tensor<2x3x!zkarith.fixed<9, -288, 288>>, tensor<2x3x!zkarith.fixed<2, -9, 9>>, tensor<2x3x!zkarith.fixed<5, -18, 18>>, tensor<2x3x!zkarith.fixed<4, -9, 9>>
}
