// RUN: zkc-opt --onnx-fuse --split-input-file --verify-diagnostics %s

func.func @changed_weights(%x: tensor<1x2000xf32>) -> tensor<1x2000xf32> {
  %s = onnx.Constant dense<2.0> : tensor<f32>
  %w = onnx.Constant #onnx.weights<"no-such-file.bin", offset = 0, length = 8000, digest = "00112233445566778899aabbccddeeff"> : tensor<2000xf32>
  %a = onnx.Mul %x, %s : (tensor<1x2000xf32>, tensor<f32>) -> tensor<1x2000xf32>
  // expected-error@+1 {{`onnx.Mul`: cannot read weights file}}
  %y = onnx.Mul %a, %w : (tensor<1x2000xf32>, tensor<2000xf32>) -> tensor<1x2000xf32>
  return %y : tensor<1x2000xf32>
}
