"""Settings of every process, and whether they are safe to run with."""
