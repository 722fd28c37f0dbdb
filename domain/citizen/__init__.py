"""Citizens: texts and calls to them, and the reading of their answers."""
