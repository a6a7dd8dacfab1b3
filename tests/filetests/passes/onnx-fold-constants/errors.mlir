// RUN: zkc-opt --onnx-fold-constants --split-input-file --verify-diagnostics %s

func.func @index_outside() -> tensor<f32> {
  %a = onnx.Constant dense<[1.0, 2.0]> : tensor<2xf32>
  %i = onnx.Constant dense<2> : tensor<i64>
  // expected-error@+1 {{`onnx.Gather`: index 2 is outside of axis 0, which has 2 elements}}
  %y = onnx.Gather %a, %i : (tensor<2xf32>, tensor<i64>) -> tensor<f32>
  return %y : tensor<f32>
}

// -----

func.func @integer_overflow() -> tensor<i64> {
  %a = onnx.Constant dense<9223372036854775807> : tensor<i64>
  // expected-error@+1 {{`onnx.Add`: the result for 9223372036854775807 and 9223372036854775807 is no 64-bit integer}}
  %y = onnx.Add %a, %a : (tensor<i64>, tensor<i64>) -> tensor<i64>
  return %y : tensor<i64>
}

// -----

func.func @training(%x: tensor<2xf32>) -> tensor<2xf32> {
  %none = onnx.NoValue : none
  %yes = onnx.Constant dense<true> : tensor<i1>
  // expected-error@+2 {{`onnx.Dropout`: operand `training_mode` must be false, found true}}
  // expected-note@+1 {{help: export the model for inference}}
  %y = onnx.Dropout %x, %none, %yes : (tensor<2xf32>, none, tensor<i1>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

func.func @missing_file() -> tensor<2000xf32> {
  // expected-error@+2 {{`onnx.Neg`: cannot read weights file}}
  %w = onnx.Constant #onnx.weights<"no-such-file.bin", offset = 0, length = 8000, digest = "00112233445566778899aabbccddeeff"> : tensor<2000xf32>
  %y = onnx.Neg %w : (tensor<2000xf32>) -> tensor<2000xf32>
  return %y : tensor<2000xf32>
}
