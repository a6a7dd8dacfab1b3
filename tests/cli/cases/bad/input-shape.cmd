# Too few elements.
cat > model.onnxtxt <<'TEXT'
<ir_version: 8, opset_import: ["" : 17]>
net (float[1, 4] x) => (float[1, 4] y) {
  [first] y = Relu(x)
}
TEXT
onnx-text model.onnxtxt -o model.onnx
zkc compile -q model.onnx -o m.zkc --input-range 0:4
echo '{"input_data": [[1, 2, 3]]}' > input.json
zkc witness m.zkc --input input.json -o w
code=$?; ls; exit $code
