# Outputs do not overwrite inputs or each other, by whatever name.
try() { echo "\$ zkc $*" >&2; zkc "$@"; echo "exit code: $?" >&2; }
sine=$MODELS/sine_mlp
cp "$sine/model.onnx" model.onnx; cp -r "$sine/test_data_set_0" sample
zkc compile -q model.onnx -o m.zkc --input-range 0:8
zkc setup -q m.zkc --pk m.pk --vk m.vk
zkc witness -q m.zkc --input sample -o w
ln -s m.zkc link; ln m.pk hard; mkdir folder; ln -s .. folder/up
sha256sum model.onnx m.zkc m.pk m.vk w sample/input_0.pb > before
try compile model.onnx -o model.onnx --input-range 0:8
try compile model.onnx -o sample/input_0.pb --input sample
cat > net.onnxtxt <<'TEXT'
<ir_version: 8, opset_import: ["" : 17]>
net (float[1, 2] x) => (float[1, 2] y)
<float[2, 2] w = ["location": "weights.bin", "offset": "0", "length": "16"]> {
  [first] y = MatMul(x, w)
}
TEXT
onnx-text net.onnxtxt -o net.onnx; head -c 16 /dev/zero > weights.bin
try compile net.onnx -o folder/up/weights.bin --input-range 0:1
try setup m.zkc --pk a --vk a
try setup m.zkc --pk ./a --vk folder/up/a
try setup m.zkc --pk link --vk b
try prove m.zkc --pk m.pk --input sample -o hard
try prove m.zkc --pk m.pk --witness w -o w
try witness m.zkc --input sample -o m.zkc
sha256sum --quiet -c before && wc -c weights.bin && ls -A
