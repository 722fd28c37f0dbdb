"""Harnesses for coverage-guided fuzzing: each module has `SEEDS`, and `one`, which tries one input.

`one` catches only documented exceptions.
"""
