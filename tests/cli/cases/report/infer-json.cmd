# The same as an object; JSON and ONNX inputs of the same numbers give the same.
iris=$MODELS/iris_logreg
zkc compile -q "$iris/model.onnx" -o m.zkc --input-range 0:8
zkc infer m.zkc --input "$iris/test_data_set_0" --json
