"""Object store, and the checks of a file before it is stored."""
