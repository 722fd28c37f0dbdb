"""A step whose worker died is repeated: its events are crossed out, and no others can be."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from adapters.database.audit.trail import GapInTrail, Trail, TrailConflict
from adapters.database.engine import Database
from adapters.database.orders.orders import Orders
from domain.order.read_model import RecordBatch
from tests.adapters.aged import forger
from tests.adapters.orders_at_hand import NINE, event, view


@dataclass
class Steps:
    """Writes steps of one order, each identified by the second at which it began."""

    trail: Trail

    async def write(self, second: int, *events: tuple[int, str]) -> int:
        """Record the events of a step: number and unit of each."""
        said = tuple(event(seq, unit=unit) for seq, unit in events)
        batch = RecordBatch(order_no="A", events=said, view=view("A", events[-1][0], units=(events[-1][1],)))
        return await self.trail.record(batch.model_copy(update={"step_at": NINE + timedelta(seconds=second)}))

    async def told(self) -> list[tuple[str, str]]:
        """The timeline: each event with its unit, or with the first number that it crosses out."""
        rows = await self.trail.timeline("A")
        return [(str(row["event"]), str(row.get("unit", row.get("from_seq")))) for row in rows]


@pytest.fixture
async def steps(database: Database) -> Steps:
    found = Steps(Trail(database))
    await found.write(1, (1, "first"))
    return found


SIGNED = "order_signed"


async def test_the_later_step_holds_and_the_earlier_stays_in_the_chain(steps: Steps, database: Database) -> None:
    await steps.write(2, (2, "dead"), (3, "dead"), (4, "dead"))
    assert await steps.write(12, (2, "lives")) == 1
    assert await steps.told() == [(SIGNED, "first"), ("retaken", "2"), (SIGNED, "lives")]
    assert [link.content.seq for link in await steps.trail.chain("A")] == [1, 2, 3, 4, None, 2]
    assert await steps.trail.verify("A") == []
    shown = await Orders(database).view("A")
    assert shown is not None and (shown.seq, shown.units) == (2, ("lives",))
    assert await steps.write(13, (3, "lives"), (4, "lives")) == 2
    assert await steps.trail.verify("A") == []


async def test_what_is_crossed_out_counts_for_nothing_even_if_it_is_said_again(steps: Steps) -> None:
    await steps.write(2, (2, "dead"), (3, "same"))
    await steps.write(12, (2, "lives"))
    assert await steps.write(13, (3, "same")) == 1
    assert [each for each in await steps.told() if each[0] == SIGNED] == [
        (SIGNED, unit) for unit in ("first", "lives", "same")
    ]


async def test_what_both_say_alike_is_written_once(steps: Steps) -> None:
    await steps.write(2, (2, "same"), (3, "dead"))
    assert await steps.write(12, (2, "same"), (3, "lives")) == 1
    assert await steps.told() == [(SIGNED, "first"), (SIGNED, "same"), ("retaken", "3"), (SIGNED, "lives")]


async def test_a_step_may_have_to_be_taken_three_times(steps: Steps) -> None:
    for second in (2, 12, 22):
        await steps.write(second, (2, f"at-{second}"))
    assert await steps.told() == [(SIGNED, "first"), ("retaken", "2"), ("retaken", "2"), (SIGNED, "at-22")]
    assert await steps.trail.verify("A") == []


@pytest.mark.parametrize("late", [((2, "dead"),), ((3, "dead"),), ((2, "lives"), (3, "dead"))])
async def test_a_worker_that_was_only_slow_is_refused(steps: Steps, late: tuple[tuple[int, str], ...]) -> None:
    await steps.write(2, (2, "dead"))
    await steps.write(12, (2, "lives"))
    before = await steps.told()
    with pytest.raises(TrailConflict):
        await steps.write(2, *late)
    assert await steps.told() == before


async def test_one_step_does_not_contradict_itself(steps: Steps) -> None:
    await steps.write(2, (2, "one"))
    with pytest.raises(TrailConflict):
        await steps.write(2, (2, "another"))


async def test_a_repetition_of_the_later_step_changes_nothing(steps: Steps) -> None:
    await steps.write(2, (2, "dead"))
    await steps.write(12, (2, "lives"))
    before = await steps.trail.chain("A")
    assert await steps.write(12, (2, "lives")) == 0
    assert await steps.trail.chain("A") == before


async def test_a_hole_is_one_for_a_later_step_too(steps: Steps) -> None:
    with pytest.raises(GapInTrail):
        await steps.write(12, (3, "lives"))


async def test_what_crosses_out_more_than_there_is_is_a_fault(steps: Steps, database_url: str) -> None:
    await steps.write(2, (2, "dead"))
    await steps.write(12, (2, "lives"))
    with forger(database_url) as connection:
        connection.execute("""UPDATE audit_trail SET data = '{"from_seq": 9}' WHERE event = 'retaken'""")
    found = await steps.trail.verify("A")
    assert any("划去 seq 9" in each for each in found)
    assert any("第 3 条内容被改动" in each for each in found)
