"""The read model of an order: the data of lists, queues and screens, derived from its state."""

from datetime import datetime
from typing import Any

from pydantic import AwareDatetime

from domain.words import ApprovalKind, Category, ClockName, Frozen, Light, Outcome, Role, Stage


class Waiting(Frozen):
    """Someone whom the order waits for; `what` is the command or approval they owe."""

    role: Role
    unit: str | None = None
    what: str


class ApprovalView(Frozen):
    """An approval as its deciders see it; `by_roles` may answer the open stage."""

    id: str
    kind: ApprovalKind
    stage: str
    by_roles: tuple[Role, ...]
    unit: str | None
    status: str
    opened_at: datetime
    due_at: datetime | None


class DeadlineView(Frozen):
    """A promise with the account of how it was reckoned (`basis`, see `domain.due.Basis`)."""

    clock: ClockName
    unit: str | None
    started_at: datetime
    due_at: datetime | None
    status: str
    provisional: bool
    basis: dict[str, Any]


class OrderView(Frozen):
    """One row of the read model. `seq` is the last event it contains."""

    no: str
    seq: int
    regime: str
    policy_hash: str
    category: Category
    grade: str
    marks: tuple[str, ...]
    source: str
    stage: Stage
    units: tuple[str, ...]
    light: Light
    next_due: datetime | None
    provisional: bool
    overdue: bool
    priority: int
    waiting: tuple[Waiting, ...]
    outcome: Outcome | None
    facts: dict[str, Any]
    unheard: tuple[str, ...] = ()
    """The citizens, by order number, who have not answered the callback yet."""
    approvals: tuple[ApprovalView, ...]
    deadlines: tuple[DeadlineView, ...]


class RecordBatch(Frozen):
    """Events to put on the audit trail together with the read model after them.

    Each event is a JSON object `{seq, at, event, actor, ...}` (docs/glossary.md), `seq` rising from 1 without gaps in
    one order. `step_at` is the start of the workflow's step: of two events with one `seq` the one of the later step
    is valid. With None it may not contradict a recorded event.
    """

    order_no: str
    events: tuple[dict[str, Any], ...]
    view: OrderView
    step_at: AwareDatetime | None = None
