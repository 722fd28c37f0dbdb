"""Archived bundles, and everything that one is made from."""
