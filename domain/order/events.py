"""Events of an order (docs/glossary.md): one class an event, its public name derived from the class name.

`seq` rises from 1 without gaps, `at` is the order's own clock, `actor` the role that caused it. A new field
needs a default, so that old trails decode.
"""

import re
from datetime import UTC, datetime
from typing import Any, ClassVar

from domain.calendar.business_calendar import CalendarDays
from domain.policy.rule_book import Regime
from domain.text import Text
from domain.words import (
    ApprovalKind,
    Category,
    ClockName,
    DispatchMode,
    Frozen,
    Light,
    Outcome,
    Part,
    Role,
    SupervisionLevel,
    Template,
)

EVENTS: dict[str, "type[Event]"] = {}
"""Every event class by its public name."""

_UNSTAMPED = datetime.fromtimestamp(0, UTC)


class Event(Frozen):
    """A fact. The core stamps `seq`, `at`, `actor` and `person` when it emits one."""

    event: ClassVar[str] = ""

    seq: int = 0
    at: datetime = _UNSTAMPED
    actor: Role = Role.SYSTEM
    person: str = ""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls.event = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        EVENTS[cls.event] = cls


def to_json(event: Event) -> dict[str, Any]:
    """The event as a JSON object, its name first; without empty fields."""
    body = event.model_dump(mode="json", exclude_none=True)
    head = {"seq": body.pop("seq"), "at": body.pop("at"), "event": event.event, "actor": body.pop("actor")}
    if not body["person"]:
        del body["person"]
    return head | body


def from_json(data: dict[str, Any]) -> Event:
    """The event of a JSON object made by `to_json`. Raises KeyError for an unknown name."""
    body = dict(data)
    return EVENTS[body.pop("event")].model_validate(body)


# Intake and dispatch


class OrderOpened(Event):
    regime: str
    policy_hash: str
    category: Category
    grade: str
    source: str
    marks: tuple[str, ...] = ()


class AnsweredAtIntake(Event):
    text: Text | None = None


class TransferredOut(Event):
    line: str
    reason: Text | None = None


class TransferAcknowledged(Event):
    line: str
    reference: str | None = None
    """The case number at the emergency line."""


class OrderMerged(Event):
    into: str


class OrderJoined(Event):
    order: str


class Dispatched(Frozen):
    """A unit of `order_dispatched`."""

    unit: str
    part: Part


class OrderDispatched(Event):
    units: tuple[Dispatched, ...]
    mode: DispatchMode
    precedent: str | None = None


# Deadlines and notices


class DeadlineSet(Event):
    clock: ClockName
    unit: str | None = None
    due_at: datetime
    provisional: bool = False
    basis: dict[str, Any]
    key: str
    started_at: datetime
    limit: str | None = None
    fixed_at: datetime | None = None
    """A limit set as a moment, before any pause has moved it."""
    clause: str | None = None
    warn_before: str | None = None
    subject: str | None = None
    """The id of the approval or supervision that the clock is about."""
    every: str | None = None
    ahead: str | None = None
    """The distance to the limit, for a moment measured back from it (HJ-12, DL-07)."""
    held: bool = False
    """The clock is held, because a reply is under review."""


class LightChanged(Event):
    unit: str
    light: Light


class HandlingOverdue(Event):
    unit: str
    clock: ClockName | None = None
    due_at: datetime | None = None
    reason: str


class MilestoneMissed(Event):
    clock: ClockName
    unit: str | None = None
    due_at: datetime
    key: str


class NoticeIssued(Event):
    template: Template
    to_role: Role
    unit: str | None = None
    notice: str
    party: str | None = None
    due_at: datetime | None = None
    clause: str | None = None
    not_before: datetime | None = None
    """The end of the quiet hours, if the notice was issued within them."""


class NoticeSent(Event):
    notice: str


class NoticeFailed(Event):
    notice: str
    reason: str
    call_task: bool = False
    """The staff are to telephone instead."""


class NoticeUndelivered(Event):
    """The provider accepted the notice but could not deliver it: the next contact gets it."""

    notice: str
    reason: str
    attempt: int


# The unit's work


class OrderSigned(Event):
    unit: str
    late: bool = False


class SignOffMissed(Event):
    unit: str | None = None
    due_at: datetime


class ArrivedOnSite(Event):
    unit: str


class ProgressReported(Event):
    unit: str
    stage: str
    text: Text | None = None
    plan: Text | None = None
    expected_at: datetime | None = None


class VisitRecorded(Event):
    unit: str
    purpose: str
    text: Text | None = None


class UnclosedListed(Event):
    unit: str
    expected_at: datetime
    text: Text
    plan: Text


class ReplySubmitted(Event):
    unit: str
    part: Part
    sections: dict[str, Text]
    resolution: str | None = None
    facts_hold: bool | None = None
    citizen_satisfied: bool | None = None
    signed_by: tuple[Role, ...] = ()
    attachments: tuple[str, ...] = ()
    final: bool = False
    round: int = 0


class ReplySentBack(Event):
    unit: str
    by_role: Role
    desk: str


class ReplyAccepted(Event):
    unit: str


class SentToCity(Event):
    what: str
    unit: str | None = None
    approval: str | None = None


# Approvals


class ApprovalOpened(Event):
    approval: str
    kind: ApprovalKind
    stage: str
    by_role: Role
    unit: str | None = None
    stages: tuple[tuple[str, Role], ...]
    """All stages of this approval as (desk, role); `index` is the one now open."""
    index: int = 0
    until: datetime | None = None
    proposed_unit: str | None = None
    ground: str | None = None
    reason: Text | None = None
    basis: Text | None = None
    plan: Text | None = None
    signed_by: tuple[Role, ...] = ()
    attachments: tuple[str, ...] = ()
    review_every: str | None = None
    asked_by: str | None = None
    """The person who made the request, also at later stages."""


class ApprovalDecided(Event):
    approval: str
    kind: ApprovalKind
    stage: str
    decision: str
    by_role: Role
    unit: str | None = None
    until: datetime | None = None
    proposed_unit: str | None = None
    comment: Text | None = None


class ApprovalLapsed(Event):
    approval: str
    kind: ApprovalKind
    stage: str
    unit: str | None = None
    due_at: datetime


class SignalIgnored(Event):
    signal: str = "decide"
    approval: str
    decision: str
    reason: str
    explanation: str


class ReturnGranted(Event):
    unit: str
    to_unit: str | None = None


class ReturnRefused(Event):
    unit: str


class ReturnBarred(Event):
    unit: str
    clause: str | None = None


class ExtensionGranted(Event):
    """A new limit for the requesting unit and for `with_units`, whose own limits were earlier."""

    unit: str
    until: datetime
    with_units: tuple[str, ...] = ()


class ExtensionRefused(Event):
    unit: str


class Suspended(Event):
    unit: str
    review_every: str
    plan: Text | None = None


class SuspensionReviewDue(Event):
    unit: str | None = None
    due_at: datetime


class StruckOff(Event):
    unit: str


class AppealGranted(Event):
    unit: str
    ground: str | None = None


class AppealRefused(Event):
    unit: str


class PanelOpened(Event):
    approval: str


class PanelDecided(Event):
    approval: str
    finding: str


# Callback and closing


class CallbackDue(Event):
    round: int


class CallbackAsked(Event):
    """A citizen is asked, or staff have to ask; `attempt` counts from 1 on each step of the ladder."""

    party: str
    by: str
    step: int
    attempt: int
    round: int
    notice: str | None = None
    not_before: datetime | None = None


class CallbackUnanswered(Event):
    """The citizen did not answer or could not be asked. If not `counted`, the same attempt is made again."""

    party: str
    by: str
    attempt: int
    reason: str
    counted: bool = True


class CallbackRecorded(Event):
    party: str
    result: str
    attempt: int
    via: str = "staff"
    intake_rating: int | None = None
    handling_rating: int | None = None
    comment: Text | None = None


class ReworkOpened(Event):
    unit: str
    round: int


class OrderTerminated(Event):
    ground: str | None = None


class OrderWithdrawn(Event):
    reason: Text | None = None


class OrderClosed(Event):
    outcome: Outcome


class OrderArchived(Event):
    bundle: str
    sha256: str


# Supervision and accountability


class OrderUrged(Event):
    unit: str
    count: int
    comment: Text | None = None


class SupervisionOpened(Event):
    level: SupervisionLevel
    unit: str
    reason: str
    supervision: str
    text: Text | None = None
    clause: str | None = None


class SupervisionAnswered(Event):
    unit: str
    supervisions: tuple[str, ...]
    text: Text | None = None


class Escalated(Event):
    to_role: Role
    unit: str | None = None
    reason: str
    clause: str | None = None


class AccountabilityRecorded(Event):
    unit: str | None = None
    kind: str
    reason: str
    handler: str = ""
    clause: str | None = None


class TallyAsked(Event):
    unit: str


class PolicyAdopted(Event):
    policy_hash: str
    policy: Regime


class CalendarAdopted(Event):
    calendar: CalendarDays
