"""The object store, and what is checked of a file before it is kept."""
