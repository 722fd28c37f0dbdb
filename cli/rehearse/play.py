"""Playing a scenario: the same intake, commands and decisions that staff use, at the moments it names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from api.commanding import decide, send
from api.intake import OrderRequest, open_order
from api.services import Services
from cli.rehearse.clock import VirtualClock
from cli.rehearse.expect import unmet
from cli.rehearse.people import cast
from cli.rehearse.scenario import DECIDE, Scenario, Step
from cli.rehearse.stack import Stage
from domain.refusal import Refused
from domain.words import Role
from workflows.ids import work_order_id
from workflows.work_order import WorkOrderWorkflow

PATIENCE = timedelta(days=800)
"""How far beyond its last step an order is followed before it counts as one that waits for a person."""

MOST_ALARMS = 300


@dataclass(frozen=True)
class Played:
    """What came of a scenario: its timeline, the expectations that do not hold, and what is worth a remark."""

    path: Path
    scenario: Scenario
    order_no: str
    timeline: Sequence[dict[str, Any]]
    problems: Sequence[str]
    remark: str = ""


async def play(stage: Stage, path: Path, scenario: Scenario, number: int) -> Played:
    """One life, in a world of its own. Raises Refused when the order cannot even be opened."""
    services = stage.services(scenario.start.year)
    no = f"R{number:05d}"
    await cast(services, scenario, no)
    offset = scenario.start - datetime.now(UTC)
    request = OrderRequest.model_validate(
        {"regime": scenario.policy, **scenario.order.model_dump(mode="json", exclude_none=True)}
    )
    await open_order(
        services,
        request,
        by=Role.AGENT,
        person="rehearsal",
        realm=no,
        clock_offset=offset,
        client=stage.skipper.client,
        no=no,
    )
    handle = services.client.get_workflow_handle_for(WorkOrderWorkflow.run, work_order_id(no))
    clock = VirtualClock(stage.skipper, handle, offset)
    for step, moment in zip(scenario.steps, scenario.moments(), strict=True):
        await clock.move_to(moment)
        await _act(services, no, step)
    remark = await _to_the_end(clock, scenario)
    timeline = await services.trail.timeline(no)
    return Played(path, scenario, no, timeline, unmet(scenario.expect, timeline), remark)


async def _act(services: Services, no: str, step: Step) -> None:
    """One step; a refusal is on the trail already and the play goes on."""
    body = dict(step.body)
    if step.do == DECIDE:
        role = Role(body.pop("as", step.role))
        approval, decision = str(body.pop("approval", "")), str(body.pop("decision", ""))
        await decide(services, no, approval, decision, by=role, person="rehearsal", **body)
        return
    try:
        await send(services, no, step.do, body, by=step.role, person="rehearsal")
    except Refused:
        return


async def _to_the_end(clock: VirtualClock, scenario: Scenario) -> str:
    """Let time pass until the scenario's end; what is worth saying when it does not come."""
    if isinstance(scenario.until, datetime):
        await clock.move_to(scenario.until)
        await clock.settle()
        return ""
    horizon = (scenario.moments() or [scenario.start])[-1] + PATIENCE
    for _ in range(MOST_ALARMS):
        snapshot = await clock.settle()
        if snapshot is None:
            return ""
        if snapshot.next_alarm_at is None or (moment := datetime.fromisoformat(snapshot.next_alarm_at)) > horizon:
            break
        await clock.move_to(moment + timedelta(seconds=1))
    return "工单没有归档：它在等人办理，时间不再改变什么"
