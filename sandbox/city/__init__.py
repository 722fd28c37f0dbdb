"""A simulated city platform."""
