# The members of the object, and that nothing else is printed.
sine=$MODELS/sine_mlp
zkc run "$sine/model.onnx" --input "$sine/test_data_set_1" --json > report.json
code=$?; jq -r 'to_entries[] | "\(.key): \(.value | type)"' report.json; exit $code
