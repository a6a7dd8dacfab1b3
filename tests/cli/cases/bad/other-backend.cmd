# Keys and proofs of one backend or commitment given to another, and damaged ones of backend halo2-axiom.
try() { echo "\$ zkc $*" >&2; zkc "$@" >/dev/null; echo "exit code: $?" >&2; }
sample=$MODELS/sine_mlp/test_data_set_0
prove() { zkc prove -q "$@" --input "$sample"; }
for backend in halo2 halo2-axiom; do
    zkc compile -q "$MODELS/sine_mlp/model.onnx" -o $backend.zkc --input-range 0:8 --backend $backend
done
zkc setup -q halo2.zkc --pk halo2.pk --vk halo2.vk
zkc setup -q halo2-axiom.zkc --pk ipa.pk --vk ipa.vk
zkc setup -q halo2-axiom.zkc --pk kzg.pk --vk kzg.vk --commitment kzg --insecure-srs
prove halo2.zkc --pk halo2.pk -o halo2.p
prove halo2-axiom.zkc --pk ipa.pk -o ipa.p
prove halo2-axiom.zkc --pk kzg.pk -o kzg.p
for pair in "halo2 ipa" "halo2-axiom halo2"; do
    set -- $pair; try prove $1.zkc --pk $2.pk --input "$sample" -o p
done
try prove halo2-axiom.zkc --pk ipa.pk --srs s --input "$sample" -o p
cp kzg.vk s; try prove halo2-axiom.zkc --pk ipa.pk --srs s --input "$sample" -o p
for pair in "halo2 ipa" "ipa halo2" "ipa kzg" "kzg ipa"; do
    set -- $pair; try verify --vk $1.vk --proof $2.p
done
try verify --vk kzg.vk --proof kzg.p
# byte FILE PLACE: writes FF over a byte.
byte() { printf '\xff' | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }
for name in ipa.pk ipa.vk kzg.p; do cp $name changed-$name; byte changed-$name 3000; done
try prove halo2-axiom.zkc --pk changed-ipa.pk --input "$sample" -o p
try verify --vk changed-ipa.vk --proof ipa.p
try verify --vk kzg.vk --proof changed-kzg.p --insecure-srs
zkc compile -q "$MODELS/sine_mlp/model.onnx" -o n.zkc --input-range 0:4 --backend halo2-axiom
zkc setup -q n.zkc --pk n.pk --vk n.vk
try prove n.zkc --pk ipa.pk --input "$sample" -o p
try verify --vk n.vk --proof ipa.p
echo "with MAX_DEGREE set:" >&2
export MAX_DEGREE=5
try setup n.zkc --pk n.pk --vk n.vk
try verify --vk ipa.vk --proof ipa.p
try verify --vk halo2.vk --proof halo2.p
ls
