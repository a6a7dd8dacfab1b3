# Damaged files of the weight cache are made anew, without a word.
lenet=$MODELS/lenet_4_8_32
export ZKC_CACHE_DIR=$PWD/cache
zkc compile -q "$lenet/model.onnx" -o m.zkc --input-range -0.5:3
cp -r cache/weights whole
for file in cache/weights/*; do
    printf 'XXXX' | dd of="$file" bs=1 seek=100 conv=notrunc status=none
done
diff -rq whole cache/weights > /dev/null && echo "nothing was damaged"
zkc compile -q "$lenet/model.onnx" -o n.zkc --input-range -0.5:3
cmp m.zkc n.zkc && diff -r whole cache/weights && ls
