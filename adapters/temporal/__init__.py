"""Temporal client connection and payload encryption."""
