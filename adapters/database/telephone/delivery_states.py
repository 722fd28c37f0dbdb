"""Order of delivery states, as a provider's reports may come twice and in any order."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, case, literal


class DeliveryStates(NamedTuple):
    """Successive states, each a set of equivalent words, and the final words.

    A word in neither counts as later than the known states, and as not final.
    """

    states: Sequence[frozenset[str]]
    ends: frozenset[str]

    def later(self, known: Any, reported: str) -> ColumnElement[str]:
        """The later of both states; `known` is a column whose state is not final, and wins if both are equal."""
        rank = next((rank for rank, words in enumerate(self.states) if reported in words), None)
        if rank is None:
            return literal(reported)
        earlier = frozenset[str]().union(*self.states[:rank])
        return case((known.in_(earlier), reported), else_=known)
