zkc approx --help
