"""Orders for tests: one running system (server, database, worker, peers) per test process, many orders in it.

`life = await lives("huojia", grade="normal", start="2026-11-23T09:00")` opens an order;
`await life.do("unit_clerk", "sign", unit="housing")` acts at the order's present moment,
`await life.at("2026-11-23T10:00")` and `await life.after(minutes=30)` let its time pass.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from cli.rehearse.expect import unmet
from cli.rehearse.play import Opening, Rehearsal, open_rehearsal
from cli.rehearse.scenario import Demand, Expectation
from cli.rehearse.stack import RehearsalStack, stage
from domain.calendar.business_calendar import CST
from domain.refusal import Refused
from domain.words import Role
from workflows.messages import Accepted

Row = dict[str, Any]
PATIENCE = 100.0
"""Seconds, needed only on a slow and busy machine: every wait ends as soon as its condition is met."""
_numbers = count(1)

REPLIES: dict[str, Row] = {
    "gaotai": {"sections": {"handling": "现场核查并完成维修", "result": "路灯已恢复照明"}},
    "huojia": {
        "sections": {"contact": "已电话联系诉求人", "handling": "更换灯具三盏", "follow_up": "列入每月巡检"},
        "signed_by": ["unit_clerk", "unit_section_head", "unit_principal_leader"],
        "attachments": ["photo-1"],
    },
    "dalad": {
        "sections": {
            "facts": "反映情况属实，东门路灯损坏",
            "process": "当日派员现场更换灯具",
            "result": "路灯于次日恢复照明",
            "satisfaction": "来电人表示满意并致谢",
        },
        "facts_hold": True,
        "attachments": ["before-1", "after-1"],
    },
    "rugao": {
        "sections": {"investigation": "现场核查属实", "resolution": "已更换灯具", "contact": "当日电话告知诉求人"},
        "signed_by": ["unit_deputy_leader", "unit_principal_leader"],
        "attachments": ["photo-1"],
    },
    "hukou": {
        "sections": {
            "basic_facts": "现场检查路灯损坏三盏",
            "result_and_communication": "更换灯具并电话告知诉求人",
            "proposed_reply": "路灯已修复，感谢监督",
        },
    },
}
"""A reply that satisfies the rules of each regime."""


async def until(found: Callable[[], Awaitable[Any]], seconds: float = PATIENCE) -> Any:
    """Poll until the result is truthy, and return it. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not (answer := await found()):  # noqa: ASYNC110 (no event reports it)
            await asyncio.sleep(0.05)
    return answer


class Life:
    """An order under test, with a virtual clock."""

    def __init__(self, rehearsal: Rehearsal, policy: str) -> None:
        self.rehearsal = rehearsal
        self.policy = policy
        self.no = rehearsal.no

    async def at(self, moment: str) -> None:
        """Advance to a moment in +08:00."""
        await self.rehearsal.clock.move_to(datetime.fromisoformat(moment).replace(tzinfo=CST))

    async def after(self, **duration: float) -> None:
        """Advance by a duration."""
        await self.rehearsal.clock.move_to(await self.rehearsal.clock.now() + timedelta(**duration))

    async def do(self, role: str, do: str, **body: Any) -> Accepted:
        """Send a command; fails the test if it is refused."""
        answer = await self.rehearsal.act(Role(role), do, body)
        assert isinstance(answer, Accepted), f"{do} was refused: {answer}"
        return answer

    async def refused(self, role: str, do: str, **body: Any) -> Refused:
        """Send a command, which must be refused; returns the refusal."""
        answer = await self.rehearsal.act(Role(role), do, body)
        assert isinstance(answer, Refused), f"{do} was carried out: {answer}"
        return answer

    async def decide(self, role: str, approval: str, decision: str = "approve", **body: Any) -> None:
        """Answer an approval, and wait until the order has processed it."""
        before = len(await self.timeline())

        async def taken_in() -> bool:
            return len(await self.timeline()) > before

        await self.rehearsal.act(Role(role), "decide", {"approval": approval, "decision": decision, **body})
        await until(taken_in)

    async def dispatch(self, *units: str, **body: Any) -> None:
        """Dispatch to these units; the first leads."""
        await self.do("dispatcher", "dispatch", units=[{"unit": unit} for unit in units], **body)

    async def sign(self, unit: str) -> None:
        """The unit signs."""
        await self.do("unit_clerk", "sign", unit=unit)

    async def reply(self, unit: str, **changes: Any) -> None:
        """The unit replies in accordance with its regime."""
        await self.do("unit_clerk", "submit_reply", unit=unit, **(REPLIES[self.policy] | changes))

    async def accepted(self, unit: str) -> None:
        """The unit replies, and every reviewer approves."""
        await self.reply(unit)
        await self.decide("reviewer", "review")
        if any(row.get("kind") == "city_review" for row in await self.events("approval_opened")):
            await self.decide("city_platform", "city_review")

    async def called(self, result: str, **body: Any) -> None:
        """The citizen is called back."""
        await self.do("callback_staff", "record_callback", result=result, **body)

    async def timeline(self) -> list[Row]:
        """All events so far."""
        return await self.rehearsal.timeline()

    async def events(self, name: str, **fields: Any) -> list[Row]:
        """The events with this name and these fields; moments to within a minute."""
        return _such(await self.timeline(), name, **fields)

    async def expect(self, name: str, **fields: Any) -> Row:
        """The first such event; fails the test if there is none."""
        timeline = await self.timeline()
        problems = unmet([Expectation.model_validate({"event": name, **fields})], timeline)
        assert not problems, f"{problems[0]}\n" + "\n".join(f"{r['at']} {r['event']}" for r in timeline)
        return _such(timeline, name, **fields)[0]

    async def never(self, name: str, **fields: Any) -> None:
        """Fails the test if there is such an event."""
        assert not await self.events(name, **fields), f"{name} {fields} should not have happened"

    async def archived(self) -> None:
        """Advance until the order is archived; fails the test if it waits for a person."""
        assert await self.rehearsal.to_the_end(), f"the order waits: {[r['event'] for r in await self.timeline()]}"


def _such(timeline: list[Row], name: str, **fields: Any) -> list[Row]:
    expectation = Expectation.model_validate({"event": name, **fields})
    return [row for row in timeline if not unmet([expectation], [row])]


Lives = Callable[..., Awaitable[Life]]


@pytest.fixture(scope="session")
async def the_stage() -> AsyncIterator[RehearsalStack]:
    """A real server, database, worker and peers."""
    async with stage() as ready:
        yield ready
        await asyncio.to_thread(ready.processes.worker.stop)  # the stage would kill it, and its coverage data with it


@pytest.fixture
def lives(the_stage: RehearsalStack) -> Lives:
    """A function that opens orders in the shared system."""
    return lives_on(the_stage)


def lives_on(the_stage: RehearsalStack) -> Lives:
    """A function that opens orders, each in its own realm; orders with the same `realm` share it."""

    async def begin(
        policy: str,
        *,
        start: str = "2026-11-23T09:00",
        units: tuple[str, ...] = (),
        realm: str | None = None,
        **demand: Any,
    ) -> Life:
        no = f"T{next(_numbers):05d}"
        usual = {"category": "complaint", "title": "路灯不亮", "content": "小区路灯不亮"}
        order = Demand.model_validate(usual | demand)
        moment = datetime.fromisoformat(start).replace(tzinfo=CST)
        opening = Opening(policy, moment, order, no, frozenset(units), realm)
        return Life(await open_rehearsal(the_stage, opening), policy)

    return begin
