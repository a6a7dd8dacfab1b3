zkc compile --help
