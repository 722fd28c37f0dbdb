"""Data written about an order after its erasure is erased too, in every way of writing, and at little cost."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.script import ScriptDirectory

from adapters.database import migration
from adapters.database.access.confidentiality import Entry, Viewers
from adapters.database.audit.acts import Acts
from adapters.database.audit.trail import Trail
from adapters.database.city.messages import WEBHOOK, CityMessages
from adapters.database.engine import Database, driver_url
from adapters.database.orders.attachments import Attachments, NewFile
from adapters.database.orders.documents import Documents
from adapters.database.redaction.personal_columns import blanked_columns
from adapters.database.redaction.redaction import Redaction
from adapters.database.telephone.call_tasks import CallTasks
from adapters.database.telephone.calls import Calls
from adapters.database.telephone.inbound_messages import InboundMessages, NewInbound
from adapters.database.telephone.messages import Messages
from adapters.files.object_store import Objects
from adapters.settings.settings import Settings
from application.orders.erasure import LATE_STAYS, Eraser
from domain.citizen.outbound_records import NewCall, NewMessage
from tests.adapters.orders_at_hand import CANARY
from tests.adapters.said_of_people import NO, PHONE, THEN, left, personal
from tests.domain.regimes import REGIMES
from tests.postgres import as_owner

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def eraser(database: Database, settings: Settings) -> Eraser:
    return Eraser(Redaction(database), Objects(settings), REGIMES)


async def a_text(database: Database) -> None:
    await Documents(database).save(NO, "", "submit_reply", "handling", CANARY)


async def a_message(database: Database) -> None:
    await Messages(database).claim(NewMessage(NO, "N2", 1, "survey", "citizen", None, NO, PHONE, CANARY))


async def an_id_of_the_provider(database: Database) -> None:
    await Messages(database).sent(f"{NO}:N1", "SMofcitizen")


async def a_call(database: Database) -> None:
    await Calls(database).claim(NewCall(f"{NO}:late", NO, 0, NO, 1, PHONE))


async def a_note(database: Database) -> None:
    about: Any = {"regime": "huojia", "template": "survey", "to_role": "citizen", "unit": None, "party": NO}
    await CallTasks(database).open(f"{NO}:late", NO, realm="", **about)
    await CallTasks(database).done(f"{NO}:late", "wang", CANARY)


async def an_answer(database: Database) -> None:
    await InboundMessages(database).keep(NewInbound("IN2", PHONE, CANARY, NO, NO))


async def an_answer_that_was_found_out_to_be_about_it(database: Database) -> None:
    await InboundMessages(database).about("stray", NO, NO)


async def a_message_of_the_city_that_was_found_out_to_be_about_it(database: Database) -> None:
    await CityMessages(database).about("stray", order_no=NO)


async def a_reason(database: Database) -> None:
    await CityMessages(database).finish("city-1", "refused", code="invalid", reason=CANARY)


async def a_file_that_lay_about(database: Database) -> None:
    assert await Attachments(database).bind(NO, ["loose"]) == set()


async def a_viewer(database: Database) -> None:
    await Viewers(database).add(NO, "li", Entry("admin", "admin", datetime.now(UTC)))


LATE: tuple[Callable[[Database], Awaitable[None]], ...] = (
    a_text,
    a_message,
    an_id_of_the_provider,
    a_call,
    a_note,
    an_answer,
    an_answer_that_was_found_out_to_be_about_it,
    a_message_of_the_city_that_was_found_out_to_be_about_it,
    a_reason,
    a_file_that_lay_about,
    a_viewer,
)


async def strays(database: Database, settings: Settings) -> None:
    """Store data that belongs to no order yet, before the erasure."""
    await InboundMessages(database).keep(NewInbound("stray", PHONE, CANARY, None, None))
    await CityMessages(database).keep("stray", "order_changed", CANARY, WEBHOOK)
    for key in ("attachments/late", "attachments/late.thumbnail.jpg"):
        await Objects(settings).put_if_absent(key, CANARY.encode())
    loose: dict[str, Any] = {
        "name": CANARY,
        "media_type": "image/jpeg",
        "size": 1,
        "sha256": "",
        "uploaded_by": "clerk",
    }
    loose |= {"object_key": "attachments/late", "thumbnail_key": "attachments/late.thumbnail.jpg"}
    await Attachments(database).add(NewFile(**loose), file_id="loose")


@pytest.mark.usefixtures("archived")
async def test_whatever_is_written_after_an_erasure_is_erased_a_week_later(
    database: Database, settings: Settings
) -> None:
    erase, in_a_week = eraser(database, settings).erase_due, datetime.now(UTC) + LATE_STAYS
    assert await erase("tester", THEN) == 1
    await strays(database, settings)
    for number, write in enumerate(LATE):
        await write(database)
        said = await personal(database)
        assert await erase("tester", in_a_week - HOUR) == 0, "it may be under way, and somebody may have to read it"
        assert await personal(database) == said
        then = in_a_week + HOUR + number * DAY
        assert [await erase("tester", then) for _ in range(2)] == [1, 0], write.__name__
    assert (await personal(database), await left(settings)) == ({}, [])
    rows = [link.content for link in await Trail(database).chain(NO) if link.content.event == "erased"]
    assert [row.data.get("late", False) for row in rows] == [False] + [True] * len(LATE)
    assert await Trail(database).verify(NO) == []
    acts = [each.act async for each in Acts(database).links()]
    assert [sum(int(value or 0) for value in each.data.values()) for each in acts[1:]] == [1] * len(LATE)


class LateObjects(Objects):
    """A store during whose first deletion the order gets one more file."""

    def __init__(self, settings: Settings, database: Database) -> None:
        super().__init__(settings)
        self._late: Attachments | None = Attachments(database)

    async def delete(self, key: str) -> None:
        late, self._late = self._late, None
        if late is not None:
            await late.bind(NO, ["loose"])
        await super().delete(key)


@pytest.mark.usefixtures("archived")
async def test_a_file_that_comes_while_others_are_deleted_is_deleted_with_them(
    database: Database, settings: Settings
) -> None:
    await strays(database, settings)
    objects = LateObjects(settings, database)
    assert await Eraser(Redaction(database), objects, REGIMES).erase_due("tester", THEN) == 1
    assert await left(settings) == []


@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.usefixtures("archived")
async def test_an_erasure_and_who_writes_at_the_same_time_wait_for_each_other(
    begun: bool, database: Database, database_url: str, settings: Settings
) -> None:
    if begun:
        await Redaction(database).begin(NO)
    async with await psycopg.AsyncConnection.connect(database_url) as writer:
        write = (
            "INSERT INTO documents (id, order_no, realm, kind, field, text, fingerprint)"
            " VALUES ('d', %s, '', 'a', 'b', %s, 'f')"
        )
        await writer.execute(write, [NO, database.keyring.encrypt(CANARY)])
        erasing = asyncio.create_task(eraser(database, settings).erase_due("tester", THEN))
        await held_up(database_url, by=writer.info.backend_pid)
        await writer.commit()
    assert await erasing == 1
    assert await personal(database) == {}


@pytest.mark.usefixtures("archived")
async def test_what_is_written_while_an_erasure_is_at_its_last_step_is_noted(
    database: Database, database_url: str, settings: Settings
) -> None:
    """A connection that holds the locks of an erasure that has blanked everything and is not committed yet."""
    await Redaction(database).begin(NO)
    async with await psycopg.AsyncConnection.connect(database_url) as erasing:
        await erasing.execute("UPDATE archives SET erased_at = now() WHERE order_no = %s", [NO])
        writing = asyncio.create_task(a_text(database))
        await held_up(database_url, by=erasing.info.backend_pid)
        await erasing.commit()
    await writing
    assert await Redaction(database).late(THEN) == [NO]


async def held_up(url: str, by: int) -> None:
    """Return when another connection waits for this one."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as looking, asyncio.timeout(30):
        waits = "SELECT count(*) FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))"
        while (await (await looking.execute(waits, [by])).fetchone()) == (0,):  # noqa: ASYNC110 (no event reports it)
            await asyncio.sleep(0.01)


@pytest.mark.usefixtures("archived")
async def test_what_came_late_before_it_was_noted_is_found_when_the_database_is_upgraded(
    database: Database, database_url: str, settings: Settings
) -> None:
    await eraser(database, settings).erase_due("tester", THEN)
    owner = as_owner(database_url)
    with migration._connection(driver_url(owner)) as connection:
        config = migration._config(connection)
        noting = ScriptDirectory.from_config(config).get_revision("0016_late")
        command.downgrade(config, str(noting.down_revision))
        connection.commit()
    with psycopg.connect(owner) as writer:
        late = "INSERT INTO inbound_messages (sid, phone_index, from_phone, body, state, order_no)"
        seal = database.keyring.encrypt
        writer.execute(late + " VALUES ('late', 'f', %s, %s, 'read', %s)", [seal(PHONE), seal(CANARY), NO])
    migration.upgrade(owner, serving=database_url)
    assert await eraser(database, settings).erase_due("tester", THEN) == 1
    assert await personal(database) == {}


def test_what_is_erased_is_what_is_noted_when_it_comes_late(database_url: str) -> None:
    with psycopg.connect(as_owner(database_url)) as connection:
        noted = connection.execute(
            "SELECT event_object_table, event_object_column FROM information_schema.triggered_update_columns"
            " WHERE trigger_name LIKE '%_late' AND event_object_column <> 'order_no'"
        ).fetchall()
    theirs = {(table, column) for table, column in blanked_columns() if table != "work_orders"}
    assert set(noted) - {("order_viewers", "username")} == theirs, "an order is written by its intake alone"
