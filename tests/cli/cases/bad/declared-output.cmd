# The shape that a model declares for an output is compared with the computed one.
try() {
    cat > model.onnxtxt
    onnx-text model.onnxtxt -o model.onnx
    zkc compile model.onnx -o m.zkc --input-range 0:1
    echo "exit code: $?" >&2
}
try <<'TEXT'
<ir_version: 8, opset_import: ["" : 17]>
net (float[1, 3] x) => (float[1, 4] y) {
  [first] y = Relu(x)
}
TEXT
try <<'TEXT'
<ir_version: 8, opset_import: ["" : 17]>
net (float[1, 2] x) => (float[2] y)
<float[2, 2] w = {1, 0, 0, 1}> {
  [first] y = MatMul(x, w)
}
TEXT
try <<'TEXT'
<ir_version: 8, opset_import: ["" : 17]>
net (float[1, 2] x) => (float[1, 3] x)
{
  [dead] y = Relu(x)
}
TEXT
ls
