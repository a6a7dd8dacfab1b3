# A value of an attribute that is not supported.
cat > model.onnxtxt <<'TEXT'
<ir_version: 8, opset_import: ["" : 17]>
net (float[1, 1, 4, 4] x) => (float[1, 1, 4, 4] y)
<float[1, 1, 3, 3] w = {0, 0, 0, 0, 1, 0, 0, 0, 0}> {
  [stage2/conv_7] y = Conv <auto_pad = "SAME_MIDDLE"> (x, w)
}
TEXT
onnx-text model.onnxtxt -o model.onnx
zkc compile model.onnx -o m.zkc --input-range 0:1
code=$?; ls; exit $code
