"""Effects: activities that the workflow starts because an event happened, one class a kind.

An effect's `key` is unique in the life of its order and is the idempotency key of its activity. A new field needs a
default, so that the effects of open orders decode.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from domain.order.events import (
    CallbackAsked,
    Event,
    MilestoneMissed,
    NoticeFailed,
    NoticeIssued,
    NoticeUndelivered,
    OrderClosed,
    SentToCity,
    TallyAsked,
    TransferAcknowledged,
)
from domain.order.order import Order
from domain.words import ClockName, Frozen, Role, Template


class _OrderEffect(Frozen):
    """Fields of every effect."""

    key: str
    order_no: str

    @model_validator(mode="before")
    @classmethod
    def _without_fields_of_other_kinds(cls, data: Any) -> Any:
        """Drop empty fields that the kind does not have: recorded effects have the fields of every kind."""
        if not isinstance(data, dict):
            return data
        return {name: value for name, value in data.items() if name in cls.model_fields or value not in (None, 0)}


class _NoticeEffect(_OrderEffect):
    """Fields of the effects of a notice. `party` is set for a citizen, `unit` for people of a unit."""

    notice: str
    template: Template
    to_role: Role
    unit: str | None = None
    party: str | None = None
    due_at: datetime | None = None

    @property
    def known_by(self) -> str:
        """The order number that the recipient knows: a citizen's is the one under which they called."""
        return self.party or self.order_no


class NotifyEffect(_NoticeEffect):
    """Send a notice. `attempt` counts how often it was not delivered before."""

    kind: Literal["notify"] = "notify"
    attempt: int = 0
    not_before: datetime | None = None


class CallTaskEffect(_NoticeEffect):
    """Put a notice that no contact received into the staff's telephone queue."""

    kind: Literal["call_task"] = "call_task"


class _CallEffect(_OrderEffect):
    """Fields of a call to a citizen, `party` by order number; `attempt` counts from 1 on each rung."""

    party: str
    round: int
    attempt: int


class CallCitizenEffect(_CallEffect):
    """Place an automatic call to a citizen."""

    kind: Literal["call_citizen"] = "call_citizen"


class CallBackEffect(_CallEffect):
    """Put a citizen into the queue of the callback staff; `due_at` is the earliest moment of a further try."""

    kind: Literal["call_back"] = "call_back"
    due_at: datetime | None = None


class CityPlatformEffect(_OrderEffect):
    """Post event `seq` to the city platform."""

    kind: Literal["city_platform"] = "city_platform"
    what: str
    seq: int
    unit: str | None = None
    approval: str | None = None


class TallyEffect(_OrderEffect):
    """Count the overdue orders of a unit."""

    kind: Literal["tally"] = "tally"
    unit: str


class ArchiveEffect(_OrderEffect):
    """Write the order's bundle into the archive."""

    kind: Literal["archive"] = "archive"


Effect = Annotated[
    NotifyEffect
    | CallTaskEffect
    | CallCitizenEffect
    | CallBackEffect
    | CityPlatformEffect
    | TallyEffect
    | ArchiveEffect,
    Field(discriminator="kind"),
]


def effects(order: Order, event: Event) -> list[Effect]:
    """The effects of an event, given the order after it."""
    match event:
        case NoticeIssued():
            return [NotifyEffect(**_about_notice(order, event.notice), not_before=event.not_before)]
        case NoticeUndelivered():
            about = _about_notice(order, event.notice, f":again:{event.attempt}")
            return [NotifyEffect(**about, attempt=event.attempt)]
        case NoticeFailed(call_task=True):
            return [CallTaskEffect(**_about_notice(order, event.notice, f":call_task:{event.seq}"))]
        case CallbackAsked(by="call" | "staff"):
            return [_call(order, event)]
        case SentToCity():
            return [
                CityPlatformEffect(
                    key=f"{order.no}:{event.seq}",
                    order_no=order.no,
                    what=event.what,
                    seq=event.seq,
                    unit=event.unit,
                    approval=event.approval,
                )
            ]
        case TallyAsked():
            return [TallyEffect(key=f"{order.no}:{event.seq}", order_no=order.no, unit=event.unit)]
        case OrderClosed() if _acknowledgement(order) != "running":
            return [_archive(order)]
        case TransferAcknowledged() if _acknowledgement(order) == "met":
            return [_archive(order)]
        case MilestoneMissed(clock=ClockName.ACKNOWLEDGEMENT):
            return [_archive(order)]
        case _:
            return []


def _about_notice(order: Order, notice: str, suffix: str = "") -> dict[str, Any]:
    """The fields of an effect of an issued notice; `suffix` makes the key of a further one unique."""
    issued = order.issued[notice]
    return {
        "key": f"{order.no}:{notice}{suffix}",
        "order_no": order.no,
        "notice": notice,
        "template": issued.template,
        "to_role": issued.to_role,
        "unit": issued.unit,
        "party": issued.party,
        "due_at": issued.due_at,
    }


def _call(order: Order, event: CallbackAsked) -> CallCitizenEffect | CallBackEffect:
    about = {"order_no": order.no, "party": event.party, "round": event.round, "attempt": event.attempt}
    key = f"{order.no}:{event.seq}"
    if event.by == "call":
        return CallCitizenEffect(key=f"{key}:call_citizen", **about)
    return CallBackEffect(key=f"{key}:call_back", **about, due_at=event.not_before)


def _archive(order: Order) -> ArchiveEffect:
    return ArchiveEffect(key=f"{order.no}:archive", order_no=order.no)


def _acknowledgement(order: Order) -> str:
    """The status of the clock of an emergency line's confirmation; empty without one."""
    clock = order.clocks.get(ClockName.ACKNOWLEDGEMENT.value)
    return clock.status if clock else ""
