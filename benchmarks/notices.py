"""A burst of notices: its throughput, and its effect on the latency of updates.

Server, database, worker (workflows in their sandbox, as in production) and gateway are real. Both figures are ratios
within one run: notices per second to the configured pace, and the 99th percentile of an update's round trip during
the burst to that before it. A round trip counts from the scheduled moment of the update, even if it is sent late.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Coroutine, Sequence
from datetime import datetime
from pathlib import Path
from statistics import quantiles
from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import func, select
from sqlmodel import col

from adapters.database.tables import Message
from adapters.settings.settings import ROOT
from application.orders.actor import Actor
from application.orders.commands import CommandRequest, carry_out_command
from application.orders.intake import OrderRequest, open_order
from application.services import Services
from cli.rehearse.people import create_people
from cli.rehearse.stack import RehearsalStack, stage
from domain.calendar.business_calendar import CST
from domain.order.commands import Urge
from domain.words import Role
from workflows.ids import work_order_id
from workflows.messages import Accepted

LIMIT = 2.0
"""The highest permitted ratio of the 99th percentiles."""

NOTICES_AN_ORDER = 20
CALM_ORDERS = 20
"""Orders that receive the measured updates (`urge`) and send no notices themselves."""

AT_ONCE = 8
BETWEEN = 0.1  # seconds between two updates before the burst
SHARE_MEASURED = 0.9  # of what is left to send once everything is queued
PATIENCE = 60.0  # seconds beyond the expected duration of the burst

COUNTIES = f"""
  calm:
    extends: standard
    name: 平静县
    units: [{{id: housing, name: 县住建局}}]
    limits: [{{within: 5wd}}]
    pre_expiry: [{{before: 1d}}]
    extensions: {{needs: [reason], at_most: {{beyond_limit: 2wd}}}}
    replies: {{sections: [handling]}}
    rework: {{within: 1wd, final_after: 1}}
    messaging: {{per_number: null}}
    reactions: []
  storm:
    extends: calm
    name: 风暴县
    reactions:
      - on: order_dispatched
        notify: [{", ".join(["{template: dispatch, to: unit_clerk}"] * NOTICES_AN_ORDER)}]
"""


class Trips(NamedTuple):
    """Percentiles of round trips, in milliseconds."""

    p50: float
    p99: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Trips":
        cuts = quantiles(seconds, n=100, method="inclusive")
        return cls(round(1000 * cuts[49], 1), round(1000 * cuts[98], 1))


class Storm:
    """The orders of the burst, and those that receive updates."""

    def __init__(self, on: RehearsalStack) -> None:
        self.on = on
        self.services: Services = on.services(datetime.now(CST).year)
        self.calm: list[str] = []
        self.stormy: list[str] = []

    async def gather(self, stormy: int) -> None:
        """Open all orders, and dispatch the calm ones."""
        for county in ("calm", "storm"):
            await create_people(self.services, county, set(), realm="")
        self.calm = await _all([self._open("calm") for _ in range(CALM_ORDERS)])
        self.stormy = await _all([self._open("storm") for _ in range(stormy)])
        await _all([self._dispatch(no) for no in self.calm])

    async def burst(self) -> None:
        """Dispatch the others: when the command returns, the order has queued its notices."""
        await _all([self._dispatch(no) for no in self.stormy])

    async def urged(self, times: int, between: float) -> list[float]:
        """Urge the calm orders in turn, one every `between` seconds, without waiting for the previous answer."""
        begin = time.perf_counter()
        moments = [begin + number * between for number in range(times)]
        waiting = [
            asyncio.create_task(self._urge(self.calm[number % CALM_ORDERS], moment))
            for number, moment in enumerate(moments)
        ]
        return await asyncio.gather(*waiting)

    async def sent(self) -> int:
        """The number of notices that the provider has accepted."""
        async with self.on.database.session() as session:
            taken = select(func.count()).select_from(Message).where(col(Message.provider_sid).is_not(None))
            return await session.scalar(taken) or 0

    async def attempts(self) -> int:
        """The number of attempts to send them."""
        async with self.on.database.session() as session:
            return await session.scalar(select(func.sum(Message.attempts))) or 0

    async def _open(self, county: str) -> str:
        demand = OrderRequest.model_validate(
            {"policy": county, "category": "complaint", "title": "路灯不亮", "content": "小区路灯不亮"}
        )
        return await open_order(self.services, demand, by=Actor(Role.AGENT, "bench"))

    async def _dispatch(self, no: str) -> None:
        body = {"units": [{"unit": "housing"}]}
        await carry_out_command(self.services, no, CommandRequest("dispatch", body, Actor(Role.DISPATCHER, "bench")))

    async def _urge(self, no: str, moment: float) -> float:
        await asyncio.sleep(moment - time.perf_counter())
        handle = self.on.client.get_workflow_handle(work_order_id(no))
        command = Urge(by=Role.SUPERVISOR, person="bench")
        await handle.execute_update(command.do, command, id=str(uuid4()), result_type=Accepted)
        return time.perf_counter() - moment


async def run(notices: int = 5000, pace: float = 20, updates: int = 500) -> dict[str, float]:
    """Measure both and print one line.

    Returns `of_pace` (sent per second / `pace`), `p99_ratio` (burst / idle), the round trips in ms, and the seconds
    until the burst was queued. AssertionError if a notice was lost or tried twice, TimeoutError if it takes too long.
    """
    with tempfile.TemporaryDirectory() as folder:
        rules = Path(folder) / "policies.yaml"
        rules.write_text((ROOT / "policies.yaml").read_text("utf-8") + COUNTIES, "utf-8")
        async with stage(rules, messages_per_second=pace) as ready:
            return await _measured(Storm(ready), notices, pace, updates)


async def _measured(storm: Storm, notices: int, pace: float, updates: int) -> dict[str, float]:
    await storm.gather(notices // NOTICES_AN_ORDER)
    await storm.urged(CALM_ORDERS * 2, BETWEEN)  # warm-up
    idle = Trips.of(await storm.urged(updates, BETWEEN))

    begun = time.perf_counter()
    await storm.burst()
    queued = time.perf_counter()
    before = await storm.sent()
    left = notices - before
    loaded = Trips.of(await storm.urged(updates, SHARE_MEASURED * left / pace / updates))
    seconds = time.perf_counter() - queued
    rate = (await storm.sent() - before) / seconds

    async with asyncio.timeout(PATIENCE + left / pace):
        while await storm.sent() < notices:  # noqa: ASYNC110 (no event reports a sent notice)
            await asyncio.sleep(1)
    assert await storm.attempts() == notices
    result = {
        "of_pace": round(rate / pace, 2),
        "p99_ratio": round(loaded.p99 / idle.p99, 2),
        "rate": round(rate, 1),
        "pace": pace,
        "p50_idle_ms": idle.p50,
        "p50_storm_ms": loaded.p50,
        "p99_idle_ms": idle.p99,
        "p99_storm_ms": loaded.p99,
        "queued_in_s": round(queued - begun, 1),
        "left_when_queued": left,
    }
    print("notices", *(f"{name}={value}" for name, value in result.items()))
    return result


async def _all(work: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
    """Await in batches, so that the preparation does not exceed rate limits."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(task: Coroutine[Any, Any, Any]) -> Any:
        async with gate:
            return await task

    return await asyncio.gather(*map(one, work))


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--notices", type=int, default=5000)
    options.add_argument("--pace", type=float, default=20)
    options.add_argument("--updates", type=int, default=500)
    chosen = options.parse_args()
    asyncio.run(run(chosen.notices, chosen.pace, chosen.updates))
