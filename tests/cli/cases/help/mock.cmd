zkc mock --help
