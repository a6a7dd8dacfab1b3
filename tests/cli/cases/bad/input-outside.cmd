# Outside the declared range: element and range.
cat > model.onnxtxt <<'TEXT'
<ir_version: 8, opset_import: ["" : 17]>
net (float[1, 4] x) => (float[1, 4] y) {
  [first] y = Relu(x)
}
TEXT
onnx-text model.onnxtxt -o model.onnx
zkc compile -q model.onnx -o m.zkc --input-range 0:4
echo '{"input_data": [[0, 1, 9.5, 0.25]]}' > input.json
zkc witness m.zkc --input input.json -o w
code=$?; ls; exit $code
