"""Effects: what must be done outside because an event happened; the shell performs each as an activity.

An effect's `key` is unique in the life of its order and is the idempotency key of what it does outside.
"""

from datetime import datetime
from typing import Literal

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
from domain.words import ClockName, Frozen


class Effect(Frozen):
    """Something to do outside; the fields that its kind does not need stay empty."""

    kind: Literal["notify", "call_task", "call_citizen", "city_platform", "call_back", "tally", "archive"]
    key: str
    order_no: str
    unit: str | None = None
    notice: str | None = None
    template: str | None = None
    to_role: str | None = None
    party: str | None = None
    due_at: datetime | None = None
    what: str | None = None
    approval: str | None = None
    round: int = 0
    attempt: int = 0
    """Which try of a call, or how often a notice was not delivered before."""
    not_before: datetime | None = None
    seq: int = 0


def effects(order: Order, event: Event) -> list[Effect]:
    """The effects of an event, given the order after it."""
    key = f"{order.no}:{event.seq}"
    match event:
        case NoticeIssued():
            return [
                Effect(
                    kind="notify",
                    key=f"{order.no}:{event.notice}",
                    order_no=order.no,
                    unit=event.unit,
                    notice=event.notice,
                    template=event.template,
                    to_role=event.to_role,
                    party=event.party,
                    due_at=event.due_at,
                    not_before=event.not_before,
                )
            ]
        case NoticeUndelivered():
            return [_of_notice(order, "notify", event.notice, f"again:{event.attempt}", attempt=event.attempt)]
        case NoticeFailed(call_task=True):
            return [_of_notice(order, "call_task", event.notice, f"call_task:{event.seq}")]
        case SentToCity():
            return [
                Effect(
                    kind="city_platform",
                    key=key,
                    order_no=order.no,
                    unit=event.unit,
                    what=event.what,
                    approval=event.approval,
                    seq=event.seq,
                )
            ]
        case CallbackAsked(by="call" | "staff"):
            kind = "call_citizen" if event.by == "call" else "call_back"
            return [
                Effect(
                    kind=kind,
                    key=f"{key}:{kind}",
                    order_no=order.no,
                    party=event.party,
                    round=event.round,
                    attempt=event.attempt,
                    due_at=event.not_before,
                )
            ]
        case TallyAsked():
            return [Effect(kind="tally", key=key, order_no=order.no, unit=event.unit)]
        case OrderClosed() if _acknowledgement(order) != "running":
            return [_archive(order)]
        case TransferAcknowledged() if _acknowledgement(order) == "met":
            return [_archive(order)]
        case MilestoneMissed(clock=ClockName.ACKNOWLEDGEMENT):
            return [_archive(order)]
        case _:
            return []


def _archive(order: Order) -> Effect:
    return Effect(kind="archive", key=f"{order.no}:archive", order_no=order.no)


def _acknowledgement(order: Order) -> str:
    """How the clock of an emergency line's confirmation stands; empty without one."""
    clock = order.clocks.get(ClockName.ACKNOWLEDGEMENT.value)
    return clock.status if clock else ""


def _of_notice(order: Order, kind: Literal["notify", "call_task"], notice: str, what: str, attempt: int = 0) -> Effect:
    """Something more to do about a notice that went out before."""
    issued = order.issued[notice]
    return Effect(
        kind=kind,
        key=f"{order.no}:{notice}:{what}",
        order_no=order.no,
        unit=issued.unit,
        notice=notice,
        template=issued.template,
        to_role=issued.to_role,
        party=issued.party,
        due_at=issued.due_at,
        attempt=attempt,
    )
