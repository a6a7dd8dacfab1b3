// RUN: env ZKC_CACHE_DIR=%t.cache zkc-opt %s --convert-onnx-to-zkarith="input-range=0:1" | FileCheck %s
// RUN: env ZKC_CACHE_DIR=%t.cache zkc-opt %s --convert-onnx-to-zkarith="input-range=0:1" --zkarith-verify-bounds -o %t.mlir

// Many weights go to the cache, in the narrowest integers that hold them.
// CHECK: zkarith.constant #onnx.weights<"blake3:{{[0-9a-f]*}}", offset = 0, length = 4000, digest = "{{[0-9a-f]*}}"> : tensor<1000x2xi16>
func.func @main(%x: tensor<1x1000xf32>) -> tensor<1x2xf32> {
  %w = onnx.Constant dense<0.25> : tensor<1000x2xf32>
  %b = onnx.Constant dense<0.3> : tensor<1000x2xf32>
  %s = onnx.Add %w, %b : (tensor<1000x2xf32>, tensor<1000x2xf32>) -> tensor<1000x2xf32>
  %0 = onnx.MatMul %x, %s : (tensor<1x1000xf32>, tensor<1000x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}
