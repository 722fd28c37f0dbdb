"""The row of an archive can be changed, the trail cannot: a removed archive is detected."""

from pathlib import Path

import psycopg
import pytest

from adapters.archive.archive_check import Audit
from adapters.archive.signature import SigningKeys
from adapters.database.archive.bundles import ArchivedBundles
from adapters.database.engine import Database
from adapters.database.orders.orders import Orders
from adapters.files.object_store import Objects
from adapters.settings.settings import Settings
from tests.activities.given import recorded
from tests.adapters.orders_at_hand import new_order
from tests.postgres import as_owner

BUNDLE = "archives/A.zip"
NO_NOTE, NO_ERASURE = "没有归档记录，而台账第 2 条为归档", "归档记录称已到期销毁，但台账中没有销毁的条目"


@pytest.fixture
def audit(database: Database, tmp_path: Path) -> Audit:
    return Audit(database, Objects(Settings.model_validate({"JIESU_DATA": tmp_path})), SigningKeys("any"))


async def archived(database: Database, no: str = "A", realm: str = "") -> None:
    await Orders(database).open(new_order(no, realm=realm))
    told = {"event": "order_archived", "bundle": BUNDLE, "sha256": "0"}
    await recorded(database, no, {"event": "order_closed", "outcome": "satisfied"}, told)
    await ArchivedBundles(database).record(no, BUNDLE, "0")


def changed(url: str, statement: str) -> None:
    with psycopg.connect(as_owner(url)) as connection:
        connection.execute(statement.encode())


async def test_an_erasure_that_the_trail_does_not_know_is_told(
    database: Database, audit: Audit, database_url: str
) -> None:
    await archived(database)
    changed(database_url, "UPDATE archives SET erased_at = now()")
    assert (await audit.of_order("A")).problems == (NO_ERASURE,)


async def test_an_order_whose_note_was_taken_away_is_still_looked_at(
    database: Database, audit: Audit, database_url: str
) -> None:
    await archived(database)
    await archived(database, "R", realm="R")
    assert await ArchivedBundles(database).numbers() == ["A"]
    changed(database_url, "DELETE FROM archives")
    assert await ArchivedBundles(database).numbers() == ["A"]
    assert await ArchivedBundles(database).numbers(after="A") == []
    assert (await audit.of_order("A")).problems == (NO_NOTE,)
    assert (await audit.of_order("B")).problems == ("没有归档记录",)


async def test_a_note_that_says_something_else_than_the_trail_is_told(
    database: Database, audit: Audit, database_url: str
) -> None:
    await archived(database)
    changed(database_url, "UPDATE archives SET bundle = 'archives/B.zip', sha256 = '1'")
    assert (await audit.of_order("A")).problems == (
        f"归档记录的归档包为 archives/B.zip，台账第 2 条为 {BUNDLE}",
        "归档记录的校验值为 1，台账第 2 条为 0",
        "归档包 archives/B.zip 不见了",
    )
