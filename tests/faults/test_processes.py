"""Process failures: the worker is killed, the database is down, everything is down when an alarm is due."""

import asyncio
import os
import signal
import sys
from datetime import datetime, timedelta

from temporalio.service import RPCError

from adapters.local.child_process import ChildProcess
from adapters.settings.settings import ROOT, environment
from application.orders.actor import Actor
from application.orders.commands import DecisionRequest, send_decision
from cli.rehearse.stack import RehearsalStack
from domain.order.commands import Sign, SubmitReply
from domain.text import Text
from domain.words import Role
from tests.replay.test_replay import replayer
from tests.stage import REPLIES, Life, Lives, until
from workflows.ids import work_order_id
from workflows.messages import OrderSnapshot
from workflows.work_order import WorkOrderWorkflow


async def issued_and_sent(life: Life) -> tuple[list[str], list[str]]:
    timeline = await life.timeline()
    issued = sorted(row["notice"] for row in timeline if row["event"] == "notice_issued")
    return issued, sorted(row["notice"] for row in timeline if row["event"] == "notice_sent")


async def told(life: Life) -> OrderSnapshot | None:
    """The snapshot of the order; None if no worker answers the query in time."""
    handle = life.rehearsal.services.client.get_workflow_handle_for(WorkOrderWorkflow.run, work_order_id(life.no))
    try:
        return await handle.query(WorkOrderWorkflow.snapshot)
    except RPCError:
        return None


async def awake(life: Life) -> None:
    """Wait until a starting worker answers."""
    await until(lambda: told(life))


async def test_killing_the_worker_loses_nothing(own_stage: RehearsalStack, fragile_lives: Lives) -> None:
    life = await fragile_lives("gaotai", grade="days_3")
    for act in (life.dispatch("housing"), life.sign("housing"), life.reply("housing")):
        await act
        os.killpg(own_stage.processes.worker.process.pid, signal.SIGKILL)
        own_stage.processes.worker.process.wait()
        own_stage.processes.start_worker()
    await awake(life)
    await life.decide("reviewer", "review")
    await life.called("satisfied")
    await life.archived()
    issued, sent = await issued_and_sent(life)
    assert issued == sent
    timeline = await life.timeline()
    assert [row["seq"] for row in timeline] == list(range(1, len(timeline) + 1))


async def test_a_step_that_was_recorded_by_a_worker_that_died_is_taken_again(
    own_stage: RehearsalStack, fragile_lives: Lives
) -> None:
    """Its events are crossed out, not deleted, and the order continues."""
    life, processes = await fragile_lives("gaotai", grade="days_3"), own_stage.processes
    await life.dispatch("housing")
    processes.stop_worker()
    command = [sys.executable, "-m", "tests.faults.dying_worker", "order_signed"]
    log = processes.folder / "dying.log"
    dying = ChildProcess.spawn(command, log, env=environment() | processes.values, cwd=ROOT)
    signing = asyncio.create_task(life.sign("housing"))

    async def dead() -> bool:
        return dying.status is not None

    await until(dead)
    processes.start_worker()
    await signing
    trail = life.rehearsal.services.trail
    signed = [link.content for link in await trail.chain(life.no) if link.content.event == "order_signed"]
    assert [each.seq for each in signed] == [signed[0].seq] * 2
    assert signed[0].at < signed[1].at
    assert len(await life.events("order_signed")) == 1
    assert len(await life.events("retaken", from_seq=signed[0].seq)) == 1
    assert await trail.verify(life.no) == []
    await life.accepted("housing")
    await life.called("satisfied")
    await life.archived()
    assert await trail.verify(life.no) == []


async def test_what_comes_behind_a_decision_is_carried_out_behind_it(
    own_stage: RehearsalStack, fragile_lives: Lives
) -> None:
    """Verifying its proof takes time; a command sent after it must not overtake it and be refused."""
    life = await fragile_lives("gaotai", grade="days_3")
    await life.dispatch("housing")
    await life.sign("housing")
    await life.reply("housing")
    await life.timeline()
    own_stage.processes.stop_worker()
    services = life.rehearsal.services
    await send_decision(services, life.no, DecisionRequest("review", "reject", Actor(Role.REVIEWER, "wang")))
    handle = services.client.get_workflow_handle_for(WorkOrderWorkflow.run, work_order_id(life.no))
    sections = {name: Text(document=f"D-{name}", length=20) for name in REPLIES["gaotai"]["sections"]}
    reply = SubmitReply(by=Role.UNIT_CLERK, unit="housing", sections=sections)
    behind = asyncio.create_task(handle.execute_update("submit_reply", reply))
    await asyncio.sleep(0.5)  # true for every arrival time; now it arrives with the decision
    own_stage.processes.start_worker()
    await behind
    told = [row["event"] for row in await life.timeline()]
    answered = [event for event in told if event in ("reply_submitted", "reply_sent_back")]
    assert answered == ["reply_submitted", "reply_sent_back", "reply_submitted"]
    await replayer().replay_workflow(await handle.fetch_history())


async def test_alarms_missed_while_all_was_down_ring_once_in_order_and_late(
    own_stage: RehearsalStack, fragile_lives: Lives
) -> None:
    life = await fragile_lives("gaotai", grade="hours_3", start="2026-11-23T09:00")
    await life.dispatch("housing")
    await life.timeline()
    own_stage.processes.stop_worker()
    away = asyncio.create_task(life.at("2026-11-23T20:00"))
    await asyncio.sleep(0)
    own_stage.processes.start_worker()
    await away
    await awake(life)
    clock = [row for row in await life.timeline() if row["actor"] == "clock"]
    assert [row["event"] for row in clock] == ["sign_off_missed", "light_changed", "light_changed", "handling_overdue"]
    assert clock[-1]["due_at"] == "2026-11-23T12:00:00+08:00"


async def test_a_decision_is_late_when_its_window_passed_before_though_nobody_was_there_to_see(
    own_stage: RehearsalStack, fragile_lives: Lives
) -> None:
    life = await fragile_lives("hukou", units=("housing", "water"))
    await life.dispatch("housing")
    await life.sign("housing")
    request = {"reason": "不属于本单位", "proposed_unit": "water", "signed_by": ["unit_principal_leader"]}
    await life.do("unit_clerk", "request_return", unit="housing", **request)
    window = datetime.fromisoformat((await life.expect("deadline_set", clock="approval"))["due_at"])

    async def passed() -> bool:
        return await life.rehearsal.clock.now() > window

    own_stage.processes.stop_worker()
    away = asyncio.create_task(life.rehearsal.clock.move_to(window + timedelta(hours=1)))
    try:
        await until(passed)
        await life.rehearsal.act(Role.DISPATCHER, "decide", {"approval": "return", "decision": "approve"})
    finally:
        own_stage.processes.start_worker()
    await away
    await awake(life)
    await life.expect("approval_lapsed", kind="return")
    await life.expect("signal_ignored", approval="return")
    await life.never("return_granted")


async def test_an_order_moves_on_while_the_database_is_away_and_is_recorded_afterwards(
    own_stage: RehearsalStack, fragile_lives: Lives
) -> None:
    life = await fragile_lives("gaotai", grade="days_3")
    await life.dispatch("housing")
    await life.timeline()
    handle = own_stage.client.get_workflow_handle_for(WorkOrderWorkflow.run, work_order_id(life.no))

    async def unrecorded() -> bool:
        snapshot = await told(life)
        return snapshot is not None and snapshot.unrecorded > 0

    postgres = own_stage.processes.postgres
    postgres.stop()
    try:
        accepting = asyncio.create_task(
            handle.execute_update("sign", Sign(by=Role.UNIT_CLERK, unit="housing"), id="while-away")
        )
        await until(unrecorded)
    finally:
        own_stage.processes.start_postgres()
    await accepting
    signed = await life.expect("order_signed", unit="housing")
    assert signed["actor"] == "unit_clerk"
