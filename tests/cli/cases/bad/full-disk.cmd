# An output that cannot be written is an error; a reader that has gone away is none.
sine=$MODELS/sine_mlp
zkc compile -q "$sine/model.onnx" -o m.zkc --input-range 0:8
try() { echo "\$ $*" >&2; "$@" > /dev/full; echo "exit code: $?" >&2; }
try zkc inspect m.zkc
try zkc infer m.zkc --input "$sine/test_data_set_0" --json
try zkc compile "$sine/model.onnx" -o m.zkc --input-range 0:8
try zkc infer none.zkc --input "$sine/test_data_set_0" --json
try zkc --help
try zkc --version
try zkc-translate --supported-ops
(ulimit -f 1; zkc compile "$sine/model.onnx" -o n.zkc --input-range 0:8; echo "exit code: $?" >&2)
set -o pipefail
{ zkc inspect m.zkc; echo "exit code: $?" >&2; } | true
{ zkc --help; echo "exit code: $?" >&2; } | true
{ zkc-translate --supported-ops; echo "exit code: $?" >&2; } | true
ls -A
