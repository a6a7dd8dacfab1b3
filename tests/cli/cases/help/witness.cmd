zkc witness --help
