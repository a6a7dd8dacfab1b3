# The file with the weights is not there.
cat > model.onnxtxt <<'TEXT'
<ir_version: 8, opset_import: ["" : 17]>
net (float[1, 2] x) => (float[1, 2] y)
<float[2, 2] w = ["location": "weights.bin", "offset": "0", "length": "16"]> {
  [first] y = MatMul(x, w)
}
TEXT
onnx-text model.onnxtxt -o model.onnx
zkc compile model.onnx -o m.zkc --input-range 0:1
code=$?; ls; exit $code
