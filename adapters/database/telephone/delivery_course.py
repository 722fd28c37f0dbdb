"""Reports of a provider come twice and in any order: which of them tells more than what is known."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, case, literal


class Course(NamedTuple):
    """The states that something goes through, the first first, each a set of words that say the same; and its ends.

    A word that stands in neither counts as later than the states that are known, and as no end.
    """

    states: Sequence[frozenset[str]]
    ends: frozenset[str]

    def later(self, known: Any, reported: str) -> ColumnElement[str]:
        """What of the two is later, `known` being a column that has not come to its end; the known one of equals."""
        rank = next((rank for rank, words in enumerate(self.states) if reported in words), None)
        if rank is None:
            return literal(reported)
        earlier = frozenset[str]().union(*self.states[:rank])
        return case((known.in_(earlier), reported), else_=known)
