# A command line that cannot be read; with --json the error is an object too.
zkc compile model.onnx --json
