"""Histories of all five regimes replay on the current code; an incompatible history is detected."""

import json
from difflib import unified_diff

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from tests.replay.fingerprint import fingerprint
from tests.replay.lives import STORIES, told
from tests.replay.record import HISTORIES, history_of
from tests.stage import Lives
from workflows.work_order import WorkOrderWorkflow
from workflows.workflow_runner import runner

ADVICE = """The workflow asks the server for other things than it did when these histories were recorded.
Orders that are open while you deploy would stop. Guard the change with workflow.patched("...") so that old
histories replay, add a history of the new way, and only then record: python -m tests.replay.record"""


def replayer() -> Replayer:
    return Replayer(workflows=[WorkOrderWorkflow], workflow_runner=runner(), data_converter=pydantic_data_converter)


def history(regime: str) -> str:
    return (HISTORIES / f"{regime}.json").read_text()


@pytest.mark.parametrize("regime", STORIES)
async def test_a_recorded_life_replays(regime: str) -> None:
    await replayer().replay_workflow(WorkflowHistory.from_json(f"replay-{regime}", history(regime)))


async def test_a_history_that_does_not_fit_fails() -> None:
    told_otherwise = json.loads(history("rugao"))
    for event in told_otherwise["events"]:
        scheduled = event.get("activityTaskScheduledEventAttributes")
        if scheduled and scheduled["activityType"]["name"] == "archive":
            scheduled["activityType"]["name"] = "shred"
    with pytest.raises(NondeterminismError):
        await replayer().replay_workflow(WorkflowHistory.from_json("replay-shredded", json.dumps(told_otherwise)))


@pytest.mark.parametrize("regime", STORIES)
async def test_the_command_sequence_is_what_it_was(regime: str, lives: Lives) -> None:
    kept = json.loads((HISTORIES / f"{regime}.fingerprint.json").read_text())
    now = fingerprint((await history_of(await told(lives, regime))).events)
    difference = "\n".join(unified_diff(kept, now, "recorded", "now", lineterm=""))
    assert now == kept, f"{ADVICE}\n{difference}"
