# Commitments and setups that do not go with the backend or with each other, and insecure setups without leave.
try() { echo "\$ zkc $*" >&2; zkc "$@" >/dev/null; echo "exit code: $?" >&2; }
sine=$MODELS/sine_mlp/model.onnx
sample=$MODELS/sine_mlp/test_data_set_0
for backend in halo2 halo2-axiom; do
    zkc compile -q "$sine" -o $backend.zkc --input-range 0:8 --backend $backend
done
keys="--pk m.pk --vk m.vk"
try setup halo2.zkc $keys --commitment kzg --insecure-srs
try setup halo2.zkc $keys --insecure-srs
try setup halo2-axiom.zkc $keys --commitment kzg
try setup halo2-axiom.zkc $keys --commitment ipa --srs s
try setup halo2-axiom.zkc $keys --commitment kzg --srs s
echo "\$ zkc run" >&2
zkc run -q "$sine" --input "$sample" --input-range 0:8 --backend halo2-axiom --commitment kzg
try srs generate -k 6 -o s
zkc srs generate -q --insecure -k 6 -o s
zkc srs generate -q --insecure -k 4 -o small
try setup halo2-axiom.zkc $keys --commitment kzg --srs s
try setup halo2-axiom.zkc $keys --commitment kzg --srs small --insecure-srs
try setup halo2-axiom.zkc --pk s --vk m.vk --commitment kzg --srs s --insecure-srs
printf '\xff' | dd of=s bs=1 seek=3000 conv=notrunc status=none
try setup halo2-axiom.zkc $keys --commitment kzg --srs s --insecure-srs
head -c 1000 small > short; try setup halo2-axiom.zkc $keys --commitment kzg --srs short --insecure-srs
try setup halo2-axiom.zkc $keys --commitment kzg --srs halo2.zkc --insecure-srs
ls
