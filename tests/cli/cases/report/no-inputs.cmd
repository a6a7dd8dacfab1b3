# A model without inputs, or whose inputs are all constant, is proven without any.
cat > model.onnxtxt <<'TEXT'
<ir_version: 8, opset_import: ["" : 17]>
net (float[1, 2] a) => (float[1, 2] y)
<float[1, 2] b = {0.25, -1}> {
  [sum] y = Add(a, b)
}
TEXT
onnx-text model.onnxtxt -o model.onnx
echo '{"input_data": [[[1, 2]]]}' > a.json
# Once before, so that the parameters are in the cache.
zkc run -q model.onnx --constant-input a=a.json > first
zkc run model.onnx --constant-input a=a.json
zkc compile -q model.onnx --constant-input a=a.json -o m.zkc
zkc mock -q m.zkc --audit
zkc infer m.zkc
zkc setup -q m.zkc --pk m.pk --vk m.vk
zkc prove -q m.zkc --pk m.pk -o p
zkc witness -q m.zkc -o w
zkc prove -q m.zkc --pk m.pk --witness w -o q
zkc verify --vk m.vk --proof p
zkc verify --vk m.vk --proof q > /dev/null
code=$?; ls; exit $code
