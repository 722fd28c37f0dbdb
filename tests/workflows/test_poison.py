"""Malformed input sent directly to Temporal is refused with a code, and the order continues."""

from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from domain.order.commands import Withdraw
from domain.words import Role
from tests.stage import Life, Lives
from tests.workflows.test_shell import handle_of, state

SOON = timedelta(seconds=60)
NUL = {"document": "a\x00b", "length": 3}
REPLY = {"by": "unit_clerk", "unit": "housing"}
POISON: list[tuple[str, Any]] = [
    ("withdraw", None),
    ("withdraw", 5),
    ("withdraw", float("nan")),
    ("withdraw", "agent"),
    ("withdraw", [{"by": "agent"}]),
    ("withdraw", {}),
    ("withdraw", {"by": "emperor"}),
    ("withdraw", {"by": "agent", "reason": "in clear"}),
    ("withdraw", {"by": "agent", "reason": NUL}),
    ("withdraw", {"by": "agent", "reason": {"document": "D1", "length": 1e308}}),
    ("withdraw", {"by": "agent", "reason": {"document": "x" * 200_000, "length": 3}}),
    ("withdraw", {"by": "agent", "person": "\x1b[31m"}),
    ("withdraw", {"by": "agent", "another": 1}),
    ("submit_reply", REPLY | {"sections": {"handling": NUL}}),
    ("submit_reply", REPLY | {"sections": {"\x00": {"document": "D1", "length": 3}}}),
    ("request_extension", REPLY | {"until": "0001-01-01T00:00:00+14:00"}),
    ("request_extension", REPLY | {"until": "9999-12-31T23:59:59-12:00"}),
    ("request_extension", REPLY | {"until": "2026-12-01T00:00:00"}),
    ("request_extension", REPLY | {"until": 10**30}),
    ("request_suspension", REPLY | {"reason": {"document": "D1", "length": 9}, "review_every": "9" * 5000 + "d"}),
]


async def refusal(life: Life, do: str, body: Any) -> ApplicationError:
    with pytest.raises(WorkflowUpdateFailedError) as failed:
        await handle_of(life).execute_update(do, body, rpc_timeout=SOON)
    assert isinstance(failed.value.cause, ApplicationError)
    return failed.value.cause


async def test_poison_in_an_update_is_refused_with_a_code_and_changes_nothing(lives: Lives) -> None:
    life = await lives("gaotai", grade="days_7")
    await life.dispatch("housing")
    await life.sign("housing")
    await life.timeline()
    before, history = await state(life), len((await handle_of(life).fetch_history()).events)
    for do, body in POISON:
        refused = await refusal(life, do, body)
        assert refused.type == refused.details[0]["code"] == "invalid", (do, str(body)[:80], refused)
    refused = (await refusal(life, "withdraw", {"by": "agent", "reason": "the words of a citizen"})).details[0]
    assert refused["reason"] == "内容不合要求：reason"
    assert await state(life) == before
    assert len((await handle_of(life).fetch_history()).events) == history


async def test_poison_in_a_signal_is_written_down_and_the_record_goes_on(lives: Lives) -> None:
    life = await lives("gaotai", grade="days_3")
    await life.dispatch("housing")
    await life.sign("housing")
    await life.reply("housing")
    before = await state(life)
    approve = {"approval": "A1", "decision": "approve", "as": "reviewer"}
    signals: list[tuple[str, Any]] = [
        ("decide", approve | {"person": "\x00"}),
        ("decide", approve | {"comment": NUL}),
        ("decide", approve | {"person": "x" * 200_000}),
        ("adopt_policy", {"policy": 5}),
        ("adopt_policy", {"policy": before.regime.model_dump(mode="json") | {"name": "\x00"}, "policy_hash": "h"}),
        ("adopt_calendar", "tomorrow"),
    ]
    for name, body in signals:
        await handle_of(life).signal(name, body)
    await handle_of(life).signal("no_such_signal", {"by": "agent"})
    await life.decide("reviewer", "A1")
    ignored = await life.events("signal_ignored")
    assert [row["reason"] for row in ignored] == ["invalid"] * len(signals)
    await life.expect("reply_accepted")


async def test_names_as_long_as_they_may_be_do_not_stop_an_order(lives: Lives) -> None:
    life = await lives("gaotai", grade="days_3")
    units = [{"unit": chr(0x1F600 + number) * 120} for number in range(20)]
    await handle_of(life).execute_update("dispatch", {"by": "dispatcher", "units": units}, rpc_timeout=SOON)
    await life.expect("order_dispatched")
    await handle_of(life).execute_update("withdraw", Withdraw(by=Role.AGENT), rpc_timeout=SOON)
    await life.archived()


async def test_a_limit_within_a_second_rings_once_at_its_end(lives: Lives) -> None:
    life = await lives("dalad", required_by="2026-11-30T10:00:00.700+08:00")
    await life.dispatch("housing")
    await life.sign("housing")
    await life.at("2026-11-30T10:00:10")
    await life.expect("handling_overdue", unit="housing")
    timers = [
        event.user_metadata.summary.data.decode()
        for event in (await handle_of(life).fetch_history()).events
        if event.HasField("timer_started_event_attributes")
    ]
    assert len(timers) == len(set(timers)), timers
