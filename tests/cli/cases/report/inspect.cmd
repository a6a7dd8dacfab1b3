# What a compiled model consists of.
sine=$MODELS/sine_mlp
zkc compile -q "$sine/model.onnx" -o m.zkc --input-range 0:8
zkc inspect m.zkc
