"""Effects: what must be done outside because an event happened; the shell performs each as an activity.

An effect's `key` is unique in the life of its order and is the idempotency key of what it does outside.
"""

from datetime import datetime
from typing import Literal

from domain.events import CallbackDue, Event, NoticeIssued, OrderClosed, SentToCity, TallyAsked
from domain.order import Order
from domain.words import Frozen


class Effect(Frozen):
    """Something to do outside; the fields that its kind does not need stay empty."""

    kind: Literal["notify", "city_platform", "call_back", "tally", "archive"]
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
                )
            ]
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
        case CallbackDue():
            return [
                Effect(
                    kind="call_back",
                    key=f"{order.no}:callback:{event.round}:{party}",
                    order_no=order.no,
                    party=party,
                    round=event.round,
                )
                for party in order.parties
            ]
        case TallyAsked():
            return [Effect(kind="tally", key=key, order_no=order.no, unit=event.unit)]
        case OrderClosed():
            return [Effect(kind="archive", key=f"{order.no}:archive", order_no=order.no)]
        case _:
            return []
