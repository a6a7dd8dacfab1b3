# A weight cache that cannot be written costs a warning, and the compiled model is the same.
lenet=$MODELS/lenet_4_8_32
touch file
zkc compile -q "$lenet/model.onnx" -o m.zkc --input-range -0.5:3
ZKC_CACHE_DIR=$PWD/file/cache zkc compile "$lenet/model.onnx" -o n.zkc --input-range -0.5:3
cmp m.zkc n.zkc && ls
