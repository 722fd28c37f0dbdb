"""Orders in several stages for fuzzing, and a digest of all stored data of some of them."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import psycopg

from tests.api.callers import Caller, eventually

SignIn = Callable[[str], Caller]

DISPATCHED = [{"unit": "housing"}]
OF_AN_ORDER = {
    "work_orders": "no",
    "order_views": "no",
    "order_viewers": "order_no",
    "approvals": "order_no",
    "documents": "order_no",
    "attachments": "order_no",
    "messages": "order_no",
    "audit_trail": "order_no",
}
"""The tables with data of an order, and the column with its number."""


def in_stages(caller: SignIn) -> list[str]:
    """The numbers of four orders: one at intake, one dispatched, one signed and one answered."""
    numbers = [caller("agent").open(grade="days_3") for _ in range(4)]
    steps: list[tuple[str, str, dict[str, Any]]] = [
        ("dispatcher", "dispatch", {"units": DISPATCHED}),
        ("clerk-housing", "sign", {}),
        ("clerk-housing", "submit_reply", {"sections": {"handling": "现场核查并完成维修", "result": "供暖已恢复正常"}}),
    ]
    for place, no in enumerate(numbers):
        for who, do, body in steps[:place]:
            answer = caller(who).do(no, do, **body)
            assert answer.status_code == 200, answer.text
        eventually(partial(stage, caller, no))
    for no in numbers[1:]:
        eventually(partial(told, caller, no))
    return numbers


def stage(caller: SignIn, no: str) -> str | None:
    """The stage of an order, once it can be read."""
    found: str | None = caller("admin").get(f"/work-orders/{no}").json().get("stage")
    return found


def told(caller: SignIn, no: str) -> bool | None:
    """Whether the notices of an order's dispatch have reached their last state without a provider.

    The unit has no contact with a number, which is recorded; the text to the citizen has been tried once, and retries
    only look it up.
    """
    rows = caller("admin").get(f"/work-orders/{no}/timeline").json()
    sent = caller("admin").get(f"/work-orders/{no}/messages").json()["sent"]
    return (any(row["event"] == "notice_failed" for row in rows) and any(row["sent_at"] for row in sent)) or None


def digest(url: str, numbers: Sequence[str]) -> dict[str, str]:
    """The data of these orders, and the count of all orders; recorded refusals are left out."""
    found = {}
    with psycopg.connect(url, autocommit=True) as connection:
        for table, column in OF_AN_ORDER.items():
            noted = "AND event <> 'refused'" if table == "audit_trail" else ""
            # A refusal is a link of the chain, so later rows have another position.
            row = connection.execute(
                f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t"  # noqa: S608
                f" WHERE {column} = ANY(%s) {noted}",
                [list(numbers)],
            ).fetchone()
            found[table] = str(row[0] if row else None)
        row = connection.execute("SELECT count(*) FROM work_orders").fetchone()
        found["all orders"] = str(row[0] if row else None)
    return found
