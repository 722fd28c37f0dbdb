"""Daily anchors: after a day its chains are covered by one signature, which is published."""

import asyncio
import json
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from adapters.archive.signature import SigningKeys
from adapters.database.audit.acts import Acts, day_begins
from adapters.database.audit.anchors import Anchors
from adapters.database.audit.merkle import Merkle
from adapters.database.audit.trail import Trail
from adapters.database.engine import Database
from adapters.files.object_store import Objects
from adapters.settings.settings import Settings
from application.audit.anchoring import AnchorConflict, Anchoring, key_of
from application.jobs.catalogue import JOBS
from application.services import Services
from domain.access.acts import Act, Deed
from tests.adapters.aged import aged, forger, today
from tests.adapters.orders_at_hand import batch

SIGNATURES = SigningKeys("the-key-of-the-tests")
READ = Act(deed=Deed.ORDER_READ, person="agent", order_no="A")


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return Objects(Settings.model_validate({"JIESU_DATA": tmp_path}))


@pytest.mark.parametrize("count", range(1, 9))
def test_the_root_is_the_one_of_the_standard(count: int) -> None:
    leaves = [str(number).encode() for number in range(count)]

    def root(part: list[bytes]) -> bytes:
        if len(part) == 1:
            return sha256(b"\x00" + part[0]).digest()
        split = 1 << ((len(part) - 1).bit_length() - 1)
        return sha256(b"\x01" + root(part[:split]) + root(part[split:])).digest()

    tree = Merkle()
    for leaf in leaves:
        tree.add(leaf)
    assert tree.root == root(leaves).hex()


async def test_days_that_are_over_are_anchored_in_a_chain(
    database: Database, database_url: str, objects: Objects
) -> None:
    acts, trail, anchors = Acts(database), Trail(database), Anchors(database)
    assert await Anchoring(database, objects, SIGNATURES).make_due() == 0
    await acts.note(READ, READ)
    await trail.record(batch("A", 1, 3))
    await trail.record(batch("B", 1, 1))
    aged(database_url, days=3)
    await acts.note(READ)
    await trail.record(batch("A", 4, 4))
    aged(database_url, days=1)
    await acts.note(READ)
    await trail.record(batch("A", 5, 5))

    assert sum(await asyncio.gather(*(Anchoring(database, objects, SIGNATURES).make_due() for _ in range(3)))) == 4
    assert await Anchoring(database, objects, SIGNATURES).make_due() == 0

    made = await anchors.all()
    assert [each.day for each in made] == [today() - timedelta(days=back) for back in (4, 3, 2, 1)]
    bodies = [json.loads(each.body) for each in made]
    assert [body["acts"]["count"] for body in bodies] == [2, 0, 0, 1]
    assert [body["acts"]["last"] for body in bodies] == [2, 2, 2, 3]
    assert [body["orders"]["count"] for body in bodies] == [2, 0, 0, 1]
    links = [link async for link in acts.links()]
    assert bodies[0]["acts"]["head"] == bodies[2]["acts"]["head"] == links[1].hash
    assert [body["previous"] for body in bodies[1:]] == [sha256(each.body.encode()).hexdigest() for each in made[:-1]]
    heads = [head async for head in anchors.heads(made[0].day)]
    assert [(head.order_no, head.position) for head in heads] == [("A", 3), ("B", 1)]
    assert all(head.hash == head.now for head in heads)
    for each in made:
        file = json.loads(await objects.get(key_of(each.day)) or b"")
        assert (file["body"], file["key"]) == (each.body, SIGNATURES.fingerprint)
        assert SIGNATURES.holds(each.signed, bytes.fromhex(file["signature"]))


async def test_what_is_written_while_the_day_ends_is_under_the_anchor_of_one_of_the_days(
    database: Database, database_url: str, objects: Objects
) -> None:
    trail, ended = Trail(database), today() - timedelta(days=2)
    await trail.record(batch("A", 1, 1))
    aged(database_url, days=2)
    await Anchors(database).make(ended, SIGNATURES.sign)
    await trail.record(batch("LATE", 1, 1))
    # Its transaction began before midnight, and was not visible yet when the day was anchored.
    late = day_begins(ended + timedelta(days=1)) - timedelta(seconds=10)
    with forger(database_url) as connection:
        connection.execute("UPDATE audit_trail SET recorded_at = %s WHERE order_no = 'LATE'", [late])
    assert await Anchoring(database, objects, SIGNATURES).make_due() == 1
    assert [head.order_no async for head in Anchors(database).heads(today() - timedelta(days=1))] == ["LATE"]


async def test_what_a_crash_left_unpublished_is_published_and_nothing_is_replaced(
    database: Database, database_url: str, objects: Objects, tmp_path: Path
) -> None:
    await Acts(database).note(READ)
    aged(database_url, days=1)
    day = today() - timedelta(days=1)
    await Anchors(database).make(day, SIGNATURES.sign)
    assert await Anchoring(database, objects, SIGNATURES).make_due() == 0
    assert await objects.exists(key_of(day))

    other = Objects(Settings.model_validate({"JIESU_DATA": tmp_path / "other"}))
    await other.put_if_absent(key_of(day), b"another")
    with forger(database_url) as connection:
        connection.execute("DELETE FROM anchors")
    with pytest.raises(AnchorConflict, match=day.isoformat()):
        await Anchoring(database, other, SIGNATURES).make_due()
    assert await other.get(key_of(day)) == b"another"


async def test_a_periodic_job_makes_it(database: Database, database_url: str, objects: Objects) -> None:
    await Acts(database).note(READ)
    aged(database_url, days=2)
    settings = SimpleNamespace(archive_key="the-key-of-the-tests")
    services = cast(Services, SimpleNamespace(database=database, objects=objects, settings=settings))
    assert [await JOBS["anchors"].run(services) for _ in range(2)] == [2, 0]
    made = await Anchors(database).all()
    assert all(SIGNATURES.holds(each.signed, bytes.fromhex(each.signature)) for each in made)
