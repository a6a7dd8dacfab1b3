zkc srs generate --help
