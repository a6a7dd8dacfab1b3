# Files that are not there, no name, one file too many, and two ranges for one input.
try() { echo "\$ zkc $*" >&2; zkc "$@"; echo "exit code: $?" >&2; }
cat > model.onnxtxt <<'TEXT'
<ir_version: 8, opset_import: ["" : 17]>
net (float[1] a, float[1] b) => (float[1] y) {
  [sum] y = Add(a, b)
}
TEXT
onnx-text model.onnxtxt -o model.onnx
zkc compile -q model.onnx -o m.zkc --input-range 0:4
printf '\x08\x01\x10\x01\x4a\x04\x00\x00\x80\x3f' > one.pb
try infer m.zkc
try infer m.zkc --input nosuch
try infer m.zkc --input -
try infer m.zkc --input ''
try infer m.zkc --input one.pb
try infer m.zkc --input one.pb --input one.pb --input one.pb
try run model.onnx --input-range 0:4
try run model.onnx --input-range a=0:4 --input-range 0:2 --input-range a=0:1
echo '{"input_data": [[1], [4.0000001]]}' > over.json
try infer m.zkc --input over.json
try verify --vk none.vk --proof one.pb
try verify --vk one.pb --proof .
