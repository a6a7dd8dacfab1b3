# Proofs that are not what the verifier asks for. Each refusal is one message.
try() { echo "\$ zkc $*" >&2; zkc "$@" >/dev/null; echo "exit code: $?" >&2; }
sample=$MODELS/sine_mlp/test_data_set_0
zkc compile -q "$MODELS/sine_mlp/model.onnx" -o m.zkc --input-range 0:8
zkc setup -q m.zkc --pk m.pk --vk m.vk
zkc prove -q m.zkc --pk m.pk --input "$sample" -o p
zkc compile -q "$MODELS/sine_mlp/model.onnx" -o n.zkc --input-range 0:4
zkc setup -q n.zkc --pk n.pk --vk n.vk
value=$(zkc infer -q --json m.zkc --input "$sample" | sed -n 's/.*"outputs": \[\[\(.*\)\]\].*/\1/p')
expect() { echo "{\"outputs\": $1}" > expected.json; echo "expected: ${1//$value/VALUE}" >&2; }
expect "[[$value]]"; try verify --vk m.vk --proof p --expect expected.json
expect "[[0.5]]"; try verify --vk m.vk --proof p --expect expected.json
expect "[[$value, 0.5]]"; try verify --vk m.vk --proof p --expect expected.json
expect "[[]]"; try verify --vk m.vk --proof p --expect expected.json
expect "[[$value], [$value]]"; try verify --vk m.vk --proof p --expect expected.json
expect "[]"; try verify --vk m.vk --proof p --expect expected.json
echo '{"inputs": [[1]]}' > expected.json; try verify --vk m.vk --proof p --expect expected.json
echo '{"outputs": ' > expected.json; try verify --vk m.vk --proof p --expect expected.json
try verify --vk n.vk --proof p
try prove n.zkc --pk m.pk --input "$sample" -o q
try verify --vk m.pk --proof p
try verify --vk m.vk --proof m.vk
head -c 3000 p > short; try verify --vk m.vk --proof short
{ cat p; echo; } > long; try verify --vk m.vk --proof long
# byte FILE PLACE: writes FF over a byte.
byte() { printf '\xff' | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }
cp p changed; byte changed 3000; try verify --vk m.vk --proof changed
cp p newer; byte newer 8; try verify --vk m.vk --proof newer
cp m.vk newer.vk; byte newer.vk 8; try verify --vk newer.vk --proof p
try verify --vk none.vk --proof p
try verify --vk m.vk --proof p
ls
