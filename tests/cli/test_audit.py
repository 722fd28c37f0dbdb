"""`jiesu audit verify` finds every manipulation of the audit trail, and names it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from adapters.archive.signature import SigningKeys
from adapters.database.audit.acts import Acts
from adapters.database.audit.trail import Trail
from adapters.database.engine import Database
from adapters.files.object_store import Objects
from adapters.settings.settings import DEVELOPMENT_SECRET, ROOT, Settings
from application.audit.anchoring import Anchoring
from application.audit.verification import AuditCheck
from domain.access.acts import Act, Deed
from domain.order.read_model import RecordBatch
from tests.adapters.aged import aged, forger, rechained, today
from tests.adapters.orders_at_hand import batch, event, view
from tests.postgres import DATA_KEY

Forger = psycopg.Connection[dict[str, Any]]
PER_DAY = 12


@dataclass(frozen=True)
class Proof:
    """Two anchored days of twelve acts and two orders each, and an act of today; `days` are those two."""

    settings: Settings
    database: Database

    @property
    def days(self) -> tuple[date, date]:
        return today() - timedelta(days=2), today() - timedelta(days=1)

    @property
    def url(self) -> str:
        return self.settings.database_url

    @property
    def published(self) -> Path:
        return Path(self.settings.data_folder) / "objects" / "anchors"

    async def anchored(self) -> None:
        await Anchoring(self.database, Objects(self.settings), SigningKeys(DEVELOPMENT_SECRET)).make_due()

    async def found(self, **options: Any) -> list[str]:
        """The problems that are found."""
        check = AuditCheck(self.database, Objects(self.settings), SigningKeys(DEVELOPMENT_SECRET))
        told = check.problems_of_day(**options) if "day" in options else check.problems(**options)
        return [each async for each in told]


@pytest.fixture
async def proof(database: Database, database_url: str, tmp_path: Path) -> Proof:
    settings = Settings.model_validate({"DATABASE_URL": database_url, "JIESU_DATA": tmp_path})
    acts, trail = Acts(database), Trail(database)
    for number in range(2):
        await acts.note(*(Act(deed=Deed.ORDER_READ, person=f"p{each}") for each in range(PER_DAY)))
        for no in ("A", "B"):
            await trail.record(batch(no, 3 * number + 1, 3 * number + 3))
        aged(database_url, days=1)
    await acts.note(Act(deed=Deed.SIGNED_IN, person="p"))
    made = Proof(settings, database)
    await made.anchored()
    return made


def shifted(connection: Forger, first: int, by: int) -> None:
    """Move rows from a position on to other positions."""
    connection.execute("UPDATE acts SET position = -position WHERE position >= %s", [first])
    connection.execute("UPDATE acts SET position = -position + %s WHERE position < 0", [by])


def copied(connection: Forger, source: int, to: int, **changes: str) -> None:
    """Insert a changed copy of a row."""
    connection.execute("CREATE TEMP TABLE made AS SELECT * FROM acts WHERE position = %s", [source])
    connection.execute("UPDATE made SET position = %s", [to])
    for column, expression in changes.items():
        connection.execute(f"UPDATE made SET {column} = {expression}".encode())  # noqa: S608
    connection.execute("INSERT INTO acts SELECT * FROM made")


def swapped(connection: Forger, one: int, other: int) -> None:
    for source, target in ((one, -1), (other, one), (-1, other)):
        connection.execute("UPDATE acts SET position = %s WHERE position = %s", [target, source])


def changed(connection: Forger) -> None:
    connection.execute("UPDATE acts SET person = 'q7' WHERE position = 8")


def changed_and_hashed(connection: Forger) -> None:
    changed(connection)
    kept = connection.execute("SELECT position, previous_hash, hash FROM acts WHERE position > 8").fetchall()
    rechained(connection, 8)
    for row in kept:
        connection.execute(
            "UPDATE acts SET previous_hash = %(previous_hash)s, hash = %(hash)s WHERE position = %(position)s", row
        )


def changed_and_rechained(connection: Forger) -> None:
    changed(connection)
    rechained(connection, 8)


def deleted(connection: Forger) -> None:
    connection.execute("DELETE FROM acts WHERE position IN (5, 6)")


def deleted_and_closed(connection: Forger) -> None:
    deleted(connection)
    shifted(connection, 7, -2)


def deleted_and_rechained(connection: Forger) -> None:
    deleted_and_closed(connection)
    rechained(connection, 5)


def inserted(connection: Forger) -> None:
    shifted(connection, 15, 1)
    copied(connection, 5, 15)


def inserted_with_a_fitting_hash(connection: Forger) -> None:
    shifted(connection, 15, 1)
    copied(connection, 5, 15)
    kept = connection.execute("SELECT position, previous_hash, hash FROM acts WHERE position > 15").fetchall()
    connection.execute("UPDATE acts SET at = (SELECT at FROM acts WHERE position = 14) WHERE position = 15")
    rechained(connection, 15)
    for row in kept:
        connection.execute(
            "UPDATE acts SET previous_hash = %(previous_hash)s, hash = %(hash)s WHERE position = %(position)s", row
        )


def copied_to_the_end(connection: Forger) -> None:
    copied(connection, 3, 26)


def added_to_yesterday(connection: Forger) -> None:
    connection.execute("DELETE FROM acts WHERE position = 25")
    copied(connection, 24, 25, at="at + interval '1 second'")
    rechained(connection, 25)


def added_before(connection: Forger) -> None:
    copied(connection, 25, 26, at="at - interval '1 second'")
    rechained(connection, 26)


def swapped_neighbours(connection: Forger) -> None:
    swapped(connection, 5, 6)


def swapped_far(connection: Forger) -> None:
    swapped(connection, 2, 23)


def cut_off(connection: Forger) -> None:
    connection.execute("DELETE FROM acts WHERE position > 22")


def cut_off_and_written_on(connection: Forger) -> None:
    connection.execute("DELETE FROM acts WHERE position BETWEEN 23 AND 24")
    connection.execute("UPDATE acts SET position = 23 WHERE position = 25")
    copied(connection, 23, 24)
    rechained(connection, 23)


ACTS: list[tuple[Callable[[Forger], None], list[str]]] = [
    (changed, ["第 8 条内容被改动：与 hash 不符"]),
    (changed_and_hashed, ["第 9 条与第 8 条断链：其中一条是改写的，改写时重算了 hash"]),
    (changed_and_rechained, ["第 1–12 条中有改动，并重算了其后全部 hash：第 12 条不是 {0} 锚定的"]),
    (deleted, ["第 5–6 条缺失"]),
    (deleted_and_closed, ["原第 5–6 条缺失，其后的条目前移", "第 5–23 条原是第 7–25 条"]),
    (
        deleted_and_rechained,
        [
            "{0} 锚定到第 12 条，而第 11–12 条是以后写的：原有的条目被删去",
            "第 24 条缺失：{1} 已锚定到第 24 条",
        ],
    ),
    (inserted, ["第 15 条是插入的", "第 16–26 条原是第 15–25 条"]),
    (inserted_with_a_fitting_hash, ["第 15 条是插入的", "第 16–26 条原是第 15–25 条"]),
    (copied_to_the_end, ["第 26 条是插入的，照抄第 3 条"]),
    (added_to_yesterday, ["第 25 条署 {1} 或更早的时刻，却是该日锚定之后添加的"]),
    (added_before, ["第 26 条的时刻早于前一条，是补写的"]),
    (swapped_neighbours, ["第 5 条原是第 6 条", "第 6 条原是第 5 条"]),
    (swapped_far, ["第 2 条原是第 23 条", "第 23 条原是第 2 条"]),
    (cut_off, ["第 23–24 条缺失：{1} 已锚定到第 24 条"]),
    (cut_off_and_written_on, ["{1} 锚定到第 24 条，而第 23–24 条是以后写的：原有的条目被删去"]),
]


@pytest.mark.parametrize(("forge", "named"), ACTS, ids=lambda each: getattr(each, "__name__", ""))
async def test_what_was_done_to_the_acts_is_found_and_named(
    proof: Proof, forge: Callable[[Forger], None], named: list[str]
) -> None:
    assert await proof.found() == []
    with forger(proof.url) as connection:
        forge(connection)
    assert await proof.found() == [f"操作台账：{each}".format(*proof.days) for each in named]


def by(statement: str) -> Callable[[Forger], None]:
    def forge(connection: Forger) -> None:
        connection.execute(statement.encode())

    return forge


ORDERS: list[tuple[Callable[[Forger], None], list[str]]] = [
    (
        by("UPDATE audit_trail SET actor = 'admin' WHERE order_no = 'A' AND position = 2"),
        ["工单 A：第 2 条内容被改动"],
    ),
    (
        by("DELETE FROM audit_trail WHERE order_no = 'A' AND position > 4"),
        ["工单 A：{1} 锚定的第 6 条不见了", "工单 A：末尾不完整"],
    ),
    (
        by("DELETE FROM audit_trail WHERE order_no = 'B'; DELETE FROM order_views WHERE no = 'B'"),
        ["工单 B：{0} 锚定的第 3 条不见了", "工单 B：{1} 锚定的第 6 条不见了"],
    ),
    (
        by(
            "INSERT INTO audit_trail (order_no, position, at, event, actor, data, previous_hash, hash, recorded_at)"
            " SELECT 'C', 1, at, event, actor, data, previous_hash, hash, recorded_at FROM audit_trail"
            " WHERE order_no = 'A' AND position = 1"
        ),
        ["工单 C：第 1 条内容被改动", "工单 C：第 1 条署锚定之前的时刻，却不在锚定之内"],
    ),
    (
        by("UPDATE anchored_heads SET hash = repeat('a', 64) WHERE order_no = 'B' AND position = 3"),
        ["工单 B：{0} 锚定的第 3 条被改动：hash 应为 aaaa", "{0} 的锚：各工单的链头与所签的根不符"],
    ),
    (
        by("DELETE FROM anchored_heads WHERE order_no = 'B' AND position = 3"),
        ["{0} 的锚：应有 2 件工单的链头，实有 1 件"],
    ),
]


@pytest.mark.parametrize(("forge", "named"), ORDERS, ids=range(len(ORDERS)))
async def test_what_was_done_to_the_orders_is_found_and_named(
    proof: Proof, forge: Callable[[Forger], None], named: list[str]
) -> None:
    with forger(proof.url) as connection:
        forge(connection)
    found = await proof.found()
    assert len(found) == len(named), found
    assert all(each.startswith(start.format(*proof.days)) for each, start in zip(found, named, strict=True)), found


async def test_an_order_that_was_written_anew_is_found_by_its_anchor(proof: Proof, database: Database) -> None:
    with forger(proof.url) as connection:
        connection.execute("DELETE FROM audit_trail WHERE order_no = 'A'; DELETE FROM order_views WHERE no = 'A'")
    others = RecordBatch(order_no="A", events=tuple(event(n, unit="water") for n in range(1, 7)), view=view("A", 6))
    await Trail(database).record(others)
    assert await Trail(database).verify("A") == [], "it is whole by itself"
    found = await proof.found()
    assert [each.partition("：hash")[0] for each in found] == [
        f"工单 A：{day} 锚定的第 {position} 条被改动" for day, position in zip(proof.days, (3, 6), strict=True)
    ]


async def test_altered_anchors_are_found_and_named(proof: Proof, tmp_path: Path) -> None:
    kept = shutil.copytree(proof.published, tmp_path / "published")
    first, second = proof.days
    assert await proof.found(folder=kept) == []
    with forger(proof.url) as connection:
        forged = [':12,"head"', ':11,"head"', first]
        connection.execute("UPDATE anchors SET body = replace(body, %s, %s) WHERE day = %s", forged)
    found = await proof.found(folder=kept)
    assert found[0] == f"{first} 的锚：签名不符，内容或签名被改动"
    assert f"{second} 的锚：与前一天的锚断链" in found
    assert f"{first} 的锚：数据库中的与公布在{kept}的不同" in found
    with forger(proof.url) as connection:
        connection.execute("DELETE FROM anchors WHERE day = %s", [second])
    assert f"{second} 的锚：已公布在{kept}，数据库中没有" in await proof.found(folder=kept)


async def test_a_forger_who_has_the_key_too_is_found_by_what_was_published(proof: Proof, tmp_path: Path) -> None:
    kept = shutil.copytree(proof.published, tmp_path / "published")
    with forger(proof.url) as connection:
        connection.execute("DELETE FROM anchors; DELETE FROM anchored_heads")
        changed_and_rechained(connection)
    shutil.rmtree(proof.published)
    await proof.anchored()
    assert await proof.found() == [], "nothing inside the installation tells any more"
    assert await proof.found(folder=kept) == [f"{day} 的锚：数据库中的与公布在{kept}的不同" for day in proof.days]


async def test_one_day_is_checked_by_itself(proof: Proof) -> None:
    first, second = proof.days
    with forger(proof.url) as connection:
        changed(connection)
        connection.execute("UPDATE audit_trail SET actor = 'admin' WHERE order_no = 'B' AND position = 5")
    assert await proof.found(day=second) == ["工单 B：第 5 条内容被改动: seq、at、event、actor、data 与 hash 不符"]
    assert (await proof.found(day=first))[0] == "操作台账：第 8 条内容被改动：与 hash 不符"


async def test_the_command_tells_by_its_status(proof: Proof, tmp_path: Path) -> None:
    values = {"DATABASE_URL": proof.url, "JIESU_DATA": str(proof.settings.data_folder), "JIESU_DATA_KEY": DATA_KEY}

    def verify(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "cli.main", "audit", "verify", *words]
        return subprocess.run(
            command, cwd=ROOT, env=os.environ | values, capture_output=True, text=True, timeout=60, check=False
        )

    whole = verify("--anchors", str(proof.published))
    assert (whole.returncode, whole.stderr) == (0, "")
    assert whole.stdout == "25 条操作、2 件工单的台账、2 天的锚均完好\n"
    for words in (("--day", "yesterday"), ("--day", today().isoformat()), ("--anchors", str(tmp_path / "none"))):
        assert verify(*words).returncode == 2
    with forger(proof.url) as connection:
        changed(connection)
    broken = verify("--day", proof.days[0].isoformat())
    assert (broken.returncode, broken.stdout) == (1, "")
    assert broken.stderr == "操作台账：第 8 条内容被改动：与 hash 不符\n1 处不符\n"
