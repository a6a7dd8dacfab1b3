// RUN: zkc-opt %s --convert-onnx-to-zkarith="input-range=0:1 fraction-bits=6" | FileCheck %s --check-prefix=COARSE
// RUN: zkc-opt %s --convert-onnx-to-zkarith="input-range=0:1 value-bits=8" | FileCheck %s --check-prefix=NARROW
// RUN: zkc-opt %s --convert-onnx-to-zkarith="input-range=0:1 limb-bits=8 value-bits=12" | FileCheck %s --check-prefix=LIMBS
// RUN: zkc-opt %s --pass-pipeline='builtin.module(convert-onnx-to-zkarith{input-range="0:1;second one=-4:4"})' | FileCheck %s --check-prefix=NAMED

// COARSE: func.func @main(%{{.*}}: tensor<1x2x!zkarith.fixed<6, 0, 64>> {onnx.name = "first"}, %{{.*}}: tensor<1x2x!zkarith.fixed<6, 0, 64>>
// NAMED: func.func @main(%{{.*}}: tensor<1x2x!zkarith.fixed<10, 0, 1024>> {onnx.name = "first"}, %{{.*}}: tensor<1x2x!zkarith.fixed<10, -4096, 4096>> {onnx.name = "second one"})
func.func @main(%x: tensor<1x2xf32> {onnx.name = "first"}, %z: tensor<1x2xf32> {onnx.name = "second one"}) -> tensor<1x2xf32> {
  %w = onnx.Constant dense<[[0.3, 0.7], [-0.9, 0.1]]> : tensor<2x2xf32>
  %0 = onnx.MatMul %x, %w : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  // A value of at most eight bits.
  // NARROW: zkarith.rescale {{.*}} -> tensor<1x2x!zkarith.fixed<7, -115, 102>>
  // Eight bits of the sum are dropped.
  // LIMBS: zkarith.rescale {{.*}} : tensor<1x2x!zkarith.fixed<18, {{.*}}>> -> tensor<1x2x!zkarith.fixed<10,
  %1 = onnx.Relu %0 : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %2 = onnx.Mul %1, %z : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  return %2 : tensor<1x2xf32>
}
