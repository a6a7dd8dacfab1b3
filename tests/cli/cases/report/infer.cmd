# Fixed-point outputs beside the float ones.
lenet=$MODELS/lenet_2_4_8
zkc compile -q "$lenet/model.onnx" -o m.zkc --input "$lenet/test_data_set_0"
zkc infer m.zkc --input "$lenet/test_data_set_0"
