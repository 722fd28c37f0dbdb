"""Texts, calls, opt-outs and the queues of callback staff: each takes effect once."""

import asyncio
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from adapters.database.engine import Database
from adapters.database.orders.orders import Orders
from adapters.database.telephone.call_tasks import CallTasks
from adapters.database.telephone.callbacks import Callbacks
from adapters.database.telephone.calls import Calls
from adapters.database.telephone.inbound_messages import InboundMessages, NewInbound
from adapters.database.telephone.messages import Messages
from adapters.database.telephone.opt_outs import OptOuts
from domain.citizen.outbound_records import NewCall, NewMessage
from tests.activities.given import recorded
from tests.adapters.orders_at_hand import new_order

PHONE = "13800138000"
HOUR = timedelta(hours=1)


def message(notice: str = "N1", **changes: Any) -> NewMessage:
    first = NewMessage("A", notice, 1, "survey", "citizen", None, "A", PHONE, "请回复1至5")
    return first._replace(**changes)


async def sent(messages: Messages, new: NewMessage, sid: str) -> None:
    await messages.claim(new)
    await messages.attempting(new.key)
    await messages.sent(new.key, sid)


async def test_a_message_is_claimed_once_and_keeps_its_first_words(database: Database) -> None:
    messages = Messages(database)
    claims = await asyncio.gather(*(messages.claim(message(body=f"文{n}")) for n in range(8)))
    assert len({claim.body for claim in claims}) == 1
    assert (claims[0].status, claims[0].attempts, claims[0].provider_sid, claims[0].segments) == ("claimed", 0, None, 1)
    assert [await messages.attempting("A:N1") for _ in range(2)] == [timedelta(0)] * 2
    await messages.sent("A:N1", "SM1")
    kept = await messages.claim(message(body="新"))
    assert (kept.status, kept.attempts, kept.provider_sid, kept.body) == ("sent", 2, "SM1", claims[0].body)
    assert kept == await messages.get("A:N1")


async def test_reports_come_twice_and_in_any_order_and_the_end_stands(database: Database) -> None:
    messages = Messages(database)
    await sent(messages, message(), "SM1")
    assert await messages.reported("SM9", "delivered") is None
    for status in ("delivered", "sent", "undelivered"):
        report = await messages.reported("SM1", status, "twilio_30003")
        assert report is not None
        assert (report.status, report.error, report.settled_at is None) == ("delivered", None, False)


async def test_a_late_report_sets_no_message_back(database: Database) -> None:
    messages = Messages(database)
    await sent(messages, message(), "SM1")
    for status in ("queued", "accepted", "sending"):
        report = await messages.reported("SM1", status)
        assert report is not None and report.status == "sent"
    for status, then in (("on-its-way", "on-its-way"), ("sent", "on-its-way"), ("undelivered", "undelivered")):
        report = await messages.reported("SM1", status, "twilio_30003")
        assert report is not None and report.status == then
    assert report is not None and report.error == "twilio_30003"


async def test_an_undelivered_message_stays_unsettled_until_its_order_knows(
    database: Database, database_url: str
) -> None:
    messages = Messages(database)
    await sent(messages, message(), "SM1")
    await sent(messages, message("N2"), "SM2")
    await messages.reported("SM1", "undelivered")
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE messages SET updated_at = updated_at - interval '3 minutes'")
    unsettled = {each.key: each.error for each in await messages.unsettled(timedelta(minutes=2))}
    assert unsettled == {"A:N1": "undelivered", "A:N2": None}
    await messages.settle("A:N1")
    await messages.reported("SM2", "delivered")
    assert await messages.unsettled(timedelta(0)) == []


async def test_the_longer_a_message_is_out_the_less_often_it_is_due(database: Database, database_url: str) -> None:
    messages = Messages(database)
    await sent(messages, message(), "SM1")
    with psycopg.connect(database_url, autocommit=True) as connection:
        for age, silence, due in (("8 min", "3 min", 1), ("8 h", "1 h", 0), ("8 h", "3 h", 1)):
            connection.execute(
                "UPDATE messages SET created_at = now() - %s::interval, updated_at = now() - %s::interval",
                (age, silence),
            )
            assert len(await messages.unsettled(timedelta(minutes=2))) == due, (age, silence)


async def test_a_number_gets_its_share_and_the_next_waits_however_many_ask_at_once(database: Database) -> None:
    messages = Messages(database)
    news = [message(f"N{n}") for n in range(12)]
    for new in news:
        await messages.claim(new)
    waits = await asyncio.gather(*(messages.attempting(new.key, at_most=5, within=HOUR) for new in news))
    assert sum(wait == timedelta(0) for wait in waits) == 5
    assert all(timedelta(minutes=59) < wait <= HOUR for wait in waits if wait)
    other = message("N99", to_phone="13800138001")
    await messages.claim(other)
    assert await messages.attempting(other.key, at_most=5, within=HOUR) == timedelta(0)


async def test_the_latest_survey_to_a_number_is_found_however_it_is_written(database: Database) -> None:
    messages = Messages(database)
    for notice, sid in (("N1", "SM1"), ("N2", "SM2")):
        await sent(messages, message(notice), sid)
    await messages.claim(message("N3"))
    latest = await messages.latest("+86 138-0013-8000", "survey")
    assert latest is not None
    assert latest.key == "A:N2", "the third was never sent"
    assert await messages.latest(PHONE, "rework") is None


async def test_a_survey_that_may_be_with_the_citizen_is_the_latest_unless_it_was_refused(database: Database) -> None:
    messages = Messages(database)
    await sent(messages, message("N1"), "SM1")
    for notice in ("N2", "N3"):
        await messages.claim(message(notice))
        await messages.attempting(f"A:{notice}")
    for key in ("A:N3", "A:N2"):  # the one that was attempted last is found, as long as it is stored
        latest = await messages.latest(PHONE, "survey")
        assert latest is not None and latest.key == key
        await messages.failed(key, "twilio_21211")
    latest = await messages.latest(PHONE, "survey")
    assert latest is not None and latest.key == "A:N1"


async def test_a_number_that_wants_no_texts(database: Database) -> None:
    opt_outs = OptOuts(database)
    for _ in range(2):
        await opt_outs.add(PHONE)
    assert await opt_outs.holds("+8613800138000")
    for _ in range(2):
        await opt_outs.remove("+8613800138000")
    assert not await opt_outs.holds(PHONE)


async def test_a_text_that_came_in_is_kept_once(database: Database) -> None:
    inbound = InboundMessages(database)
    new = NewInbound("SM1", PHONE, "5", "A", "A")
    first = await inbound.keep(new)
    assert await inbound.mark("SM1", "answered") == "answered"
    assert await inbound.mark("SM1", "repeated") == "answered", "two sweeps at once do not contradict each other"
    again = await inbound.keep(new._replace(body="1"))
    assert (first.state, again.state, again.body) == ("received", "answered", "5")
    for n in range(2, 5):
        await inbound.keep(NewInbound(f"SM{n}", PHONE, "？", None, None))
    page = await inbound.in_state("received", limit=2)
    rest = await inbound.in_state("received", limit=2, cursor=page.next)
    assert [each.sid for each in (*page.items, *rest.items)] == ["SM2", "SM3", "SM4"]
    assert [each.sid for each in await inbound.of_order("A")] == ["SM1"]


async def test_a_call_keeps_its_id_and_what_was_said(database: Database) -> None:
    calls = Calls(database)
    new = NewCall("A:9:call_citizen", "A", 0, "A", 1, PHONE)
    call = await calls.claim(new)
    assert (await calls.claim(new)).id == call.id
    await calls.attempting(call.key)
    await calls.placed(call.key, "CA1")
    await calls.rated(call.id, handling_rating=5)
    kept = await calls.rated(call.id, intake_rating=4)
    assert kept is not None
    assert (kept.provider_sid, kept.attempts, kept.handling_rating, kept.intake_rating) == ("CA1", 1, 5, 4)
    assert await calls.known(["CA1", "CA2"]) == {"CA1"}
    assert await calls.by_id("nobody") is None


async def test_what_was_reported_before_the_id_was_known_stands(database: Database) -> None:
    calls = Calls(database)
    call = await calls.claim(NewCall("A:9:call_citizen", "A", 0, "A", 1, PHONE))
    await calls.attempting(call.key)
    await calls.reported(call.id, "ringing")
    await calls.placed(call.key, "CA1")
    kept = await calls.by_id(call.id)
    assert kept is not None and (kept.status, kept.provider_sid) == ("ringing", "CA1")


@pytest.mark.parametrize("end", ["completed", "busy", "no-answer", "failed", "canceled"])
async def test_a_late_report_sets_no_call_back(end: str, module_database: Database) -> None:
    calls = Calls(module_database)
    call = await calls.claim(NewCall(f"A:{end}:call_citizen", "A", 0, "A", 1, PHONE))
    await calls.placed(call.key, f"CA{end}")
    told = []
    reports = ("queued", "ringing", "initiated", "in-progress", "ringing", end, "ringing", "in-progress", "completed")
    for status in reports:
        await calls.reported(call.id, status)
        kept = await calls.by_id(call.id)
        assert kept is not None
        told.append(kept.status)
    assert told == ["placed", *["ringing"] * 2, *["in-progress"] * 2, *[end] * 4]


async def test_people_to_telephone_stay_in_the_queue_until_somebody_did(database: Database) -> None:
    tasks = CallTasks(database)
    for key in ("A:N1", "A:N2", "A:N3", "A:N1"):
        about: dict[str, Any] = {"template": "overdue", "to_role": "unit_clerk", "unit": "housing", "party": None}
        await tasks.open(key, "A", realm="", regime="huojia", **about)
    page = await tasks.waiting(limit=2)
    rest = await tasks.waiting(limit=2, cursor=page.next)
    assert [each.key for each in (*page.items, *rest.items)] == ["A:N1", "A:N2", "A:N3"]
    assert (await tasks.waiting(regime="rugao")).items == ()
    assert await tasks.done("A:N9", "wang", None) is None
    first = await tasks.done("A:N1", "wang", "已电话告知")
    second = await tasks.done("A:N1", "li", None)
    assert first is not None and second is not None
    assert (first.done_by, second.done_by, second.done_at) == ("wang", "wang", first.done_at)
    assert [each.key for each in (await tasks.waiting()).items] == ["A:N2", "A:N3"]


async def calling(database: Database, no: str, *unheard: str, reworks: int = 0) -> None:
    """An order in its callback."""
    await Orders(database).open(new_order(no))
    shown = {"stage": "callback", "unheard": unheard, "facts": {"reworks": reworks}}
    await recorded(database, no, {"event": "callback_due"}, **shown)


async def test_calls_wait_until_the_citizen_was_heard(database: Database) -> None:
    callbacks = Callbacks(database)
    await calling(database, "A", "A", "A2")
    await calling(database, "B", "B", reworks=1)
    await calling(database, "C")
    for order, round_, party in (("A", 0, "A"), ("A", 0, "A2"), ("B", 0, "B"), ("B", 1, "B"), ("C", 0, "C")):
        await callbacks.open(order, round_, party, realm="", regime="huojia")
    first = await callbacks.waiting(limit=2)
    rest = await callbacks.waiting(cursor=first.next, limit=2)
    found = [(each.order_no, each.round, each.party) for each in (*first.items, *rest.items)]
    assert found == [("A", 0, "A"), ("A", 0, "A2"), ("B", 1, "B")], "C was heard, B's first round is over"
    assert (await callbacks.waiting(regime="rugao")).items == ()


async def test_a_call_is_moved_forward_only(database: Database) -> None:
    callbacks = Callbacks(database)
    await calling(database, "A", "A")
    for attempt in (1, 3, 2):
        await callbacks.open("A", 0, "A", realm="", regime="huojia", attempt=attempt)
    assert [call.attempts for call in (await callbacks.waiting()).items] == [3]
