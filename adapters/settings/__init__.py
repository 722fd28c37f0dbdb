"""Settings of every process, and the check that they are safe to run with."""
