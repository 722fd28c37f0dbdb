"""Builders of orders, events and views for database tests."""

from datetime import datetime, timedelta
from typing import Any

from domain.order.read_model import ApprovalView, OrderView, RecordBatch
from domain.order.records import NewOrder, StoredCitizen
from domain.words import ApprovalKind, Category, Light, Role, Stage

NINE = datetime.fromisoformat("2026-11-23T09:00:00+08:00")
CANARY = "金丝雀Canary"


def new_order(no: str, **fields: Any) -> NewOrder:
    """An order of huojia with a citizen."""
    citizen = StoredCitizen(name=f"{CANARY}某", phone="+86 138-0013-8000", address=f"{CANARY}街1号")
    defaults: dict[str, Any] = {
        "regime": "huojia",
        "policy_hash": "abc",
        "source": "phone",
        "category": "complaint",
        "grade": "normal",
        "title": f"{CANARY}标题",
        "content": f"{CANARY}内容",
        "citizen": citizen,
    }
    return NewOrder(no=no, **(defaults | fields))


def event(seq: int, name: str = "order_signed", **data: Any) -> dict[str, Any]:
    """The event that the workflow emits `seq` minutes after nine."""
    at = (NINE + timedelta(minutes=seq)).isoformat()
    return {"seq": seq, "at": at, "event": name, "actor": "unit_clerk", "unit": "housing", **data}


def approval(id_: str, status: str = "open", *, unit: str | None = None) -> ApprovalView:
    """An approval that the reviewer decides."""
    return ApprovalView(
        id=id_,
        kind=ApprovalKind.REVIEW,
        stage="hotline",
        by_roles=(Role.REVIEWER, Role.HOTLINE_DIRECTOR),
        unit=unit,
        status=status,
        opened_at=NINE,
        due_at=None,
    )


def view(no: str, seq: int, **fields: Any) -> OrderView:
    """The view of an order after event `seq`."""
    defaults: dict[str, Any] = {
        "regime": "huojia",
        "policy_hash": "abc",
        "category": Category.COMPLAINT,
        "grade": "normal",
        "marks": (),
        "source": "phone",
        "stage": Stage.HANDLING,
        "units": ("housing",),
        "light": Light.GREEN,
        "next_due": NINE + timedelta(days=3),
        "provisional": False,
        "overdue": False,
        "priority": 0,
        "waiting": (),
        "outcome": None,
        "facts": {},
        "approvals": (),
        "deadlines": (),
    }
    return OrderView(no=no, seq=seq, **(defaults | fields))


def batch(no: str, first: int, last: int, **fields: Any) -> RecordBatch:
    """Events `first` to `last` and the view after them."""
    events = tuple(event(seq) for seq in range(first, last + 1))
    return RecordBatch(order_no=no, events=events, view=view(no, last, **fields))
