// RUN: zkc-opt --onnx-decompose %s | FileCheck %s

// CHECK-LABEL: func.func @shapes
// CHECK: onnx.Reshape {{.*}} -> tensor<6x4xf32>
// CHECK: onnx.Reshape {{.*}} -> tensor<6x1x4xf32>
// CHECK: onnx.Reshape {{.*}} -> tensor<6x4xf32>
func.func @shapes(%x: tensor<2x3x4xf32>) -> tensor<6x4xf32> {
  %axis = onnx.Constant dense<-2> : tensor<1xi64>
  %a = onnx.Flatten %x {axis = 2 : i64} : (tensor<2x3x4xf32>) -> tensor<6x4xf32>
  %b = onnx.Unsqueeze %a, %axis : (tensor<6x4xf32>, tensor<1xi64>) -> tensor<6x1x4xf32>
  %c = onnx.Squeeze %b, %axis : (tensor<6x1x4xf32>, tensor<1xi64>) -> tensor<6x4xf32>
  return %c : tensor<6x4xf32>
}

// CHECK-LABEL: func.func @split
// CHECK: onnx.Slice %{{.*}} -> tensor<3xf32>
// CHECK: %[[S:.*]] = onnx.Constant dense<3> : tensor<1xi64>
// CHECK: %[[E:.*]] = onnx.Constant dense<5> : tensor<1xi64>
// CHECK: onnx.Slice %{{.*}}, %[[S]], %[[E]], %{{.*}} -> tensor<2xf32>
func.func @split(%x: tensor<5xf32>) -> (tensor<3xf32>, tensor<2xf32>) {
  %none = onnx.NoValue : none
  %a, %b = onnx.Split %x, %none : (tensor<5xf32>, none) -> (tensor<3xf32>, tensor<2xf32>)
  return %a, %b : tensor<3xf32>, tensor<2xf32>
}

// Backwards to the first element: the end lies before it.
// CHECK-LABEL: func.func @backwards
// CHECK: %[[S:.*]] = onnx.Constant dense<4> : tensor<1xi64>
// CHECK: %[[E:.*]] = onnx.Constant dense<-6> : tensor<1xi64>
// CHECK: %[[A:.*]] = onnx.Constant dense<1> : tensor<1xi64>
// CHECK: %[[T:.*]] = onnx.Constant dense<-2> : tensor<1xi64>
// CHECK: onnx.Slice %{{.*}}, %[[S]], %[[E]], %[[A]], %[[T]]
func.func @backwards(%x: tensor<2x5xf32>) -> tensor<2x3xf32> {
  %start = onnx.Constant dense<-1> : tensor<1xi64>
  %end = onnx.Constant dense<-9223372036854775808> : tensor<1xi64>
  %step = onnx.Constant dense<-2> : tensor<1xi64>
  %y = onnx.Slice %x, %start, %end, %start, %step : (tensor<2x5xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// Indices in runs: 1, 2, 3 is one slice, 0 repeated a broadcast slice.
// CHECK-LABEL: func.func @gather
// CHECK: %[[A:.*]] = onnx.Slice %{{.*}} -> tensor<3x2xf32>
// CHECK: %[[B:.*]] = onnx.Slice %{{.*}} -> tensor<1x2xf32>
// CHECK: %[[C:.*]] = onnx.Expand %[[B]], %{{.*}} -> tensor<2x2xf32>
// CHECK: onnx.Concat %[[A]], %[[C]] {axis = 0 : i64}
func.func @gather(%x: tensor<4x2xf32>) -> tensor<5x2xf32> {
  %i = onnx.Constant dense<[1, 2, -1, 0, 0]> : tensor<5xi64>
  %y = onnx.Gather %x, %i : (tensor<4x2xf32>, tensor<5xi64>) -> tensor<5x2xf32>
  return %y : tensor<5x2xf32>
}

// CHECK-LABEL: func.func @tile
// CHECK: onnx.Reshape {{.*}} -> tensor<2x1x3xf32>
// CHECK: onnx.Expand {{.*}} -> tensor<2x4x3xf32>
// CHECK: onnx.Reshape {{.*}} -> tensor<2x12xf32>
func.func @tile(%x: tensor<2x3xf32>) -> tensor<2x12xf32> {
  %repeats = onnx.Constant dense<[1, 4]> : tensor<2xi64>
  %y = onnx.Tile %x, %repeats : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<2x12xf32>
  return %y : tensor<2x12xf32>
}

// Cropping is a slice, and all axes are listed.
// CHECK-LABEL: func.func @pad
// CHECK: %[[Z:.*]] = onnx.Constant dense<0.000000e+00> : tensor<f32>
// CHECK: %[[S:.*]] = onnx.Slice %{{.*}} -> tensor<2x2xf32>
// CHECK: %[[P:.*]] = onnx.Constant dense<[0, 0, 0, 2]> : tensor<4xi64>
// CHECK: onnx.Pad %[[S]], %[[P]], %[[Z]], %{{.*}} -> tensor<2x4xf32>
func.func @pad(%x: tensor<2x3xf32>) -> tensor<2x4xf32> {
  %none = onnx.NoValue : none
  %pads = onnx.Constant dense<[-1, 2]> : tensor<2xi64>
  %axes = onnx.Constant dense<-1> : tensor<1xi64>
  %y = onnx.Pad %x, %pads, %none, %axes : (tensor<2x3xf32>, tensor<2xi64>, none, tensor<1xi64>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// CHECK-LABEL: func.func @reflect
// CHECK: %[[A:.*]] = onnx.Slice %{{.*}} -> tensor<3xf32>
// CHECK: %[[B:.*]] = onnx.Slice %{{.*}} -> tensor<2xf32>
// CHECK: onnx.Concat %[[A]], %[[B]] {axis = 0 : i64}
func.func @reflect(%x: tensor<3xf32>) -> tensor<5xf32> {
  %none = onnx.NoValue : none
  %pads = onnx.Constant dense<[2, 0]> : tensor<2xi64>
  %y = onnx.Pad %x, %pads, %none, %none {mode = "reflect"} : (tensor<3xf32>, tensor<2xi64>, none, none) -> tensor<5xf32>
  return %y : tensor<5xf32>
}
