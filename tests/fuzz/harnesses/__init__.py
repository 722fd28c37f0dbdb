"""What is fuzzed, guided by coverage: each module has `SEEDS` to begin from and `one`, which tries one input.

`one` lets pass what is documented to be raised, and nothing else.
"""
