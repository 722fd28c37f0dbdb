"""Continue-as-new: a long life continues in a new history and loses no update, handler or effect."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text
from temporalio.client import WorkflowHandle

from cli.rehearse.stack import RehearsalStack, stage
from domain.order.commands import Urge
from domain.words import Role
from tests.stage import Lives, lives_on, until
from workflows.ids import work_order_id
from workflows.work_order import WorkOrderWorkflow

SUGGEST_AFTER = "40"


@pytest.fixture(scope="module")
async def short_histories() -> AsyncIterator[RehearsalStack]:
    """A server that suggests continue-as-new after very few events."""
    async with stage(dynamic_config={"limit.historyCount.suggestContinueAsNew": SUGGEST_AFTER}) as ready:
        yield ready


@pytest.fixture
def long_lives(short_histories: RehearsalStack) -> Lives:
    return lives_on(short_histories)


async def goes_on_afresh(handle: WorkflowHandle[Any, Any], first_run: str) -> None:
    """Wait until the order has continued as new, which it does after the work under way is done."""

    async def afresh() -> bool:
        return (await handle.describe()).run_id != first_run

    await until(afresh)


async def test_a_long_life_goes_through_many_runs_and_loses_nothing(long_lives: Lives) -> None:
    life = await long_lives("rugao")
    await life.dispatch("housing")
    await life.sign("housing")
    handle = life.rehearsal.services.client.get_workflow_handle_for(WorkOrderWorkflow.run, work_order_id(life.no))
    first_run = (await handle.describe()).run_id
    urge = Urge(by=Role.SUPERVISOR, unit="housing")
    for wave in range(12):
        waves = (handle.execute_update("urge", urge, id=f"urge-{wave}-{number}") for number in range(5))
        answers = await asyncio.gather(*waves)
    await goes_on_afresh(handle, first_run)
    again = await handle.execute_update("urge", urge, id="urge-11-4")
    assert again["seq"] == answers[4]["seq"], "a request repeated after continue-as-new was carried out twice"
    await life.accepted("housing")
    await life.called("satisfied")
    await life.archived()
    timeline = await life.timeline()
    assert [row["seq"] for row in timeline] == list(range(1, len(timeline) + 1))
    assert [row["count"] for row in timeline if row["event"] == "order_urged"] == list(range(1, 61))
    issued = {row["notice"] for row in timeline if row["event"] == "notice_issued"}
    assert issued == {row["notice"] for row in timeline if row["event"] == "notice_sent"}


async def test_a_proof_that_was_given_in_an_earlier_history_is_still_spent(long_lives: Lives) -> None:
    life = await long_lives("gaotai", grade="days_3")
    await life.dispatch("housing")
    await life.sign("housing")
    services = life.rehearsal.services
    handle = services.client.get_workflow_handle_for(WorkOrderWorkflow.run, work_order_id(life.no))
    first_run = (await handle.describe()).run_id
    early = {"approval": "A1", "decision": "approve", "as": "reviewer", "person": "wang"}
    captured = early | {"proof": services.proofs.sign(life.no, "decide", early, by=Role.REVIEWER, person="wang")}
    await handle.signal("decide", captured)
    await life.expect("signal_ignored", reason="invalid")
    for number in range(12):
        await handle.execute_update("urge", Urge(by=Role.SUPERVISOR, unit="housing"), id=f"urge-{number}")
    await goes_on_afresh(handle, first_run)
    await life.reply("housing")
    await handle.signal("decide", captured)
    ignored = await life.expect("signal_ignored", reason="not_permitted")
    assert ignored["explanation"] == "身份凭证已用过，不能重复使用"
    await life.decide("reviewer", "A1")
    await life.expect("reply_accepted")


STEP_BEFORE = text("UPDATE order_views SET step_at = :at WHERE no = :no")
"""With a step time in the future the database refuses to record any later step."""


async def test_an_order_whose_record_is_refused_goes_on_in_fresh_histories_and_is_recorded_when_it_can_be(
    short_histories: RehearsalStack, long_lives: Lives
) -> None:
    life = await long_lives("rugao")
    await life.dispatch("housing")
    await life.sign("housing")
    async with short_histories.database.begin() as session:
        await session.execute(STEP_BEFORE, {"no": life.no, "at": datetime(2999, 1, 1, tzinfo=UTC)})
    handle = life.rehearsal.services.client.get_workflow_handle_for(WorkOrderWorkflow.run, work_order_id(life.no))
    first_run = (await handle.describe()).run_id
    urge = Urge(by=Role.SUPERVISOR, unit="housing")
    for number in range(12):
        await handle.execute_update("urge", urge, id=f"urge-{number}")
    await goes_on_afresh(handle, first_run)
    assert (await handle.query(WorkOrderWorkflow.snapshot)).unrecorded >= 12
    async with short_histories.database.begin() as session:
        await session.execute(STEP_BEFORE, {"no": life.no, "at": None})
    await life.after(minutes=2)
    assert [row["count"] for row in await life.events("order_urged")] == list(range(1, 13))
