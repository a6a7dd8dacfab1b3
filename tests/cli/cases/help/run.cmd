zkc run --help
