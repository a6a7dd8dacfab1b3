# An attribute that the operator does not have.
cat > model.onnxtxt <<'TEXT'
<ir_version: 8, opset_import: ["" : 17]>
net (float[1, 4] x) => (float[1, 4] y) {
  [first] y = Relu <slope = 0.5> (x)
}
TEXT
onnx-text model.onnxtxt -o model.onnx
zkc compile model.onnx -o m.zkc --input-range 0:1
code=$?; ls; exit $code
