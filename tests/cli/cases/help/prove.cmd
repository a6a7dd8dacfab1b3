zkc prove --help
