"""Delivery reports: an undelivered text goes to the next contact, and in the end to the queue of call tasks."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from itertools import cycle
from typing import Any

import psycopg
import pytest

from application.jobs.telephone_catch_up import catch_up_telephone
from domain.units import StoredContact
from tests.api.callers import eventually
from tests.telephone.exchange import Exchange

Faults = Callable[..., None]
NOW = timedelta(0)
CLERK, HEAD, DEPUTY = ROUTE = ("unit_clerk", "unit_section_head", "unit_deputy_leader")
_units = cycle(("water", "market", "police", "town_nanhua", "town_luotuocheng"))


@pytest.fixture
async def unit(exchange: Exchange) -> tuple[str, dict[str, str]]:
    """A new unit, and the telephone numbers of its contacts, in the order of routing."""
    unit = next(_units)
    phones = {role: exchange.phone() for role in ROUTE}
    cards = [StoredContact(regime="gaotai", unit=unit, role=role, name=role, phone=phones[role]) for role in ROUTE]
    await exchange.services.catalogue.put_contacts(cards)
    return unit, phones


def dispatched(exchange: Exchange, unit: str) -> str:
    no = exchange.open(exchange.phone())
    exchange.do("dispatcher", no, "dispatch", units=[{"unit": unit}])
    return no


def sent(exchange: Exchange, no: str) -> list[dict[str, Any]]:
    """The texts to the unit, in the order of contacts."""
    rows = exchange.conversation(no)["sent"]
    return sorted((row for row in rows if row["template"] == "dispatch"), key=lambda row: row["rank"])


def settled(exchange: Exchange, no: str) -> list[dict[str, Any]] | None:
    rows = sent(exchange, no)
    return rows if rows and all(row["settled_at"] for row in rows) else None


def tasks(exchange: Exchange, no: str) -> list[dict[str, Any]]:
    page = exchange.caller("supervisor").get("/call-tasks", limit=200).json()
    return [each for each in page["items"] if each["order"] == no]


def provider_ids(exchange: Exchange, no: str) -> list[str]:
    """The provider's ids of the texts to the unit, in the order of contacts."""
    with psycopg.connect(exchange.services.settings.database_url) as connection:
        found = "SELECT provider_sid FROM messages WHERE order_no = %s AND template = 'dispatch' ORDER BY rank"
        return [row[0] for row in connection.execute(found, (no,))]


def test_what_arrives_is_settled(exchange: Exchange, unit: tuple[str, dict[str, str]]) -> None:
    name, phones = unit
    no = dispatched(exchange, name)
    (text,) = eventually(lambda: settled(exchange, no))
    assert (text["to_role"], text["status"], text["segments"]) == (CLERK, "delivered", 1)
    assert no in exchange.inbox(phones[CLERK])[0] and text["phone"] not in phones.values()


async def test_who_told_the_provider_that_they_want_no_texts_is_remembered_from_its_report(
    exchange: Exchange, faults: Faults, unit: tuple[str, dict[str, str]]
) -> None:
    name, phones = unit
    faults({"kind": "undelivered", "to": phones[CLERK], "code": 21610})
    no = dispatched(exchange, name)
    assert exchange.happens(no, "notice_undelivered")["reason"] == "opted_out"
    assert await exchange.services.opt_outs.holds(phones[CLERK])


def test_the_next_contact_gets_what_did_not_arrive_and_at_last_a_person_telephones(
    exchange: Exchange, faults: Faults, unit: tuple[str, dict[str, str]]
) -> None:
    name, phones = unit
    faults(*({"kind": "undelivered", "to": phone} for phone in phones.values()))
    no = dispatched(exchange, name)
    task = eventually(lambda: tasks(exchange, no) or None)[0]
    assert (task["template"], task["to_role"], task["unit"]) == ("dispatch", CLERK, name)
    assert [row["attempt"] for row in exchange.events(no, "notice_undelivered")] == [1, 2, 3]
    assert {row["reason"] for row in exchange.events(no, "notice_undelivered")} == {"twilio_30003"}
    texts = eventually(lambda: settled(exchange, no))
    assert [(text["rank"], text["status"]) for text in texts] == [
        (1, "undelivered"),
        (2, "undelivered"),
        (3, "undelivered"),
    ]
    for phone in phones.values():
        assert len(exchange.telephone(phone)["messages"]) == 1


def test_reports_that_come_twice_late_or_of_unknown_texts_do_no_harm(
    exchange: Exchange, faults: Faults, unit: tuple[str, dict[str, str]]
) -> None:
    name, phones = unit
    faults({"kind": "undelivered", "to": phones[CLERK]})
    no = dispatched(exchange, name)
    eventually(lambda: len(settled(exchange, no) or []) == 2 or None)
    first, second = provider_ids(exchange, no)
    for sid, status in (
        (first, "undelivered"),
        (first, "sent"),
        (first, "delivered"),
        (second, "undelivered"),
        ("SMx", "failed"),
    ):
        report = {"MessageSid": sid, "MessageStatus": status, "ErrorCode": "30003"}
        assert exchange.post("/sms/status", report).status_code == 204
    assert [text["status"] for text in sent(exchange, no)] == ["undelivered", "delivered"]
    assert len(exchange.events(no, "notice_undelivered")) == 1
    unsigned = exchange.post("/sms/status", {"MessageSid": second, "MessageStatus": "failed"}, signature="x")
    assert unsigned.status_code == 403


async def test_the_sweep_asks_for_what_no_report_told(
    exchange: Exchange, faults: Faults, unit: tuple[str, dict[str, str]]
) -> None:
    name, phones = unit
    lost = {"kind": "drop", "on": "webhooks", "to": phones[CLERK]}
    gone = {"kind": "undelivered", "to": phones[CLERK]}
    faults(lost, gone, {"kind": "500", "on": "lookups"})
    no = dispatched(exchange, name)
    eventually(lambda: exchange.telephone(phones[CLERK])["messages"] or None)
    exchange.happens(no, "notice_sent")
    await catch_up_telephone(exchange.services, NOW)
    assert not exchange.events(no, "notice_undelivered"), "the provider did not answer"
    faults(lost, gone)

    eventually(lambda: exchange.telephone(phones[CLERK])["messages"][0]["status"] == "undelivered" or None)
    await asyncio.gather(*(catch_up_telephone(exchange.services, NOW) for _ in range(3)))  # as several processes would
    exchange.happens(no, "notice_undelivered", attempt=1)
    eventually(lambda: len(settled(exchange, no) or []) == 2 or None)
    assert len(exchange.inbox(phones[HEAD])) == 1
    assert len(exchange.events(no, "notice_undelivered")) == 1


async def test_of_an_order_that_has_ended_a_person_is_told_at_once(
    exchange: Exchange, faults: Faults, unit: tuple[str, dict[str, str]]
) -> None:
    name, phones = unit
    faults({"kind": "drop", "on": "webhooks"})
    no = dispatched(exchange, name)
    exchange.happens(no, "notice_sent")
    exchange.do("agent", no, "withdraw", reason="诉求人撤回")
    exchange.happens(no, "order_archived")
    (sid,) = eventually(lambda: provider_ids(exchange, no) if all(provider_ids(exchange, no)) else None)
    for _ in range(2):
        report = {"MessageSid": sid, "MessageStatus": "failed", "ErrorCode": "30008"}
        assert exchange.post("/sms/status", report).status_code == 204
    (task,) = tasks(exchange, no)
    assert (task["to_role"], task["unit"], task["template"]) == (CLERK, name, "dispatch")
    assert settled(exchange, no) and exchange.inbox(phones[HEAD]) == []
    with psycopg.connect(exchange.services.settings.database_url, autocommit=True) as connection:
        connection.execute(
            "UPDATE messages SET status = 'sent', settled_at = NULL, attempted_at = now() - interval '25 h',"
            " created_at = now() - interval '25 h', updated_at = now() - interval '9 h' WHERE provider_sid = %s",
            (sid,),
        )
    await catch_up_telephone(exchange.services, NOW)
    assert [text["status"] for text in settled(exchange, no) or ()] == ["sent"], "nobody asks for ever"
