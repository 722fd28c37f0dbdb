"""The command `jiesu`."""
