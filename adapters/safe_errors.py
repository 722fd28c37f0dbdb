"""Errors whose words may stand where operators look, because we chose them."""


class Telling(Exception):  # noqa: N818 - its kinds read as sentences where they are caught
    """Its text is a code of ours or a status, and never quotes what was sent or answered."""
