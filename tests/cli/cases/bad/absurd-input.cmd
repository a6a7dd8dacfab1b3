# An input with 10^18 elements.
cat > model.onnxtxt <<'TEXT'
<ir_version: 8, opset_import: ["" : 17]>
net (float[1, 1000000000, 1000000000] x) => (float[1, 1000000000, 1000000000] y) {
  [first] y = Relu(x)
}
TEXT
onnx-text model.onnxtxt -o model.onnx
zkc compile model.onnx -o m.zkc --input-range 0:1
code=$?; ls; exit $code
