"""Acts of the installation: one chain for all writers, which nobody can change."""

import asyncio
import hashlib
import json
from datetime import UTC

import psycopg
import pytest
from alembic import command
from sqlalchemy.exc import OperationalError

from adapters.database import migration
from adapters.database.audit.acts import ActFilter, Acts, append
from adapters.database.encryption import Keyring
from adapters.database.engine import Database, driver_url
from domain.access.acts import Act, Deed
from tests.postgres import as_owner

READ = Act(deed=Deed.ORDER_READ, person="agent", role="agent", regime="x", order_no="1", data={"revealed": True})


async def test_the_hash_is_what_the_documentation_says(database: Database) -> None:
    await Acts(database).note(READ)
    [link] = [each async for each in Acts(database).links()]
    stored = {
        "about": None,
        "at": link.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "code": None,
        "data": {"revealed": True},
        "deed": "order_read",
        "order_no": "1",
        "outcome": "done",
        "person": "agent",
        "position": 1,
        "regime": "x",
        "request": None,
        "role": "agent",
        "source": None,
    }
    text = "0" * 64 + "\n" + json.dumps(stored, separators=(",", ":"))
    assert link.hash == hashlib.sha256(text.encode()).hexdigest() == link.hashed_at(1)


async def test_many_writers_of_many_processes_make_one_chain(database: Database) -> None:
    processes = [Acts(database) for _ in range(4)]
    pair = (READ, Act(deed=Deed.FILES_LISTED, person="agent"))
    await asyncio.gather(*(processes[number % 4].note(*pair) for number in range(200)))

    links = [each async for each in processes[0].links(page=37)]

    assert [each.position for each in links] == list(range(1, 401))
    assert all(each.hash == each.hashed_at(each.position) for each in links)
    assert [each.previous_hash for each in links[1:]] == [each.hash for each in links[:-1]]
    assert sorted(links, key=lambda each: each.at) == links
    assert {each.act.deed for each in links[::2]} == {Deed.ORDER_READ}, "the acts of one stand behind each other"


async def test_an_act_stands_or_falls_with_the_transaction_that_it_belongs_to(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.begin() as session:
            await append(session, [READ])
            raise ZeroDivisionError
    assert [each async for each in Acts(database).links()] == []


async def test_an_act_that_cannot_be_written_is_told_to_everyone_who_waits(tmp_path: object) -> None:
    nowhere = Database(f"postgresql://postgres@/x?host={tmp_path}", Keyring("k"), pool_size=1)
    acts = Acts(nowhere)
    told = await asyncio.gather(*(acts.note(READ) for _ in range(5)), return_exceptions=True)
    assert [type(each) for each in told] == [OperationalError] * 5
    await nowhere.dispose()


async def test_what_no_row_can_hold_is_replaced_and_the_act_is_kept(database: Database) -> None:
    await Acts(database).note(Act(deed=Deed.REFUSED, person="a\x00b\ud800", about="长" * 500))
    [link] = (await Acts(database).find(ActFilter())).items
    assert (link.act.person, link.act.about) == ("a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}", "长" * 200)
    assert link.hash == link.hashed_at(1)


async def test_lists_are_filtered_and_paged_with_the_latest_first(database: Database) -> None:
    acts = Acts(database)
    for number in range(5):
        await acts.note(READ, Act(deed=Deed.SIGNED_IN, person=f"p{number}", order_no=None))
    first = await acts.find(ActFilter(order_no="1"), limit=3)
    rest = await acts.find(ActFilter(order_no="1"), cursor=first.next, limit=3)
    assert [each.position for each in (*first.items, *rest.items)] == [9, 7, 5, 3, 1]
    assert rest.next is None
    assert [each.position for each in (await acts.find(ActFilter(person="p3"))).items] == [8]
    assert (await acts.find(ActFilter(deed="signed_in", regime="x"))).items == ()
    assert (await acts.find(ActFilter(day=first.items[0].at.date().replace(year=2000)))).items == ()


@pytest.mark.parametrize("table", ["acts", "anchors", "anchored_heads"])
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"])
async def test_the_server_refuses_to_alter_the_proof(
    database: Database, database_url: str, table: str, change: str
) -> None:
    await Acts(database).note(READ)
    column = "position" if table == "acts" else "day"
    with psycopg.connect(as_owner(database_url)) as connection:
        connection.execute("INSERT INTO anchors VALUES ('2026-01-01', '{}', 'aa')")
        connection.execute("INSERT INTO anchored_heads VALUES ('2026-01-01', '1', 1, 'aa')")
        with pytest.raises(psycopg.errors.RestrictViolation, match=table):
            connection.execute(change.format(table, column, column).encode())


async def test_a_database_that_is_brought_up_tells_from_where_and_by_whom(
    database: Database, database_url: str
) -> None:
    owner = as_owner(database_url)
    with migration._connection(driver_url(owner)) as connection:
        command.downgrade(migration._config(connection), "0011_bound")
        connection.commit()
    for _ in range(2):
        migration.upgrade(owner, "operator", serving=database_url)
    [link] = (await Acts(database).find(ActFilter())).items
    assert (link.act.deed, link.act.person) == (Deed.DATABASE_UPGRADED, "operator")
    assert link.act.data == {"from": "0011_bound", "to": migration.head()}
