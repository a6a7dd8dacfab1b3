# Everything at once with backend halo2-axiom, with both commitments.
sine=$MODELS/sine_mlp
run() { zkc run -q "$@" "$sine/model.onnx" --input "$sine/test_data_set_1" --input-range 0:8 --backend halo2-axiom; }
for commitment in "--commitment ipa" "--commitment kzg --insecure-srs"; do
    # Once before, so that the parameters are in the cache.
    run $commitment > first && run $commitment | sed '/^output/,$d'
    run --json $commitment | grep -E '"(backend|commitment|insecure_setup|setup_digest|k|advice|advice_phases|challenges|lookups|degree|soundness_bits|params_cached|predicted_[a-z_]+|[a-z]+_bytes)"'
done
rm first; ls
