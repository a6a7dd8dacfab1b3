# Bounds that grow past what a proof can hold: node, bits and what would help.
cat > model.onnxtxt <<'TEXT'
<ir_version: 8, opset_import: ["" : 17]>
net (float[1, 4] x) => (float[1, 4] y) {
  [square1] a = Mul(x, x)
  [square2] b = Mul(a, a)
  [square3] c = Mul(b, b)
  [square4] d = Mul(c, c)
  [square5] e = Mul(d, d)
  [square6] y = Mul(e, e)
}
TEXT
onnx-text model.onnxtxt -o model.onnx
zkc compile model.onnx -o m.zkc --input-range 0:100000
code=$?; ls; exit $code
