"""Tokens, identity providers, proofs of signals, and the strength of passwords."""
