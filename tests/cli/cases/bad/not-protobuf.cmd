# A file that is no model.
echo 'no model at all' > model.onnx
zkc compile model.onnx -o m.zkc --input-range 0:1
code=$?; ls; exit $code
