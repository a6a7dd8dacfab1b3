# Each command on its own, through files.
sine=$MODELS/sine_mlp
# Once before, so that the parameters are in the cache.
zkc run -q "$sine/model.onnx" --input "$sine/test_data_set_1" > first
zkc compile "$sine/model.onnx" -o m.zkc --input "$sine/test_data_set_1" --public inputs,outputs
zkc setup m.zkc --pk m.pk --vk m.vk
zkc witness m.zkc --input "$sine/test_data_set_1" -o w
zkc prove m.zkc --pk m.pk --witness w -o p
zkc verify --vk m.vk --proof p
code=$?; rm first; ls -A; exit $code
