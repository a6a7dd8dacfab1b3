# All commands.
zkc --help
