# What is done, step by step, with the passes.
sine=$MODELS/sine_mlp
zkc compile -v "$sine/model.onnx" -o m.zkc --input-range 0:8
