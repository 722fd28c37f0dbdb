"""The queues of callback staff: citizens to call, with no more personal data than needed."""

from typing import Any

import pytest

from adapters.database.telephone.messages import Messages
from domain.citizen.outbound_records import NewMessage
from tests.api.callers import new_key, problem
from tests.telephone.exchange import Exchange

STAFF = ("callback_staff", "hotline_director", "supervisor")
LISTS = ("/callbacks", "/call-tasks", "/inbound-messages")


def masked(phone: str) -> str:
    return f"{phone[3:6]}****{phone[-4:]}"


async def owed(exchange: Exchange, **demand: Any) -> tuple[str, str]:
    """An order whose citizen a person must call; returns its number and the citizen's."""
    phone = exchange.phone()
    no = exchange.surveyed(phone)
    await exchange.services.callbacks.open(no, 0, no, realm="", regime="gaotai", attempt=2)
    return no, phone


def rows(exchange: Exchange, path: str, username: str, no: str, **query: Any) -> list[dict[str, Any]]:
    """The entries of a list about an order, read page by page."""
    found, cursor = [], None
    while True:
        page = exchange.caller(username).get(path, limit=2, **({"cursor": cursor} if cursor else {}), **query)
        body = page.raise_for_status().json()
        found += [row for row in body["items"] if row["order"] == no]
        cursor = body["next"]
        if cursor is None:
            return found


def tasks(exchange: Exchange, username: str, no: str, **query: Any) -> dict[str, dict[str, Any]]:
    """The tasks about an order by key."""
    return {row["key"]: row for row in rows(exchange, "/call-tasks", username, no, **query)}


async def test_calls_that_are_owed_are_listed_until_the_citizen_was_heard(exchange: Exchange) -> None:
    (no, phone), *_ = [await owed(exchange) for _ in range(3)]
    (row,) = rows(exchange, "/callbacks", "callback_staff", no)
    assert (row["party"], row["round"], row["attempts"], row["phone"]) == (no, 0, 2, masked(phone))
    assert rows(exchange, "/callbacks", "callback_staff", no, reveal=True)[0]["phone"] == phone
    exchange.happens(no, "personal_data_read", person="callback_staff", fields=["phone"], occasion="callback")
    problem(exchange.caller("supervisor").get("/callbacks", reveal=True), 403, "not_permitted")
    exchange.do("callback_staff", no, "record_callback", result="satisfied", party=row["party"], round=row["round"])
    assert rows(exchange, "/callbacks", "callback_staff", no) == []


async def test_a_task_is_done_once_by_the_first_who_says_so(exchange: Exchange) -> None:
    no, phone = await owed(exchange)
    key = f"{no}:N1:call_task"
    about: dict[str, Any] = {"template": "citizen_update", "to_role": "citizen", "unit": None, "party": no}
    await exchange.services.call_tasks.open(key, no, realm="", regime="gaotai", **about)
    task = tasks(exchange, "supervisor", no)[key]
    assert (task["party"], task["phone"]) == (no, masked(phone))
    assert tasks(exchange, "hotline_director", no, reveal=True)[key]["phone"] == phone
    problem(exchange.caller("agent").post(f"/call-tasks/{key}/done"), 403, "not_permitted")
    idempotency = {"Idempotency_Key": new_key()}
    for username in ("callback_staff", "callback_staff", "supervisor"):
        body = {"note": "已电话告知，诉求人知悉"}
        done = exchange.caller(username).post(f"/call-tasks/{key}/done", body, **idempotency)
        assert (done.status_code, done.json()["done_by"]) == (200, "callback_staff"), done.text
    assert key not in tasks(exchange, "supervisor", no)
    problem(exchange.caller("supervisor").post("/call-tasks/none/done"), 404, "not_found")
    problem(exchange.caller("supervisor").post(f"/call-tasks/{key}/done", {"remark": ""}), 422, "invalid")


@pytest.mark.parametrize("path", LISTS)
def test_the_lists_are_for_those_who_telephone(exchange: Exchange, path: str) -> None:
    for username in STAFF:
        assert exchange.caller(username).get(path).status_code == 200
    for username in ("agent", "clerk-housing", "reviewer", "admin"):
        problem(exchange.caller(username).get(path), 403, "not_permitted")
    problem(exchange.caller("").get(path), 401, "not_authenticated")
    problem(exchange.caller("supervisor").get(path, cursor="bm8"), 422, "invalid")


def test_texts_that_came_in_are_found_by_what_became_of_them(exchange: Exchange) -> None:
    phone = exchange.phone()
    no = exchange.surveyed(phone)
    for body in ("什么意思", "2 没修好"):
        exchange.text(phone, body)
    (unread,) = rows(exchange, "/inbound-messages", "callback_staff", no, state="unreadable")
    assert (unread["body"], unread["phone"], unread["party"]) == ("什么意思", masked(phone), no)
    assert [row["state"] for row in rows(exchange, "/inbound-messages", "supervisor", no)] == ["unreadable", "answered"]
    problem(exchange.caller("supervisor").get("/inbound-messages", state="lost"), 422, "invalid")


async def test_a_unit_sees_that_a_citizen_wrote_and_not_what(exchange: Exchange) -> None:
    no, phone = await owed(exchange)
    exchange.text(phone, "2 承办人态度差")
    theirs, ours = (exchange.conversation(no, username) for username in ("clerk-housing", "callback_staff"))
    assert [row["body"] for row in theirs["received"]] == [None]
    assert [row["body"] for row in ours["received"]] == ["2 承办人态度差"]
    assert phone not in str(ours) and phone not in str(theirs)
    survey = next(row for row in ours["sent"] if row["template"] == "survey")
    assert (survey["to_role"], survey["phone"], survey["segments"]) == ("citizen", masked(phone), 2)
    problem(exchange.caller("clerk-water").get(f"/work-orders/{no}/messages"), 404, "unknown_order")


async def test_a_confidential_order_stands_in_the_lists_of_named_people_only(exchange: Exchange) -> None:
    phone = exchange.phone()
    no = exchange.open(phone, confidential=True, viewers=["supervisor"])
    about: dict[str, Any] = {"template": "citizen_update", "to_role": "citizen", "unit": None, "party": no}
    await exchange.services.call_tasks.open(f"{no}:N1:call_task", no, realm="", regime="gaotai", **about)
    survey = NewMessage(no, "N9", 1, "survey", "citizen", None, no, phone, "请评价")
    messages: Messages = exchange.services.messages
    await messages.claim(survey)
    await messages.attempting(survey.key)
    await messages.sent(survey.key, f"SM{no}")
    exchange.text(phone, "你好")
    for path in ("/call-tasks", "/inbound-messages"):
        assert len(rows(exchange, path, "supervisor", no)) == 1
        assert len(rows(exchange, path, "hotline_director", no)) == 1
        assert rows(exchange, path, "callback_staff", no) == []
    problem(exchange.caller("callback_staff").get(f"/work-orders/{no}/messages"), 404, "unknown_order")
    problem(exchange.caller("callback_staff").post(f"/call-tasks/{no}:N1:call_task/done"), 404, "not_found")
