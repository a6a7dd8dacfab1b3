// zkc-opt is MLIR's own driver: its debugging options work with our passes.
// RUN: zkc-opt %s --split-input-file --verify-diagnostics
// RUN: zkc-opt %s --split-input-file --verify-diagnostics --onnx-infer-shapes --mlir-print-ir-after-all 2>&1 \
// RUN:   | FileCheck %s --check-prefix=AFTER
// RUN: zkc-opt %s --split-input-file --verify-diagnostics --onnx-infer-shapes --mlir-timing 2>&1 \
// RUN:   | FileCheck %s --check-prefix=TIMING
// RUN: not zkc-opt %s --no-such-pass 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: echo 'module {}' > %t
// RUN: not zkc-opt %t --pass-pipeline="builtin.module(convert-onnx-to-zkarith{colour=red})" 2>&1 \
// RUN:   | FileCheck %s --check-prefix=OPTION

// AFTER: IR Dump After {{.*}}onnx-infer-shapes
// TIMING: Execution time report
// TIMING: onnx-infer-shapes
// UNKNOWN: Unknown command line argument '--no-such-pass'
// OPTION: no such option colour
func.func @main(%x: tensor<1x4xf32> {onnx.name = "x"}) -> (tensor<1x4xf32> {onnx.name = "y"}) {
  %0 = onnx.Relu %x : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// -----

func.func @other() {
  // expected-error @+1 {{use of undeclared SSA value name}}
  return %0 : tensor<1xf32>
}
