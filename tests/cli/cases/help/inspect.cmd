zkc inspect --help
