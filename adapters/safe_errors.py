"""Errors whose words may stand where operators look, because we chose them."""


class SafeError(Exception):
    """Its text is a code of ours or a status, and never quotes what was sent or answered."""
