// RUN: zkc-opt --convert-onnx-to-zkarith="input-range=0:1" %s > %t.once
// RUN: zkc-opt %s | diff - %t.once

// A module without a function has nothing to convert.
module attributes {onnx.data_dir = "."} {
}
