zkc setup --help
