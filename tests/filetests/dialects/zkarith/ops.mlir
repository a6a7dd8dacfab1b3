// RUN: zkc-opt %s | zkc-opt | FileCheck %s
// RUN: zkc-opt %s --mlir-print-op-generic | zkc-opt | FileCheck %s

// Every operation prints and parses back.

// CHECK-LABEL: func.func @constants
func.func @constants() -> tensor<2x!zkarith.fixed<4, -3, 7>> {
  // CHECK: zkarith.constant dense<[7, -3]> : tensor<2xi64> -> tensor<2x!zkarith.fixed<4, -3, 7>>
  %0 = zkarith.constant dense<[7, -3]> : tensor<2xi64> -> tensor<2x!zkarith.fixed<4, -3, 7>>
  // CHECK: zkarith.constant #onnx.weights<"w.bin", offset = 8, length = 4, digest = "00112233445566778899aabbccddeeff"> : tensor<2xi16>
  %1 = zkarith.constant #onnx.weights<"w.bin", offset = 8, length = 4, digest = "00112233445566778899aabbccddeeff"> : tensor<2xi16> -> tensor<2x!zkarith.fixed<4, -32768, 32767>>
  return %0 : tensor<2x!zkarith.fixed<4, -3, 7>>
}

// Bounds have any width.
// CHECK-LABEL: func.func @wide_bounds
// CHECK-SAME: !zkarith.fixed<0, -340282366920938463463374607431768211456, 340282366920938463463374607431768211456>
func.func @wide_bounds(%x: tensor<1x!zkarith.fixed<0, -340282366920938463463374607431768211456, 340282366920938463463374607431768211456>>) {
  return
}

// CHECK-LABEL: func.func @elementwise
func.func @elementwise(%a: tensor<2x3x!zkarith.fixed<4, -9, 9>>, %b: tensor<3x!zkarith.fixed<4, 1, 5>>) -> tensor<2x3x!zkarith.fixed<2, -36, 36>> {
  // CHECK: zkarith.add %{{.*}}, %{{.*}} : (tensor<2x3x!zkarith.fixed<4, -9, 9>>, tensor<3x!zkarith.fixed<4, 1, 5>>) -> tensor<2x3x!zkarith.fixed<4, -8, 14>>
  %0 = zkarith.add %a, %b : (tensor<2x3x!zkarith.fixed<4, -9, 9>>, tensor<3x!zkarith.fixed<4, 1, 5>>) -> tensor<2x3x!zkarith.fixed<4, -8, 14>>
  // CHECK: zkarith.sub
  %1 = zkarith.sub %a, %b : (tensor<2x3x!zkarith.fixed<4, -9, 9>>, tensor<3x!zkarith.fixed<4, 1, 5>>) -> tensor<2x3x!zkarith.fixed<4, -14, 8>>
  // CHECK: zkarith.mul {{.*}} -> tensor<2x3x!zkarith.fixed<8, -45, 45>>
  %2 = zkarith.mul %a, %b : (tensor<2x3x!zkarith.fixed<4, -9, 9>>, tensor<3x!zkarith.fixed<4, 1, 5>>) -> tensor<2x3x!zkarith.fixed<8, -45, 45>>
  // CHECK: zkarith.max
  %3 = zkarith.max %a, %b : (tensor<2x3x!zkarith.fixed<4, -9, 9>>, tensor<3x!zkarith.fixed<4, 1, 5>>) -> tensor<2x3x!zkarith.fixed<4, 1, 9>>
  // CHECK: zkarith.min
  %4 = zkarith.min %a, %b : (tensor<2x3x!zkarith.fixed<4, -9, 9>>, tensor<3x!zkarith.fixed<4, 1, 5>>) -> tensor<2x3x!zkarith.fixed<4, -9, 5>>
  // CHECK: zkarith.upscale %{{.*}} : tensor<2x3x!zkarith.fixed<4, -9, 9>> -> tensor<2x3x!zkarith.fixed<6, -36, 36>>
  %5 = zkarith.upscale %a : tensor<2x3x!zkarith.fixed<4, -9, 9>> -> tensor<2x3x!zkarith.fixed<6, -36, 36>>
  // CHECK: zkarith.reinterpret
  %6 = zkarith.reinterpret %a : tensor<2x3x!zkarith.fixed<4, -9, 9>> -> tensor<2x3x!zkarith.fixed<0, -9, 9>>
  // CHECK: zkarith.rescale
  %7 = zkarith.rescale %a : tensor<2x3x!zkarith.fixed<4, -9, 9>> -> tensor<2x3x!zkarith.fixed<2, -2, 2>>
  // CHECK: zkarith.relu
  %8 = zkarith.relu %a : tensor<2x3x!zkarith.fixed<4, -9, 9>> -> tensor<2x3x!zkarith.fixed<4, 0, 9>>
  // CHECK: zkarith.clamp
  %9 = zkarith.clamp %a : tensor<2x3x!zkarith.fixed<4, -9, 9>> -> tensor<2x3x!zkarith.fixed<4, -2, 3>>
  // CHECK: zkarith.apply "elu(alpha=0.5)" %{{.*}} : tensor<2x3x!zkarith.fixed<4, -9, 9>> -> tensor<2x3x!zkarith.fixed<4, -4, 9>>
  %10 = zkarith.apply "elu(alpha=0.5)" %a : tensor<2x3x!zkarith.fixed<4, -9, 9>> -> tensor<2x3x!zkarith.fixed<4, -4, 9>>
  // CHECK: zkarith.div
  %11 = zkarith.div %a, %b : (tensor<2x3x!zkarith.fixed<4, -9, 9>>, tensor<3x!zkarith.fixed<4, 1, 5>>) -> tensor<2x3x!zkarith.fixed<2, -36, 36>>
  return %11 : tensor<2x3x!zkarith.fixed<2, -36, 36>>
}

// CHECK-LABEL: func.func @linear
func.func @linear(%x: tensor<1x2x4x4x!zkarith.fixed<4, 0, 15>>, %w: tensor<6x1x3x3x!zkarith.fixed<8, -9, 9>>, %m: tensor<4x5x!zkarith.fixed<8, -9, 9>>) {
  // CHECK: zkarith.conv %{{.*}}, %{{.*}} strides = [2, 1] pads = [1, 0, 0, 1] dilations = [1, 1] group = 2 : (
  %0 = zkarith.conv %x, %w strides = [2, 1] pads = [1, 0, 0, 1] dilations = [1, 1] group = 2 : (tensor<1x2x4x4x!zkarith.fixed<4, 0, 15>>, tensor<6x1x3x3x!zkarith.fixed<8, -9, 9>>) -> tensor<1x6x2x3x!zkarith.fixed<12, -1215, 1215>>
  // CHECK: zkarith.matmul {{.*}} -> tensor<1x2x4x5x!zkarith.fixed<12, -540, 540>>
  %1 = zkarith.matmul %x, %m : (tensor<1x2x4x4x!zkarith.fixed<4, 0, 15>>, tensor<4x5x!zkarith.fixed<8, -9, 9>>) -> tensor<1x2x4x5x!zkarith.fixed<12, -540, 540>>
  // CHECK: zkarith.sum_pool %{{.*}} kernel = [2, 2] strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] : tensor
  %2 = zkarith.sum_pool %x kernel = [2, 2] strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] : tensor<1x2x4x4x!zkarith.fixed<4, 0, 15>> -> tensor<1x2x2x2x!zkarith.fixed<4, 0, 60>>
  // CHECK: zkarith.max_pool
  %3 = zkarith.max_pool %x kernel = [2] strides = [2] pads = [1, 1] dilations = [1] : tensor<1x2x4x4x!zkarith.fixed<4, 0, 15>> -> tensor<1x2x4x3x!zkarith.fixed<4, 0, 15>>
  // CHECK: zkarith.reduce_sum %{{.*}} axes = [1, 3] : tensor
  %4 = zkarith.reduce_sum %x axes = [1, 3] : tensor<1x2x4x4x!zkarith.fixed<4, 0, 15>> -> tensor<1x1x4x1x!zkarith.fixed<4, 0, 120>>
  // CHECK: zkarith.reduce_max
  %5 = zkarith.reduce_max %x axes = [2] : tensor<1x2x4x4x!zkarith.fixed<4, 0, 15>> -> tensor<1x2x1x4x!zkarith.fixed<4, 0, 15>>
  return
}

// CHECK-LABEL: func.func @movement
func.func @movement(%x: tensor<2x3x!zkarith.fixed<4, -9, 9>>) {
  // CHECK: zkarith.reshape
  %0 = zkarith.reshape %x : tensor<2x3x!zkarith.fixed<4, -9, 9>> -> tensor<6x!zkarith.fixed<4, -9, 9>>
  // CHECK: zkarith.transpose %{{.*}} permutation = [1, 0] :
  %1 = zkarith.transpose %x permutation = [1, 0] : tensor<2x3x!zkarith.fixed<4, -9, 9>> -> tensor<3x2x!zkarith.fixed<4, -9, 9>>
  // CHECK: zkarith.broadcast
  %2 = zkarith.broadcast %x : tensor<2x3x!zkarith.fixed<4, -9, 9>> -> tensor<5x2x3x!zkarith.fixed<4, -9, 9>>
  // CHECK: zkarith.slice %{{.*}} starts = [1, 2] steps = [1, -2] :
  %3 = zkarith.slice %x starts = [1, 2] steps = [1, -2] : tensor<2x3x!zkarith.fixed<4, -9, 9>> -> tensor<1x2x!zkarith.fixed<4, -9, 9>>
  // CHECK: zkarith.concat %{{.*}}, %{{.*}} axis = 1 : (
  %4 = zkarith.concat %x, %x axis = 1 : (tensor<2x3x!zkarith.fixed<4, -9, 9>>, tensor<2x3x!zkarith.fixed<4, -9, 9>>) -> tensor<2x6x!zkarith.fixed<4, -9, 9>>
  // CHECK: zkarith.pad %{{.*}} low = [0, 1] high = [2, 0] value = -7 :
  %5 = zkarith.pad %x low = [0, 1] high = [2, 0] value = -7 : tensor<2x3x!zkarith.fixed<4, -9, 9>> -> tensor<4x4x!zkarith.fixed<4, -9, 9>>
  return
}
