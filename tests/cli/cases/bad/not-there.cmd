# No file.
zkc run model.onnx --input x.npy
