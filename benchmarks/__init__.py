"""Measurements, each a ratio in one run against something named; none is a test."""
