"""The workflow shell: signals, repeated requests, alarms and endings of a running order."""

from typing import Any

import pytest
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from domain.calendar.business_calendar import CST
from domain.order.commands import Sign
from domain.words import Role
from tests.stage import Life, Lives, until
from workflows.ids import work_order_id
from workflows.search_attributes import DEFINITIONS
from workflows.work_order import WorkOrderWorkflow


def handle_of(life: Life) -> Any:
    return life.rehearsal.services.client.get_workflow_handle_for(WorkOrderWorkflow.run, work_order_id(life.no))


async def state(life: Life) -> Any:
    return (await handle_of(life).query(WorkOrderWorkflow.snapshot)).order


GARBAGE: list[Any] = [
    None,
    "approve",
    42,
    [],
    {},
    {"approval": ["A1"], "decision": "approve"},
    {"approval": "A1", "decision": "approve", "as": "emperor"},
    {"approval": "A1", "decision": "approve", "as": "reviewer", "until": "yesterday"},
    {"approval": "A1", "decision": "approve", "as": "reviewer", "drop table": "work_orders"},
    {"approval": "A99", "decision": "approve", "as": "reviewer"},
    {"approval": "😀" * 500, "decision": "\u0000", "as": "reviewer"},
]


async def test_a_signal_that_cannot_be_carried_out_is_written_down_and_changes_nothing(lives: Lives) -> None:
    life = await lives("gaotai", grade="days_3")
    await life.dispatch("housing")
    await life.sign("housing")
    await life.reply("housing")
    before = await state(life)
    for body in GARBAGE:
        await handle_of(life).signal("decide", body)

    async def written_down() -> Any:
        rows = await life.events("signal_ignored")
        return rows if len(rows) >= len(GARBAGE) else None

    ignored = await until(written_down)
    assert len(ignored) == len(GARBAGE)
    assert {row["reason"] for row in ignored} == {"invalid", "not_permitted"}
    assert (await state(life)).but(seq=before.seq) == before


async def test_late_repeated_and_unauthorised_decisions_are_ignored_with_the_reason(lives: Lives) -> None:
    life = await lives("gaotai", grade="days_3")
    await life.dispatch("housing")
    await life.sign("housing")
    await life.reply("housing")
    await life.decide("unit_clerk", "review")
    await life.expect("signal_ignored", reason="not_permitted")
    await life.decide("reviewer", "A1", "reject")
    await life.decide("reviewer", "A1")
    await life.expect("signal_ignored", approval="A1", reason="already_done")
    await life.never("reply_accepted")


async def test_a_repeated_request_is_carried_out_once(lives: Lives) -> None:
    life = await lives("gaotai", grade="days_3")
    await life.dispatch("housing")
    command = Sign(by=Role.UNIT_CLERK, unit="housing")
    first = await handle_of(life).execute_update("sign", command, id="request-1")
    again = await handle_of(life).execute_update("sign", command, id="request-1")
    assert first == again
    assert len(await life.events("order_signed")) == 1


async def test_a_refused_update_says_why_and_leaves_no_trace_in_the_history(lives: Lives) -> None:
    life = await lives("gaotai", grade="days_3")
    await life.timeline()
    before = len((await handle_of(life).fetch_history()).events)
    with pytest.raises(WorkflowUpdateFailedError) as failed:
        await handle_of(life).execute_update("sign", Sign(by=Role.UNIT_CLERK, unit="housing"))
    cause = failed.value.cause
    assert isinstance(cause, ApplicationError)
    assert cause.type == "wrong_stage"
    assert cause.details[0]["code"] == "wrong_stage"
    assert len((await handle_of(life).fetch_history()).events) == before


async def test_an_operator_reads_the_order_in_the_ui(lives: Lives) -> None:
    life = await lives("huojia", grade="difficult", marks=["clustered"])
    await life.dispatch("housing")
    await life.timeline()
    description = await handle_of(life).describe()
    found = {pair.key.name: pair.value for pair in description.typed_search_attributes}
    assert set(found) >= set(DEFINITIONS)
    assert found["JiesuRegime"] == "huojia"
    assert found["JiesuUnits"] == ["housing"]
    assert found["JiesuMarks"] == ["clustered"]
    assert found["JiesuOverdue"] is False
    assert found["JiesuNextDue"].astimezone(CST).isoformat() == "2026-11-28T00:00:00+08:00"
    assert "获嘉县" in (await description.static_summary() or "")
    metadata = await handle_of(life).query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    details = metadata.current_details
    assert "办理时限到期预警｜housing｜11-28 00:00" in details
    assert "承办人（housing）" in details
    names = {update.name for update in metadata.definition.update_definitions}
    assert {"dispatch", "sign", "submit_reply", "request_extension"} <= names


async def test_alarms_ring_at_their_moment_through_one_timer_at_a_time(lives: Lives) -> None:
    life = await lives("gaotai", grade="hours_3")
    await life.dispatch("housing")
    await life.at("2026-11-23T13:00")
    await life.expect("sign_off_missed", at="2026-11-23T10:00:00+08:00")
    await life.expect("light_changed", light="yellow", at="2026-11-23T11:30:00+08:00")
    await life.expect("light_changed", light="red", at="2026-11-23T12:00:00+08:00")
    order = [row["event"] for row in await life.timeline() if row["actor"] == "clock"]
    assert order == ["sign_off_missed", "light_changed", "light_changed", "handling_overdue"]
    summaries = []
    async for event in handle_of(life).fetch_history_events():
        if event.HasField("timer_started_event_attributes"):
            summaries.append(event.user_metadata.summary.data.decode())
    assert any("签收时限" in summary and "housing" in summary for summary in summaries)
    assert all(len(summary.encode()) <= 200 for summary in summaries)
