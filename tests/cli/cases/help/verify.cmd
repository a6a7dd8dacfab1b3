zkc verify --help
