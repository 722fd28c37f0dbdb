"""Local servers and child processes."""
