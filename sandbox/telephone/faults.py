"""What goes wrong at a telephone company, by command: each fault says what it hits, how, and how often.

They live in memory and are gone with the process, so that a demonstration never inherits yesterday's trouble.
"""

from collections.abc import Iterable
from enum import StrEnum
from fnmatch import fnmatchcase

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError


class Kind(StrEnum):
    """How something fails."""

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
    """What a fault hits: requests that create, requests that look up, posts to the customer."""

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
"""What each kind can hit. Without `on` it hits of these what creates, or else webhooks; lookups only if named."""

DEFAULT_CODES = {Kind.REFUSE: 21211, Kind.UNDELIVERED: 30003, Kind.FAILED: 30008}


class Fault(BaseModel):
    """One fault, of `PUT /sandbox/faults`. Raises ValueError if its kind cannot hit what it is `on`."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    on: Target | None = None
    to: str = Field("*", min_length=1, max_length=40)
    """A pattern of the citizen's number: `+86138*`."""
    times: int | None = Field(None, ge=1)
    """How often it strikes; without it, for ever."""
    processed: bool = False
    """Whether the request takes effect although its answer does not tell (timeout, 500, garbage, reset)."""
    status: int = Field(500, ge=500, le=599)
    retry_after: int = Field(1, ge=0, le=3600)  # seconds
    code: int | None = Field(None, ge=10000, le=99999)
    """The provider's own, of refuse, undelivered and failed."""
    seconds: float = Field(3.0, gt=0, le=600)  # of slow
    copies: int = Field(2, ge=2, le=20)  # of duplicate: how many arrive in all
    struck: int = Field(0, ge=0)
    """How often it has struck so far."""

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
        """Whether it would strike here, now."""
        possible = POSSIBLE[self.kind]
        here = target is self.on if self.on else target in ((possible & CREATION) or possible)
        return here and fnmatchcase(number, self.to) and not self.spent


class FaultBook:
    """The faults that stand; the first that fits strikes. Used from the event loop only."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def replace(self, faults: Iterable[Fault]) -> None:
        """Let these stand and no others."""
        self.faults = list(faults)

    def strike(self, target: Target, number: str, *kinds: Kind) -> Fault | None:
        """The first fault of these kinds that hits, counted as one strike."""
        for fault in self.faults:
            if fault.kind in kinds and fault.hits(target, number):
                fault.struck += 1
                return fault
        return None
