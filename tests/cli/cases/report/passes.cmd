# The passes and their options as zkc-opt lists them; MLIR's own are left out.
zkc-opt --help | grep -A4 -E '^ +--(convert-)?(onnx|zkarith|plonk)-' | grep -E -- '--(convert-)?(onnx|zkarith|plonk)|fraction|public|input-range'
