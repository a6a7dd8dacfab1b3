# Names that would act on a terminal are escaped.
cat > model.onnxtxt <<'TEXT'
<ir_version: 8, opset_import: ["" : 17]>
net (float[1, 4] xXsx) => (float[1, 4] y) {
  [badXsnode] y = Log(xXsx)
}
TEXT
onnx-text model.onnxtxt -o text.onnx
# As long as before, so that the file stays well formed.
LC_ALL=C sed 's/Xs/\x1b\n/g' text.onnx > model.onnx
zkc compile model.onnx -o m.zkc --input-range -1:1
zkc compile model.onnx -o m.zkc
zkc compile model.onnx -o m.zkc --input-range -1:1 --json 2> /dev/null
