"""The parts of a work order's state: clocks, assignments, approvals, supervisions, ladder steps, notices."""

from datetime import datetime
from typing import Any, Literal, Self

from domain.calendar.durations import Duration
from domain.words import ApprovalKind, ClockName, Frozen, Light, Part, Role, SupervisionLevel, Template

AssignmentStatus = Literal["dispatched", "handling", "replied", "accepted", "returned", "released"]
ACTIVE: frozenset[str] = frozenset({"dispatched", "handling", "replied", "accepted"})


class Value(Frozen):
    """A frozen value that can be copied with changes."""

    def but(self, **changes: Any) -> Self:
        """A copy with these fields changed. The changes are not validated."""
        return self.model_copy(update=changes)


class Clock(Value):
    """A clock. `held`: a reply is under review; if it is sent back, the clock runs again with the same limit."""

    key: str
    name: ClockName
    unit: str | None
    started_at: datetime
    due_at: datetime
    limit: Duration | None
    fixed_at: datetime | None
    clause: str | None
    provisional: bool
    warn_before: Duration | None
    warned: bool = False
    every: Duration | None = None
    subject: str | None = None
    ahead: Duration | None = None
    """The distance to the limit, for a moment measured back from it."""
    status: Literal["running", "held", "met", "missed", "stopped"] = "running"


class Assignment(Value):
    """A unit's part in the order."""

    unit: str
    part: Part
    dispatched_at: datetime
    status: AssignmentStatus = "dispatched"
    signed_at: datetime | None = None
    light: Light = Light.GREEN
    unclosed: bool = False
    return_barred: bool = False
    barred_clause: str | None = None
    """The clause that bars the return, if it is not that of the rule of returns."""

    @property
    def active(self) -> bool:
        """Whether the unit is still involved."""
        return self.status in ACTIVE


class Approval(Value):
    """A requested decision. `index` is the open stage of `stages` (desk, role)."""

    id: str
    kind: ApprovalKind
    unit: str | None
    stages: tuple[tuple[str, Role], ...]
    index: int
    opened_at: datetime
    until: datetime | None = None
    proposed_unit: str | None = None
    ground: str | None = None
    review_every: str | None = None
    asked_by: str = ""
    """The person who made the request, who may not decide it; empty if unknown."""
    decided_by: tuple[tuple[str, str], ...] = ()
    """Desk and person of each answered stage: two stages at one desk need two people."""
    status: Literal["open", "approved", "rejected", "lapsed", "void"] = "open"

    @property
    def desk(self) -> str:
        """The desk of the open or last open stage."""
        return self.stages[self.index][0]

    @property
    def by_role(self) -> Role:
        """The role that usually answers that stage."""
        return self.stages[self.index][1]


class Supervision(Value):
    """A supervision that the unit has to answer."""

    id: str
    unit: str
    level: SupervisionLevel
    answered: bool = False


class Rung(Value):
    """The position of a citizen on the callback ladder: the last step, and whether its answer is pending."""

    index: int = -1
    by: str = ""
    attempt: int = 0
    waiting: bool = False
    notice: str | None = None
    put_off: int = 0
    """Failed attempts on this step for reasons other than the number."""


class Issued(Value):
    """An issued notice, as needed to send it to the next contact."""

    template: Template
    to_role: Role
    unit: str | None
    party: str | None
    due_at: datetime | None
    undelivered: int = 0
