"""A thousand races on the real server: of two requests or decisions for the same, one succeeds and one is refused.

`tests/api/test_races.py` does the same over HTTP.
"""

import asyncio
from typing import Any

from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from domain.order.commands import RequestReturn
from domain.text import Text
from domain.words import Role
from tests.stage import Life, Lives
from tests.workflows.test_shell import handle_of

RACES = 1000
ORDERS = 20
CYCLES = RACES // (2 * ORDERS)
"""Each cycle has one race of requests and one of decisions."""

CLERKS = ("li", "zhao")
DECIDERS = {"wang": "dispatcher", "qian": "hotline_director"}


async def asked(life: Life, person: str) -> str | None:
    """Send the clerk's request; returns None if it is accepted, or the code of the refusal."""
    command = RequestReturn(by=Role.UNIT_CLERK, person=person, unit="housing", reason=Text(document="D1", length=20))
    try:
        await handle_of(life).execute_update("request_return", command)
    except WorkflowUpdateFailedError as failed:
        assert isinstance(failed.cause, ApplicationError)
        return failed.cause.type
    return None


async def decided(life: Life, approval: str, person: str) -> None:
    """Send the decision, with the proof that the API attaches."""
    body = {"approval": approval, "decision": "reject", "as": DECIDERS[person], "person": person}
    proofs = life.rehearsal.services.proofs
    proof = proofs.sign(life.no, "decide", body, by=Role(DECIDERS[person]), person=person)
    await handle_of(life).signal("decide", body | {"proof": proof})


async def contested(life: Life) -> list[Any]:
    answers = []
    for number in range(1, CYCLES + 1):
        answers.append(await asyncio.gather(*(asked(life, person) for person in CLERKS)))
        await asyncio.gather(*(decided(life, f"A{number}", person) for person in DECIDERS))
    return answers


async def opened(lives: Lives) -> Life:
    life = await lives("gaotai", grade="days_7")
    await life.dispatch("housing")
    await life.sign("housing")
    return life


async def test_of_two_who_race_one_is_first_and_the_other_is_written_down(lives: Lives) -> None:
    racing = [await opened(lives) for _ in range(ORDERS)]
    won = 0
    for life, answers in zip(racing, await asyncio.gather(*map(contested, racing)), strict=True):
        assert all(sorted(pair, key=str) == [None, "already_done"] for pair in answers)
        rows = await life.timeline()
        requests = [row for row in rows if row["event"] == "approval_opened"]
        first = [row for row in rows if row["event"] == "approval_decided"]
        late = [row for row in rows if row["event"] == "signal_ignored"]
        approvals = [f"A{number}" for number in range(1, CYCLES + 1)]
        for found in (requests, first, late):
            assert [row["approval"] for row in found] == approvals
        winners = [CLERKS[pair.index(None)] for pair in answers]
        assert [row["person"] for row in requests] == winners
        assert {row["reason"] for row in late} == {"already_done"}
        for one, other in zip(first, late, strict=True):
            assert {one["person"], other["person"]} == set(DECIDERS)
        won += len(requests) + len(first)
    assert won == RACES
