"""Emergency lines and the units that answer them (GT-03, RG-03, RG-04)."""

from typing import Annotated, Literal, get_args

from pydantic import Field

from domain.calendar.durations import Duration
from domain.policy.rule import Rule
from domain.words import Frozen

Line = Literal["110", "119", "120", "122"]
LINES: tuple[str, ...] = get_args(Line)
SOURCES = frozenset({*LINES, *(f"line_{line}" for line in LINES)})
"""Values of `source` of orders that an emergency line handed over."""

EmergencyLevel = Annotated[int, Field(ge=1, le=3)]
ROUTINE_LEVEL = 3
"""The level of units that take orders in working time."""


class Response(Frozen):
    """How soon units of these levels accept what an emergency line handed over."""

    levels: tuple[EmergencyLevel, ...] = Field(min_length=1)
    sign_off: Duration


class Emergency(Rule):
    """Orders handed to an emergency line and taken over from one.

    `acknowledge_within`: how soon the line confirms that it has taken an order over; until then, or until that has
    been missed, the order is not archived. `responses` replace the sign-off window for orders from a line.
    """

    acknowledge_within: Duration | None = None
    responses: tuple[Response, ...] = ()

    def response(self, source: str, level: int) -> Response | None:
        """The response window of a unit of this level for an order of this source, None if the table has none."""
        if source not in SOURCES:
            return None
        return next((each for each in self.responses if level in each.levels), None)
