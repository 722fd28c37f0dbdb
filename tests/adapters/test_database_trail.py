"""The audit trail is one chain without gaps, and every alteration is found."""

import asyncio
import hashlib
import json
from datetime import timedelta

import psycopg
import pytest

from adapters.database.audit.trail import GapInTrail, Trail, TrailConflict
from adapters.database.engine import Database
from adapters.database.orders.approvals import Approvals
from adapters.database.orders.orders import Orders
from domain.order.read_model import RecordBatch
from domain.words import Stage
from tests.adapters.orders_at_hand import NINE, approval, batch, event, new_order, view
from tests.postgres import as_owner


async def _refuse(trail: Trail, no: str, minute: int) -> int:
    at = NINE + timedelta(minutes=minute)
    return await trail.refused(no, at, "dispatcher", "dispatch", "wrong_stage", "已经派单", "HJ-04")


def _tamper(url: str, statement: str) -> None:
    """Execute a statement as superuser."""
    with psycopg.connect(as_owner(url), autocommit=True) as connection:
        connection.execute("ALTER TABLE audit_trail DISABLE TRIGGER ALL")
        connection.execute(statement.encode())


async def test_what_is_recorded_is_the_timeline_with_refusals_between(database: Database) -> None:
    trail = Trail(database)
    assert await trail.record(batch("A", 1, 2)) == 2
    assert await _refuse(trail, "A", 3) == 3
    assert await trail.record(batch("A", 3, 3)) == 1

    timeline = await trail.timeline("A")

    assert [(row["seq"], row["event"]) for row in timeline] == [
        (1, "order_signed"),
        (2, "order_signed"),
        (3, "refused"),
        (4, "order_signed"),
    ]
    assert timeline[0] == event(1)
    assert timeline[2] == {
        "seq": 3,
        "at": "2026-11-23T09:03:00+08:00",
        "event": "refused",
        "actor": "dispatcher",
        "do": "dispatch",
        "code": "wrong_stage",
        "reason": "已经派单",
        "clause": "HJ-04",
    }
    assert await trail.verify("A") == []


async def test_the_hash_is_what_the_documentation_says(database: Database) -> None:
    await Trail(database).record(batch("A", 1, 1))
    link = (await Trail(database).chain("A"))[0]
    stored = {
        "actor": "unit_clerk",
        "at": "2026-11-23T01:01:00.000000+00:00",
        "data": {"unit": "housing"},
        "event": "order_signed",
        "order_no": "A",
        "position": 1,
        "seq": 1,
    }
    text = "0" * 64 + "\n" + json.dumps(stored, separators=(",", ":"), ensure_ascii=False)
    assert link.hash == hashlib.sha256(text.encode()).hexdigest()


async def test_concurrent_writers_make_one_chain_without_gaps(database: Database) -> None:
    trail = Trail(database)
    writers = [trail.record(batch("A", 1, 7)) for _ in range(20)]
    counts = await asyncio.gather(*writers, *(_refuse(trail, "A", minute) for minute in range(20)))

    assert sorted(counts[:20]) == [0] * 19 + [7]
    timeline = await trail.timeline("A")
    assert [row["seq"] for row in timeline] == list(range(1, 28))
    assert sum(row["event"] == "refused" for row in timeline) == 20
    assert await trail.verify("A") == []


async def test_a_trail_that_grows_while_it_is_verified_is_whole(database: Database) -> None:
    trail = Trail(database)

    async def grow() -> None:
        for seq in range(1, 30):
            await trail.record(batch("A", seq, seq))

    growing = asyncio.create_task(grow())
    while not growing.done():
        assert await trail.verify("A") == []
    await growing
    assert len(await trail.timeline("A")) == 29


async def test_a_repeated_refusal_is_written_once(database: Database) -> None:
    trail = Trail(database)
    assert await asyncio.gather(*(_refuse(trail, "A", 1) for _ in range(5))) == [1] * 5
    assert len(await trail.timeline("A")) == 1


async def test_overlapping_batches_append_only_what_is_new(database: Database) -> None:
    trail = Trail(database)
    await trail.record(batch("A", 1, 3))
    assert await trail.record(batch("A", 2, 5)) == 2
    assert await trail.record(RecordBatch(order_no="A", events=(), view=view("A", 5))) == 0
    assert [row["seq"] for row in await trail.timeline("A")] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(("there", "first"), [(0, 2), (2, 4)])
async def test_a_gap_is_an_error_that_keeps_nothing(database: Database, there: int, first: int) -> None:
    trail, orders = Trail(database), Orders(database)
    if there:
        await trail.record(batch("A", 1, there))
    with pytest.raises(GapInTrail):
        await trail.record(batch("A", first, first + 1, stage=Stage.CLOSED))
    assert len(await trail.timeline("A")) == there
    shown = await orders.view("A")
    assert shown is None if not there else shown is not None and shown.stage is Stage.HANDLING


async def test_another_content_under_a_recorded_seq_is_an_error_that_keeps_nothing(
    database: Database,
) -> None:
    trail = Trail(database)
    await trail.record(batch("A", 1, 2))
    other = RecordBatch(order_no="A", events=(event(2, unit="water"), event(3)), view=view("A", 3))
    with pytest.raises(TrailConflict):
        await trail.record(other)
    assert len(await trail.timeline("A")) == 2


async def test_numbers_and_characters_survive_the_round_trip(database: Database) -> None:
    trail = Trail(database)
    odd = event(1, basis={"days": [{"n": 1.5, "why": "调休 🀄"}], "b": None, "a": True}, amount=-0.25)
    await trail.record(RecordBatch(order_no="A", events=(odd,), view=view("A", 1)))
    assert await trail.timeline("A") == [odd]
    assert await trail.verify("A") == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_trail SET actor = 'admin'",
        "DELETE FROM audit_trail",
        "TRUNCATE audit_trail",
    ],
)
async def test_the_server_refuses_to_alter_the_trail(database: Database, database_url: str, statement: str) -> None:
    await Trail(database).record(batch("A", 1, 1))
    with psycopg.connect(as_owner(database_url)) as connection, pytest.raises(psycopg.errors.RestrictViolation):
        connection.execute(statement.encode())


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ('UPDATE audit_trail SET data = \'{"unit": "water"}\' WHERE position = 2', ["第 2 条内容被改动"]),
        ("UPDATE audit_trail SET at = at + interval '1 us' WHERE position = 2", ["第 2 条内容被改动"]),
        ("UPDATE audit_trail SET actor = 'admin' WHERE position = 4", ["第 4 条内容被改动"]),
        (
            "UPDATE audit_trail SET hash = repeat('a', 64) WHERE position = 2",
            ["第 2 条内容", "第 3 条与前一条断链"],
        ),
        ("DELETE FROM audit_trail WHERE position = 2", ["第 2 条缺失", "第 3 条 seq 应为 2, 实为 3"]),
        ("DELETE FROM audit_trail WHERE position = 4", ["末尾不完整: 最后一条 seq 为 3, 工单视图已到 4"]),
        ("DELETE FROM audit_trail WHERE position = 1", ["第 1 条缺失", "第 2 条 seq 应为 1, 实为 2"]),
    ],
)
async def test_what_a_superuser_alters_is_found_and_named(
    database: Database, database_url: str, statement: str, found: list[str]
) -> None:
    trail = Trail(database)
    await trail.record(batch("A", 1, 4))
    await trail.record(batch("B", 1, 4))
    _tamper(database_url, f"{statement} {'AND' if 'WHERE' in statement else 'WHERE'} order_no = 'A'")

    faults = await trail.verify("A")

    assert len(faults) == len(found)
    assert all(fault.startswith(expected) for fault, expected in zip(faults, found, strict=True))
    assert await trail.verify("B") == []


async def test_an_entry_that_was_forged_with_a_fitting_hash_breaks_the_link_behind_it(
    database: Database, database_url: str
) -> None:
    trail = Trail(database)
    await trail.record(batch("A", 1, 3))
    forged = RecordBatch(order_no="A", events=(event(1), event(2, unit="water")), view=view("A", 2))
    other = Trail(database)
    _tamper(database_url, "CREATE TABLE kept AS SELECT * FROM audit_trail")
    _tamper(database_url, "DELETE FROM audit_trail WHERE position > 1")
    await other.record(forged)
    _tamper(database_url, "INSERT INTO audit_trail SELECT * FROM kept WHERE position = 3")

    faults = await trail.verify("A")

    assert len(faults) == 1
    assert faults[0].startswith("第 3 条与前一条断链")


async def test_an_older_view_never_replaces_a_newer(database: Database) -> None:
    trail, orders = Trail(database), Orders(database)
    await trail.record(batch("A", 1, 3, stage=Stage.REVIEW, approvals=(approval("r1"),)))
    await trail.record(batch("A", 1, 2, stage=Stage.HANDLING))
    shown = await orders.view("A")
    assert shown is not None
    assert (shown.seq, shown.stage) == (3, Stage.REVIEW)
    assert shown == batch("A", 1, 3, stage=Stage.REVIEW, approvals=(approval("r1"),)).view
    assert await Approvals(database).get("A:r1") is not None


async def test_approvals_wait_for_those_who_may_decide_them(database: Database) -> None:
    trail, approvals = Trail(database), Approvals(database)
    for number in range(5):
        waiting = (approval("r1", unit="water" if number == 4 else None), approval("r0", "approved"))
        await trail.record(batch(f"A{number}", 1, 1, approvals=waiting))
    await Orders(database).open(new_order("R", realm="rehearsal-1"))
    await trail.record(batch("R", 1, 1, approvals=(approval("r1"),)))

    first = await approvals.waiting(["reviewer"], limit=3)
    rest = await approvals.waiting(["reviewer", "agent"], cursor=first.next, limit=3)

    assert [row.key for row in (*first.items, *rest.items)] == [f"A{number}:r1" for number in range(5)]
    assert rest.next is None
    assert (await approvals.waiting(["agent"])).items == ()
    assert len((await approvals.waiting(["reviewer"], unit="housing")).items) == 4
    assert [row.key for row in (await approvals.waiting(["reviewer"], realm="rehearsal-1")).items] == ["R:r1"]

    await trail.record(batch("A0", 2, 2, approvals=(approval("r1", "approved"),)))
    assert len((await approvals.waiting(["reviewer"])).items) == 4


async def test_a_place_cannot_be_taken_twice_even_by_hand(database: Database, database_url: str) -> None:
    await Trail(database).record(batch("A", 1, 1))
    with psycopg.connect(database_url) as connection, pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute(
            "INSERT INTO audit_trail SELECT order_no, position, 2, at, event, actor, data, hash, hash FROM audit_trail"
        )
