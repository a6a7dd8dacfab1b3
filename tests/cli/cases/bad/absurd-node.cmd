# A tensor of 10^13 elements in the middle.
cat > model.onnxtxt <<'TEXT'
<ir_version: 8, opset_import: ["" : 17]>
net (float[1, 4] x) => (float[1] y)
<int64[2] shape = {10000000, 1000000}, int64[2] ones = {1, 1}, float[1, 1] w = {1}> {
  [wide] h = Expand(w, shape)
  [narrow] y = ReduceSum <keepdims = 0> (h)
}
TEXT
onnx-text model.onnxtxt -o model.onnx
zkc compile model.onnx -o m.zkc --input-range 0:1
code=$?; ls; exit $code
