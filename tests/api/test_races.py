"""Races between two people: one is first, the other is refused, and the trail shows both.

`JIESU_RACES` is the number of races, over HTTP against the real server and database.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from tests.api.callers import Caller
from tests.api.conftest import Installation
from tests.stage import until

SignIn = Callable[[str], Caller]
Row = dict[str, Any]

RACES = int(os.environ.get("JIESU_RACES", "200"))
ORDERS = 10
CYCLES = -(-(RACES // ORDERS - 2) // 2)
"""Each order has one race to request an extension, one to decide it, and two per cycle about its return."""

UNIT = "town_nanhua"
CLERKS = ("unit_clerk", "clerk-town_nanhua")
RETURN = {"reason": "管线产权不属于本单位，应由供热公司承办"}
EXTENSION = {"reason": "需要跨部门协调，施工方案尚在评审"}


class Runner:
    """A signed-in person."""

    def __init__(self, installation: Installation, caller: Caller, name: str) -> None:
        headers = {"Authorization": caller.http.headers["Authorization"]}
        self.http = httpx.AsyncClient(base_url=f"{installation.base}/api/v1", timeout=60, headers=headers)
        self.name = name

    async def asks(self, no: str, do: str, body: Row) -> tuple[str, int, str]:
        answer = await self.http.post(f"/work-orders/{no}/commands/{do}", json=body)
        return self.name, answer.status_code, answer.json().get("code", "")

    async def decides(self, no: str, approval: str, decision: str) -> tuple[str, int, str]:
        answer = await self.http.post(f"/approvals/{no}:{approval}/decision", json={"decision": decision})
        return self.name, answer.status_code, answer.json().get("code", "")


@pytest.fixture
async def runners(installation: Installation, caller: SignIn) -> AsyncIterator[dict[str, Runner]]:
    names = (*CLERKS, "dispatcher", "hotline_director", "supervisor")
    running = {name: Runner(installation, caller(name), name) for name in names}
    yield running
    for each in running.values():
        await each.http.aclose()


async def one_asks_first(pair: list[Runner], no: str, do: str, body: Row) -> str:
    """Both send the same request: one is accepted, the other refused as pending. Returns the name of the latter."""
    answers = await asyncio.gather(*(each.asks(no, do, body) for each in pair))
    assert sorted(status for _, status, _ in answers) == [200, 409], answers
    ((late, _, code),) = [answer for answer in answers if answer[1] == 409]
    assert code == "already_done"
    return late


async def both_decide(pair: list[Runner], no: str, approval: str, *decisions: str) -> None:
    """Both send a decision; the results are on the trail."""
    decided = zip(pair, decisions, strict=True)
    answers = await asyncio.gather(*(each.decides(no, approval, decision) for each, decision in decided))
    assert [status for _, status, _ in answers] == [202, 202], answers


async def contested(runners: dict[str, Runner], no: str) -> set[str]:
    """A life in which two people do everything at the same time. Returns the names of those who came late."""
    clerks = [runners[name] for name in CLERKS]
    late = {await one_asks_first(clerks, no, "request_extension", EXTENSION)}
    await both_decide([runners["supervisor"], runners["hotline_director"]], no, "A1", "approve", "reject")
    for number in range(CYCLES):
        late.add(await one_asks_first(clerks, no, "request_return", RETURN))
        pair = [runners["dispatcher"], runners["hotline_director"]]
        await both_decide(pair if number % 2 else pair[::-1], no, f"A{number + 2}", "reject", "reject")
    return late


async def the_trail_shows_both(who: Runner, no: str, late: set[str]) -> int:
    """Each approval has one decision and one late one, by the two racers; returns the number of races shown."""
    approvals = CYCLES + 1

    async def all_answered() -> list[Row] | None:
        rows: list[Row] = (await who.http.get(f"/work-orders/{no}/timeline")).json()
        answered = [row for row in rows if row["event"] in ("approval_decided", "signal_ignored")]
        return rows if len(answered) >= 2 * approvals else None

    rows: list[Row] = await until(all_answered)
    decided = [row for row in rows if row["event"] == "approval_decided"]
    ignored = [row for row in rows if row["event"] == "signal_ignored"]
    opened = [row for row in rows if row["event"] == "approval_opened"]
    refused = [row for row in rows if row["event"] == "refused"]
    assert [row["approval"] for row in opened] == [f"A{number}" for number in range(1, approvals + 1)]
    assert {row["person"] for row in refused} == late
    assert {row["code"] for row in refused} == {"already_done"}
    assert [row["approval"] for row in decided] == [row["approval"] for row in ignored]
    assert {row["reason"] for row in ignored} == {"already_done"}
    for first, second in zip(decided, ignored, strict=True):
        assert first["person"] != second["person"]
    granted = {row["event"] for row in rows} & {"extension_granted", "extension_refused"}
    assert granted == {"extension_granted" if decided[0]["decision"] == "approve" else "extension_refused"}
    return len(opened) + len(decided)


async def test_of_two_who_race_one_wins_and_the_other_is_told(caller: SignIn, runners: dict[str, Runner]) -> None:
    agent, dispatcher, clerk = caller("agent"), caller("dispatcher"), caller("unit_clerk")
    numbers = [agent.open(grade="days_7") for _ in range(ORDERS)]
    for no in numbers:
        assert dispatcher.do(no, "dispatch", units=[{"unit": UNIT}]).status_code == 200
        assert clerk.do(no, "sign").status_code == 200
    late = await asyncio.gather(*(contested(runners, no) for no in numbers))
    watching = runners["supervisor"]
    shown = [await the_trail_shows_both(watching, no, names) for no, names in zip(numbers, late, strict=True)]
    assert sum(shown) >= RACES
