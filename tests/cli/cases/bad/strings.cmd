# Text is no number.
cat > model.onnxtxt <<'TEXT'
<ir_version: 8, opset_import: ["" : 17]>
net (string[1, 4] x) => (string[1, 4] y) {
  [first] y = Identity(x)
}
TEXT
onnx-text model.onnxtxt -o model.onnx
zkc compile model.onnx -o m.zkc --input-range 0:1
code=$?; ls; exit $code
