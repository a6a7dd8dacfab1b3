# Every step on its own with backend halo2-axiom: one circuit, keys of both commitments. Who verifies has the verifying
# key and the proof, no more.
sine=$MODELS/sine_mlp
sample=$sine/test_data_set_1
zkc compile -q "$sine/model.onnx" -o m.zkc --input-range 0:8 --backend halo2-axiom
zkc infer -q m.zkc --input "$sample"
zkc mock -q m.zkc --input "$sample" --audit | sed '/^output/,$d'
zkc inspect m.zkc | sed '/^  node/,/^$/d'
zkc witness -q m.zkc --input "$sample" -o w
mkdir verifier
for commitment in kzg ipa; do
    case $commitment in kzg) insecure=--insecure-srs ;; *) insecure= ;; esac
    zkc setup -q m.zkc --pk m.pk --vk verifier/m.vk --commitment $commitment $insecure
    zkc setup m.zkc --pk again.pk --vk again.vk --commitment $commitment $insecure
    cmp m.pk again.pk && cmp verifier/m.vk again.vk || echo "keys differ"
    zkc prove m.zkc --pk m.pk --input "$sample" -o verifier/p
    (cd verifier && zkc verify --vk m.vk --proof p $insecure)
    zkc prove -q m.zkc --pk m.pk --witness w -o verifier/p
    (cd verifier && zkc verify --json --vk m.vk --proof p $insecure)
done
ls
