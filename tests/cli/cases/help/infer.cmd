zkc infer --help
