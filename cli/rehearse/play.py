"""Plays a scenario: the intake, commands and decisions that staff use, at chosen moments."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from application.orders.actor import Actor
from application.orders.commands import CommandRequest, DecisionRequest, carry_out_command, send_decision
from application.orders.intake import open_order
from application.orders.rehearsal_context import RehearsalContext
from application.services import Services
from cli.rehearse.clock import VirtualClock
from cli.rehearse.expect import unmet
from cli.rehearse.people import create_people
from cli.rehearse.scenario import DECIDE, Demand, Scenario
from cli.rehearse.stack import RehearsalStack
from domain.calendar.business_calendar import CST
from domain.refusal import Code, Refused
from domain.words import Role
from workflows.ids import work_order_id
from workflows.messages import HEAD_START, Accepted, OrderSnapshot
from workflows.work_order import WorkOrderWorkflow

PERSON = "rehearsal"
APPROVER = "rehearsal-approver"
"""A second person, because nobody decides their own request."""

PATIENCE = timedelta(days=800)
"""Time after its last step for which an order is followed; an alarm later than that means that it waits for a person.
"""

MOST_ALARMS = 300


@dataclass(frozen=True)
class Rehearsal:
    """One order in its own `realm`, with a virtual clock."""

    services: Services
    no: str
    realm: str
    clock: VirtualClock

    async def act(
        self, role: Role, do: str, body: dict[str, Any], at: datetime | None = None
    ) -> Accepted | Refused | None:
        """Carry out a command now; a refusal is returned and recorded on the trail. None for a signal.

        `at` is the moment of the step; it also dates refusals that never reach the order.
        """

        async def clock() -> datetime:
            return at.astimezone(CST) if at is not None else await self.clock.now()

        try:
            if do == DECIDE:
                await self._decide(role, body, clock)
                return None
            request = CommandRequest(do, body, Actor(role, PERSON))
            return await carry_out_command(self.services, self.no, request, clock)
        except Refused as refused:
            return refused

    async def _decide(self, role: Role, body: dict[str, Any], clock: Callable[[], Awaitable[datetime]]) -> None:
        """Send the signal. A decision that cannot be sent is recorded as refused here, because no workflow gets it."""
        answer = {key: body[key] for key in ("comment", "until", "proposed_unit") if key in body}
        approval, decision = str(body.get("approval", "")), str(body.get("decision", ""))
        try:
            if body.get("as", role) not in set(Role):
                raise Refused(Code.INVALID, f"没有 {body['as']} 这个岗位")
            by = Actor(Role(body.get("as", role)), APPROVER)
            await send_decision(self.services, self.no, DecisionRequest(approval, decision, by, **answer))
        except Refused as refused:
            code, clause = refused.code, refused.clause
            await self.services.trail.refused(self.no, await clock(), role, DECIDE, code, refused.reason, clause)
            raise

    async def timeline(self) -> list[dict[str, Any]]:
        """The timeline so far, after everything is recorded."""
        await self.clock.settle()
        return await self.services.trail.timeline(self.no)

    async def to_the_end(self, patience: timedelta = PATIENCE) -> bool:
        """Advance from alarm to alarm until the order is archived; False if it waits for a person."""
        horizon: datetime | None = None
        for _ in range(MOST_ALARMS):
            snapshot: OrderSnapshot | None = await self.clock.settle()
            if snapshot is None:
                return True
            horizon = horizon or datetime.fromisoformat(snapshot.at) + patience
            if snapshot.next_alarm_at is None or datetime.fromisoformat(snapshot.next_alarm_at) > horizon:
                return False
            await self.clock.move_to(datetime.fromisoformat(snapshot.next_alarm_at) + timedelta(seconds=1))
        return False


@dataclass(frozen=True)
class Opening:
    """The start of a rehearsal: a demand on one county at a moment of any time, under a number.

    `units` exist beside those of the rule book. `realm` is the number where none is given. At its `steps` the order's
    clock stops until they are carried out.
    """

    policy: str
    start: datetime
    demand: Demand
    no: str
    units: frozenset[str] = frozenset()
    realm: str | None = None
    steps: Sequence[datetime] = ()


async def open_rehearsal(stage: RehearsalStack, opening: Opening) -> Rehearsal:
    """Open the order in its own world. Raises Refused when it cannot be opened."""
    services, start, no = stage.services(opening.start.year), opening.start, opening.no
    realm = no if opening.realm is None else opening.realm
    await create_people(services, opening.policy, set(opening.units), realm)
    offset = start - HEAD_START - datetime.now(UTC)
    rehearsal = RehearsalContext(realm, offset, (start, *opening.steps), stage.skipper.client)
    request, by = opening.demand.request(opening.policy), Actor(Role.AGENT, PERSON)
    await open_order(services, request, by=by, no=no, rehearsal=rehearsal)
    handle = services.client.get_workflow_handle_for(WorkOrderWorkflow.run, work_order_id(no))
    return Rehearsal(services, no, realm, VirtualClock(stage.skipper, handle, offset))


@dataclass(frozen=True)
class Played:
    """The result of a scenario: its timeline, the unmet expectations, and a remark."""

    path: Path
    scenario: Scenario
    order_no: str
    timeline: Sequence[dict[str, Any]]
    problems: Sequence[str]
    remark: str = ""


async def play(stage: RehearsalStack, path: Path, scenario: Scenario, number: int) -> Played:
    """Play one scenario from start to end. Raises Refused if its order cannot be opened."""
    moments = scenario.moments()
    no, units = f"R{number:05d}", frozenset(scenario.units())
    opening = Opening(scenario.policy, scenario.start, scenario.order, no, units, steps=moments)
    rehearsal = await open_rehearsal(stage, opening)
    for step, moment in zip(scenario.steps, moments, strict=True):
        await rehearsal.clock.move_to(moment - HEAD_START)
        await rehearsal.act(step.role, step.do, step.body, moment)
    remark = ""
    if isinstance(scenario.until, datetime):
        await rehearsal.clock.move_to(scenario.until)
    elif not await rehearsal.to_the_end():
        remark = "工单没有归档：它在等人办理，时间不再改变什么"
    timeline = await rehearsal.timeline()
    return Played(path, scenario, rehearsal.no, timeline, unmet(scenario.expect, timeline), remark)
