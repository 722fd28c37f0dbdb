"""A storm of notices against live commands: what an update takes while thousands of texts drain at the configured rate.

One real stage. Orders of a county that notifies twenty people of a dispatch are dispatched all together; their
notices queue up behind the rate that the provider allows. Meanwhile somebody works on other orders, as before the
storm: the ratio of the two 99th percentiles is what the storm costs them. `python -m benchmarks.notices [NOTICES]`.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import psycopg
from temporalio.client import WorkflowHandle

from adapters.settings import ROOT
from cli.rehearse.play import Rehearsal, open_rehearsal
from cli.rehearse.scenario import Demand
from cli.rehearse.stack import Stage, stage
from domain.calendar import CST
from domain.commands import Dispatch, DispatchedUnit, RecordVisit, Sign
from domain.words import Role
from workflows.ids import work_order_id

NOTICES = 5000
RATE = 20.0  # texts a second, as the setting has it
AN_ORDER = 20  # notices
PROBES = 10
UPDATES = 300
PAUSE = 0.1  # seconds between updates of the probes
AT_ONCE = 10
LIMIT = 2.0
COUNTY = """
  storm:
    extends: standard
    name: 测试县
    limits: [{within: 5wd}]
    pre_expiry: [{before: 1wd}]
    extensions: {at_most: {from_dispatch: 10wd}}
    replies: {sections: [result]}
    rework: {within: 24h}
    reactions:
      - on: order_dispatched
        notify: [NOTICES]
    units: [{id: housing, name: 住建局}]
"""
ROLES = ("unit_clerk", "unit_section_head", "unit_deputy_leader", "unit_principal_leader")
TEMPLATES = ("dispatch", "supervision", "overdue", "escalation", "pre_expiry")


class Figures(NamedTuple):
    """What one run shows; milliseconds of an update's round trip, texts a second."""

    notices: int
    idle_p50: float
    idle_p99: float
    storm_p50: float
    storm_p99: float
    rate: float

    @property
    def ratio(self) -> float:
        """p99 in the storm, by p99 without it."""
        return self.storm_p99 / self.idle_p99


def rules() -> str:
    """The rule books with the county of the storm behind them."""
    notices = ", ".join(f"{{template: {t}, to: {r}}}" for t in TEMPLATES for r in ROLES)
    return (ROOT / "policies.yaml").read_text("utf-8") + COUNTY.replace("NOTICES", notices)


async def opened(on: Stage, numbers: Sequence[int]) -> list[Rehearsal]:
    """Orders of that county, each in a world of its own."""
    demand = Demand.model_validate({"category": "complaint", "title": "路灯不亮", "content": "小区路灯不亮"})
    start = datetime(2026, 11, 23, 9, tzinfo=CST)
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> Rehearsal:
        async with turns:
            return await open_rehearsal(on, "storm", start, demand, {"housing"}, f"B{number:05d}")

    return await asyncio.gather(*(one(number) for number in numbers))


def handle(on: Stage, order: Rehearsal) -> WorkflowHandle[object, object]:
    return on.client.get_workflow_handle(work_order_id(order.no))


async def dispatched(on: Stage, orders: Sequence[Rehearsal]) -> None:
    """All to the same unit, some at a time."""
    command = Dispatch(by=Role.DISPATCHER, units=(DispatchedUnit(unit="housing"),))
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(order: Rehearsal) -> None:
        async with turns:
            await handle(on, order).execute_update("dispatch", command)

    await asyncio.gather(*(one(order) for order in orders))


async def worked(on: Stage, probes: Sequence[Rehearsal]) -> list[float]:
    """Round trips of updates on the probes in milliseconds, rising."""
    command = RecordVisit(by=Role.UNIT_CLERK, unit="housing", purpose="explain")
    took = []
    for _, probe in zip(range(UPDATES), cycle(probes), strict=False):
        begun = time.perf_counter()
        await handle(on, probe).execute_update("record_visit", command)
        took.append((time.perf_counter() - begun) * 1000)
        await asyncio.sleep(PAUSE)
    return sorted(took)


def sent(on: Stage) -> int:
    """How many texts the provider has taken."""
    with psycopg.connect(on.settings.database_url) as connection:
        row = connection.execute("SELECT count(*) FROM messages WHERE provider_sid IS NOT NULL").fetchone()
    return int(row[0]) if row else 0


async def measured(notices: int) -> Figures:
    """One run on a stage of its own."""
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "policies.yaml"
        file.write_text(rules(), "utf-8")
        async with stage(policies=file, sandboxed=False, messages_per_second=RATE) as on:
            probes = await opened(on, range(PROBES))
            await dispatched(on, probes)
            for probe in probes:
                await handle(on, probe).execute_update("sign", Sign(by=Role.UNIT_CLERK, unit="housing"))
            storm = await opened(on, range(PROBES, PROBES + notices // AN_ORDER))
            while await asyncio.to_thread(sent, on) < PROBES * AN_ORDER:  # noqa: ASYNC110 (nothing tells of it)
                await asyncio.sleep(0.5)
            await worked(on, probes)  # warm
            idle = await worked(on, probes)
            await dispatched(on, storm)
            before, begun = await asyncio.to_thread(sent, on), time.perf_counter()
            stormy = await worked(on, probes)
            after, seconds = await asyncio.to_thread(sent, on), time.perf_counter() - begun
            left = PROBES * AN_ORDER + len(storm) * AN_ORDER - after
            assert left > 0, "the storm was over before the measuring: take more notices"
    return Figures(
        len(storm) * AN_ORDER,
        _quantile(idle, 0.5),
        _quantile(idle, 0.99),
        _quantile(stormy, 0.5),
        _quantile(stormy, 0.99),
        (after - before) / seconds,
    )


def _quantile(rising: Sequence[float], share: float) -> float:
    return rising[min(int(len(rising) * share), len(rising) - 1)]


def main() -> None:
    """Print one line."""
    figures = asyncio.run(measured(int(sys.argv[1]) if len(sys.argv) > 1 else NOTICES))
    print(
        f"{figures.notices} notices at once: drained at {figures.rate:.1f}/s of {RATE:.0f}/s allowed; an update's p99 "
        f"{figures.ratio:.2f} times the idle one, limit {LIMIT:.0f} ({figures.storm_p99:.0f} ms against "
        f"{figures.idle_p99:.0f} ms; p50 {figures.storm_p50:.0f} against {figures.idle_p50:.0f})"
    )


if __name__ == "__main__":
    main()
