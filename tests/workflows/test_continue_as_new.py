"""Continue-as-new: a long life goes on in a fresh history and loses no update, handler or effect."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from cli.rehearse.stack import Stage, stage
from domain.commands import Urge
from domain.words import Role
from tests.stage import Lives, lives_on
from workflows.ids import work_order_id
from workflows.work_order import WorkOrderWorkflow

SUGGEST_AFTER = "40"


@pytest.fixture(scope="module")
async def short_histories() -> AsyncIterator[Stage]:
    """A server that asks for a fresh history after very few events."""
    async with stage(dynamic_config={"limit.historyCount.suggestContinueAsNew": SUGGEST_AFTER}) as ready:
        yield ready


@pytest.fixture
def long_lives(short_histories: Stage) -> Lives:
    return lives_on(short_histories)


async def test_a_long_life_goes_through_many_runs_and_loses_nothing(long_lives: Lives) -> None:
    life = await long_lives("rugao")
    await life.dispatch("housing")
    await life.sign("housing")
    handle = life.rehearsal.services.client.get_workflow_handle_for(WorkOrderWorkflow.run, work_order_id(life.no))
    first_run = (await handle.describe()).run_id
    urge = Urge(by=Role.SUPERVISOR, unit="housing")
    for wave in range(12):
        await asyncio.gather(*(handle.execute_update("urge", urge, id=f"urge-{wave}-{number}") for number in range(5)))
    assert (await handle.describe()).run_id != first_run
    again = await handle.execute_update("urge", urge, id="urge-11-4")
    assert not again["events"], "a request repeated after continue-as-new was carried out twice"
    await life.accepted("housing")
    await life.called("satisfied")
    await life.archived()
    timeline = await life.timeline()
    assert [row["seq"] for row in timeline] == list(range(1, len(timeline) + 1))
    assert [row["count"] for row in timeline if row["event"] == "order_urged"] == list(range(1, 61))
    issued = {row["notice"] for row in timeline if row["event"] == "notice_issued"}
    assert issued == {row["notice"] for row in timeline if row["event"] == "notice_sent"}
