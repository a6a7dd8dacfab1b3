// RUN: ZKC_CACHE_DIR=%t.cache zkc-opt --onnx-fold-constants %s > %t.folded
// RUN: (cat %t.folded; ls %t.cache/weights) | FileCheck %s
// A second run finds the blob.
// RUN: ZKC_CACHE_DIR=%t.cache zkc-opt --onnx-fold-constants %s | diff - %t.folded

// A large result becomes a blob that is named by its content.
// CHECK: onnx.Constant #onnx.weights<"blake3:[[BLOB:[0-9a-f]+]]", offset = 0, length = 8000, digest = "{{[0-9a-f]+}}"> : tensor<2000xf32>
// CHECK: {{^}}[[BLOB]]{{$}}
// CHECK-NOT: {{.}}
func.func @large() -> tensor<2000xf32> {
  %shape = onnx.Constant dense<2000> : tensor<1xi64>
  %y = onnx.ConstantOfShape %shape {value = dense<0.5> : tensor<1xf32>} : (tensor<1xi64>) -> tensor<2000xf32>
  return %y : tensor<2000xf32>
}
