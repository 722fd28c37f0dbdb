"""Texts and calls."""
