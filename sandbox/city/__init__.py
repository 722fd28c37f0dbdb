"""A city platform on one machine."""
