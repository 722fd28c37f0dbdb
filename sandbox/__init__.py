"""Simulated peers: a telephone provider and a city platform."""
