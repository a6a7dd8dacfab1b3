# An error is an object too.
echo 'no model at all' > model.onnx
zkc compile model.onnx -o m.zkc --input-range 0:1 --json
