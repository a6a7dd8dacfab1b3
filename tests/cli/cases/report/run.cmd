# What a person sees of everything at once.
sine=$MODELS/sine_mlp
# Once before, so that the parameters are in the cache.
zkc run -q "$sine/model.onnx" --input "$sine/test_data_set_1" > first
zkc run "$sine/model.onnx" --input "$sine/test_data_set_1"
code=$?; rm first; ls; exit $code
