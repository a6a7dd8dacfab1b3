# A signal ends the program and leaves nothing behind. The model never comes through the pipe, so that there is time.
mkdir tmp out; mkfifo pipe
export TMPDIR=$PWD/tmp
for signal in INT TERM HUP; do
    timeout --preserve-status -s $signal 0.3 zkc setup -q pipe --pk out/m.pk --vk out/m.vk
    echo "$signal: exit code $?"
done
# Whoever starts the program may choose that it ignores a signal.
zkc compile -q "$MODELS/sine_mlp/model.onnx" --input-range 0:8 -o m.zkc
(trap '' HUP; exec zkc inspect pipe > report) &
sleep 0.3; kill -HUP $!; cat m.zkc > pipe; wait $!
echo "ignored: exit code $?"
ls -A tmp out
