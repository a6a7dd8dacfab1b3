# All constraints and the audit.
sine=$MODELS/sine_mlp
zkc compile -q "$sine/model.onnx" -o m.zkc --input-range 0:8
zkc mock m.zkc --input "$sine/test_data_set_1" --audit
