# A model that was cut short on its way.
head -c 1000 "$MODELS/sine_mlp/model.onnx" > model.onnx
zkc compile model.onnx -o m.zkc --input-range 0:1
code=$?; ls; exit $code
