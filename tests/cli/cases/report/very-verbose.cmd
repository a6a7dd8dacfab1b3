# With the times of the steps.
sine=$MODELS/sine_mlp
zkc compile -vv "$sine/model.onnx" -o m.zkc --input-range 0:8 2>&1 | grep -v passes:
