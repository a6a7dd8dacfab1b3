// RUN: zkc-opt --onnx-decompose %s | FileCheck %s

// Constants come second, and differences with constants are sums.
// CHECK-LABEL: func.func @sums
// CHECK-SAME: (%[[X:.*]]: tensor<2xf32>)
// CHECK: %[[C:.*]] = onnx.Constant dense<3.000000e+00> : tensor<f32>
// CHECK: onnx.Add %[[X]], %[[C]]
// CHECK: %[[M:.*]] = onnx.Constant dense<-3.000000e+00> : tensor<f32>
// CHECK: onnx.Add %[[X]], %[[M]]
// CHECK: %[[N:.*]] = onnx.Mul %[[X]], %{{.*}}
// CHECK: onnx.Add %[[N]], %[[C]]
func.func @sums(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
  %c = onnx.Constant dense<3.0> : tensor<f32>
  %a = onnx.Add %c, %x : (tensor<f32>, tensor<2xf32>) -> tensor<2xf32>
  %b = onnx.Sub %x, %c : (tensor<2xf32>, tensor<f32>) -> tensor<2xf32>
  %d = onnx.Sub %c, %x : (tensor<f32>, tensor<2xf32>) -> tensor<2xf32>
  return %a, %b, %d : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
}

// CHECK-LABEL: func.func @quotients
// CHECK: %[[C:.*]] = onnx.Constant dense<2.500000e-01> : tensor<f32>
// CHECK: onnx.Mul %{{.*}}, %[[C]]
// CHECK: onnx.Reciprocal
// CHECK: onnx.Div
// CHECK: onnx.Div {{.*}} : (tensor<2xi64>, tensor<i64>)
func.func @quotients(%x: tensor<2xf32>, %y: tensor<2xf32>, %i: tensor<2xi64>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xi64>) {
  %four = onnx.Constant dense<4.0> : tensor<f32>
  %one = onnx.Constant dense<1.0> : tensor<f32>
  %two = onnx.Constant dense<2> : tensor<i64>
  %a = onnx.Div %x, %four : (tensor<2xf32>, tensor<f32>) -> tensor<2xf32>
  %b = onnx.Div %one, %x : (tensor<f32>, tensor<2xf32>) -> tensor<2xf32>
  %c = onnx.Div %x, %y : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  // Truncation is no product with a reciprocal.
  %d = onnx.Div %i, %two : (tensor<2xi64>, tensor<i64>) -> tensor<2xi64>
  return %a, %b, %c, %d : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xi64>
}

// Constants come last in a chain, so that they can be merged.
// CHECK-LABEL: func.func @chains
// CHECK-SAME: (%[[X:.*]]: tensor<2xf32>, %[[Y:.*]]: tensor<2xf32>)
// CHECK: %[[A:.*]] = onnx.Add %[[X]], %[[Y]]
// CHECK: %[[B:.*]] = onnx.Add %[[A]], %{{.*}}
// CHECK: onnx.Mul %[[B]], %{{.*}}
// CHECK: %[[M:.*]] = onnx.Max %[[X]], %[[Y]]
// CHECK: onnx.Max %[[M]], %[[X]]
func.func @chains(%x: tensor<2xf32>, %y: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  %c = onnx.Constant dense<3.0> : tensor<f32>
  %a = onnx.Mean %x, %c, %y : (tensor<2xf32>, tensor<f32>, tensor<2xf32>) -> tensor<2xf32>
  %b = onnx.Max %x, %y, %x : (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %a, %b : tensor<2xf32>, tensor<2xf32>
}

// CHECK-LABEL: func.func @powers
// CHECK-SAME: (%[[X:.*]]: tensor<2xf32>)
// CHECK: %[[S:.*]] = onnx.Mul %[[X]], %[[X]]
// CHECK: %[[T:.*]] = onnx.Mul %[[X]], %[[X]]
// CHECK: %[[C:.*]] = onnx.Mul %[[X]], %[[T]]
// CHECK: %[[R:.*]] = onnx.Sqrt %[[X]]
// CHECK: %[[P:.*]] = onnx.Pow %[[X]], %{{.*}} : (tensor<2xf32>, tensor<f32>)
// CHECK: return %[[S]], %[[C]], %[[R]], %[[P]]
func.func @powers(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
  %two = onnx.Constant dense<2.0> : tensor<f32>
  %three = onnx.Constant dense<3.0> : tensor<2xf32>
  %half = onnx.Constant dense<0.5> : tensor<f32>
  %other = onnx.Constant dense<0.3> : tensor<1xf32>
  %a = onnx.Pow %x, %two : (tensor<2xf32>, tensor<f32>) -> tensor<2xf32>
  %b = onnx.Pow %x, %three : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %c = onnx.Pow %x, %half : (tensor<2xf32>, tensor<f32>) -> tensor<2xf32>
  %d = onnx.Pow %x, %other : (tensor<2xf32>, tensor<1xf32>) -> tensor<2xf32>
  return %a, %b, %c, %d : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
}

// Bounds that do not limit are left out.
// CHECK-LABEL: func.func @clip
// CHECK-SAME: (%[[X:.*]]: tensor<2xf32>, %[[B:.*]]: tensor<f32>)
// CHECK: %[[R:.*]] = onnx.Relu %[[X]]
// CHECK: %[[M:.*]] = onnx.Max %[[X]], %[[B]]
// The upper bound wins.
// CHECK: %[[C:.*]] = onnx.Clip %[[X]], %[[L:.*]], %[[L]]
// CHECK: return %[[R]], %[[M]], %[[C]], %[[X]]
func.func @clip(%x: tensor<2xf32>, %b: tensor<f32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
  %none = onnx.NoValue : none
  %zero = onnx.Constant dense<0.0> : tensor<f32>
  %minus = onnx.Constant dense<-1.0> : tensor<f32>
  %most = onnx.Constant dense<0x7F7FFFFF> : tensor<f32>
  %a = onnx.Clip %x, %zero, %most : (tensor<2xf32>, tensor<f32>, tensor<f32>) -> tensor<2xf32>
  %c = onnx.Clip %x, %b, %none : (tensor<2xf32>, tensor<f32>, none) -> tensor<2xf32>
  %d = onnx.Clip %x, %zero, %minus : (tensor<2xf32>, tensor<f32>, tensor<f32>) -> tensor<2xf32>
  %e = onnx.Clip %x, %none, %most : (tensor<2xf32>, none, tensor<f32>) -> tensor<2xf32>
  return %a, %c, %d, %e : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
}
