"""Fault injection for the simulated provider: each fault has a target, a kind and a number of times.

Faults are in memory only and end with the process, so that a demonstration never starts with old faults.
"""

from collections.abc import Iterable
from enum import StrEnum
from fnmatch import fnmatchcase

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError


class Kind(StrEnum):
    """Kinds of faults."""

    TIMEOUT = "timeout"
    TOO_MANY = "429"
    BROKEN = "500"
    REFUSE = "refuse"
    GARBAGE = "garbage"
    RESET = "reset"
    SLOW = "slow"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    DUPLICATE = "duplicate"
    REORDER = "reorder"
    DROP = "drop"


class Target(StrEnum):
    """Targets of faults: requests that create, requests that look up, posts to the customer."""

    MESSAGES = "messages"
    CALLS = "calls"
    LOOKUPS = "lookups"
    WEBHOOKS = "webhooks"


CREATION = frozenset({Target.MESSAGES, Target.CALLS})
REQUESTS = CREATION | {Target.LOOKUPS}
ON_REQUESTS = (Kind.TIMEOUT, Kind.TOO_MANY, Kind.BROKEN, Kind.REFUSE, Kind.GARBAGE, Kind.RESET)
POSSIBLE: dict[Kind, frozenset[Target]] = {
    **dict.fromkeys(ON_REQUESTS, REQUESTS),
    Kind.REFUSE: CREATION,
    Kind.SLOW: REQUESTS | {Target.WEBHOOKS},
    Kind.UNDELIVERED: frozenset({Target.MESSAGES}),
    Kind.FAILED: CREATION,
    **dict.fromkeys((Kind.DUPLICATE, Kind.REORDER, Kind.DROP), frozenset({Target.WEBHOOKS})),
}
"""The targets of each kind. Without `on` a fault hits those that create, or else webhooks; lookups only if named."""

DEFAULT_CODES = {Kind.REFUSE: 21211, Kind.UNDELIVERED: 30003, Kind.FAILED: 30008}


class Fault(BaseModel):
    """One fault of `PUT /sandbox/faults`. Raises ValueError if its kind does not apply to the target `on`."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    on: Target | None = None
    to: str = Field("*", min_length=1, max_length=40)
    """A pattern of the citizen's number: `+86138*`."""
    times: int | None = Field(None, ge=1)
    """The number of times it strikes; None for no limit."""
    processed: bool = False
    """Whether the request takes effect although its answer fails (timeout, 500, garbage, reset)."""
    status: int = Field(500, ge=500, le=599)
    retry_after: int = Field(1, ge=0, le=3600)  # seconds
    code: int | None = Field(None, ge=10000, le=99999)
    """The provider's error code, for refuse, undelivered and failed."""
    seconds: float = Field(3.0, gt=0, le=600)  # for slow
    copies: int = Field(2, ge=2, le=20)  # for duplicate: the total number of copies
    struck: int = Field(0, ge=0)
    """The number of times it has struck so far."""

    @model_validator(mode="after")
    def _possible(self) -> "Fault":
        if self.on and self.on not in POSSIBLE[self.kind]:
            allowed = "、".join(sorted(POSSIBLE[self.kind]))
            raise PydanticCustomError(
                "impossible", "{kind} 只能作用于 {allowed}", {"kind": self.kind, "allowed": allowed}
            )
        return self

    @property
    def provider_code(self) -> int:
        """The provider's error code."""
        return self.code or DEFAULT_CODES[self.kind]

    @property
    def spent(self) -> bool:
        """Whether it has struck as often as it may."""
        return self.times is not None and self.struck >= self.times

    def hits(self, target: Target, number: str) -> bool:
        """Whether it applies to this target and number now."""
        possible = POSSIBLE[self.kind]
        here = target is self.on if self.on else target in ((possible & CREATION) or possible)
        return here and fnmatchcase(number, self.to) and not self.spent


class FaultBook:
    """The current faults; the first that matches strikes. Used from the event loop only."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def replace(self, faults: Iterable[Fault]) -> None:
        """Replace all faults."""
        self.faults = list(faults)

    def strike(self, target: Target, number: str, *kinds: Kind) -> Fault | None:
        """The first fault of these kinds that hits, counted as one strike."""
        for fault in self.faults:
            if fault.kind in kinds and fault.hits(target, number):
                fault.struck += 1
                return fault
        return None
