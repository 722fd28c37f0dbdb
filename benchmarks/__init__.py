"""Benchmarks. Each measures a ratio to a named reference within one run; none is a test."""
