# Outputs that cannot be written are refused before any work is done, and leave nothing behind.
try() { echo "\$ zkc $*" >&2; zkc "$@"; echo "exit code: $?" >&2; }
sample=$MODELS/sine_mlp/test_data_set_0
touch file; mkdir folder
for output in none/m.zkc folder file/m.zkc folder/ /dev/full; do
    try compile -q "$MODELS/sine_mlp/model.onnx" --input-range 0:8 -o $output
done
zkc compile -q "$MODELS/sine_mlp/model.onnx" -o m.zkc --input-range 0:8
try setup m.zkc --pk none/m.pk --vk m.vk
try setup m.zkc --pk m.pk --vk none/m.vk
try witness m.zkc --input "$sample" -o none/w
try witness m.zkc --input "$sample" -o /dev/full
zkc setup -q m.zkc --pk m.pk --vk m.vk
try prove m.zkc --pk m.pk --input "$sample" -o none/p
try prove m.zkc --pk m.pk --input "$sample" -o folder
ls -A . folder
