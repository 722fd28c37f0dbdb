"""The parts of a work order's state: promises, units, decisions, those who watch, and whom it has told."""

from datetime import datetime
from typing import Any, Literal, Self

from domain.calendar.durations import Duration
from domain.words import ApprovalKind, ClockName, Frozen, Light, Part, Role, SupervisionLevel, Template

AssignmentStatus = Literal["dispatched", "handling", "replied", "accepted", "returned", "released"]
ACTIVE: frozenset[str] = frozenset({"dispatched", "handling", "replied", "accepted"})


class Value(Frozen):
    """A frozen value that can be copied with changes."""

    def but(self, **changes: Any) -> Self:
        """A copy with these fields changed; the changes are not validated, the type checker sees to callers."""
        return self.model_copy(update=changes)


class Clock(Value):
    """A promise of time. `held`: met for now, but a reply sent back sets it running again, same limit."""

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
    """How long before the limit the moment lies, where it is measured back from the limit."""
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
    """What bars the return where that is not the rule of returns."""

    @property
    def active(self) -> bool:
        """Whether the unit still has to do with the order."""
        return self.status in ACTIVE


class Approval(Value):
    """A decision that is asked for. `index` is the open stage of `stages` (desk, role)."""

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
    """The person whose request it goes back to, who may not decide it; empty where nobody is known to have asked."""
    decided_by: tuple[tuple[str, str], ...] = ()
    """Desk and person of each stage that is answered: at one desk, each stage is another's."""
    status: Literal["open", "approved", "rejected", "lapsed", "void"] = "open"

    @property
    def desk(self) -> str:
        """The desk of the stage that is open or was last open."""
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
    """Where a citizen stands on the callback ladder: what they were asked by last, and whether an answer may come."""

    index: int = -1
    by: str = ""
    attempt: int = 0
    waiting: bool = False
    notice: str | None = None
    put_off: int = 0
    """How often on this rung they could not be asked, for no fault of their number."""


class Issued(Value):
    """A notice that went out; what is needed to send it on to the next contact."""

    template: Template
    to_role: Role
    unit: str | None
    party: str | None
    due_at: datetime | None
    undelivered: int = 0
