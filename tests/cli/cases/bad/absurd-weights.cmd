# Weights of 4 EB are refused before memory is asked for.
cat > model.onnxtxt <<'TEXT'
<ir_version: 8, opset_import: ["" : 17]>
net (float[1, 2] x) => (float[1, 1000000000] y)
<float[1000000000, 1000000000] w = {1, 2}> {
  [first] y = MatMul(x, w)
}
TEXT
onnx-text model.onnxtxt -o model.onnx
zkc compile model.onnx -o m.zkc --input-range 0:1
code=$?; ls; exit $code
