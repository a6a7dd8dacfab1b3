# Everything at once with backend halo2, which has no challenges and stores no keys.
sine=$MODELS/sine_mlp
run() { zkc run "$@" "$sine/model.onnx" --input "$sine/test_data_set_1" --input-range 0:8 --backend halo2; }
# Once before, so that the parameters are in the cache.
run -q > first && run
run -q --json | grep -E '"(backend|commitment|k|advice|challenges|lookups|degree|params_cached)"'
rm first; ls
