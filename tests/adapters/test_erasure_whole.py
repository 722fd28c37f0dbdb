"""An erasure is complete: every column of every table and every object, also after a crash."""

import asyncio
from types import SimpleNamespace
from typing import cast

import psycopg
import pytest
from sqlalchemy import LargeBinary

from adapters.database.audit.trail import Trail
from adapters.database.city.messages import WEBHOOK, CityMessages
from adapters.database.engine import Database
from adapters.database.redaction.personal_columns import blanked_columns
from adapters.database.redaction.redaction import Redaction
from adapters.database.tables import Table
from adapters.database.telephone.inbound_messages import InboundMessages, NewInbound
from adapters.files.object_store import Objects
from adapters.settings.settings import Settings
from application.orders.erasure import Eraser, erase_due_orders
from application.services import Services
from domain.policy.retention import Retention
from tests.adapters.orders_at_hand import CANARY
from tests.adapters.said_of_people import NO, PHONE, THEN, left, personal
from tests.domain.regimes import REGIMES


def eraser(database: Database, objects: Objects, *, rules: bool = True) -> Eraser:
    return Eraser(Redaction(database), objects, REGIMES if rules else {})


@pytest.mark.usefixtures("archived")
async def test_nothing_that_names_or_quotes_a_person_is_left_in_any_table(
    database: Database, settings: Settings
) -> None:
    before = await personal(database)
    assert len(before["work_orders"]) >= 14
    tables = {"attachments", "call_tasks", "calls", "city_messages", "documents", "inbound_messages", "messages"}
    assert tables <= before.keys()
    assert await eraser(database, Objects(settings)).erase_due("tester", THEN) == 1
    assert (await personal(database), await left(settings)) == ({}, [])
    assert await Trail(database).verify(NO) == []


def test_whoever_adds_a_sealed_column_has_to_say_what_becomes_of_it() -> None:
    sealed = {
        (table.name, column.name)
        for table in Table.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    kept = {("contacts", "name"), ("contacts", "phone"), ("archives", "hold_reason")}
    # An answer to a repeated request is deleted long before any erasure (`application.jobs.expired_records`).
    kept |= {("idempotency_keys", "response")}
    # Second factors of staff belong to no order.
    kept |= {("users", "totp_secret"), ("users", "totp_pending")}
    # An opt-out outlives every order.
    kept |= {("opt_outs", "phone")}
    assert sealed - kept <= blanked_columns()


@pytest.mark.parametrize(("ruled", "gone"), [(True, {"11", "4 text"}), (False, {"4 text"})])
async def test_what_came_in_and_belongs_to_no_order_is_erased_by_the_retention_of_others(
    ruled: bool, gone: set[str], database: Database, database_url: str, settings: Settings
) -> None:
    city, inbound = CityMessages(database), InboundMessages(database)
    with psycopg.connect(database_url, autocommit=True) as connection:
        for id_, years in (("11", 11), ("9", 9), ("11 of an order", 11)):
            await city.keep(id_, "order_changed", CANARY, WEBHOOK)
            await city.finish(id_, "refused", code="not_allowed", reason=CANARY)
            age = "UPDATE city_messages SET received_at = now() - make_interval(years => %s) WHERE id = %s"
            connection.execute(age, [years, id_])
        for sid, years, no in (("4 text", 4, None), ("2 text", 2, None), ("4 text of an order", 4, NO)):
            await inbound.keep(NewInbound(sid, PHONE, CANARY, no, no))
            age = "UPDATE inbound_messages SET created_at = now() - make_interval(years => %s) WHERE sid = %s"
            connection.execute(age, [years, sid])
    await city.about("11 of an order", order_no=NO)

    def rules(*years: int) -> tuple[Retention, ...]:
        return tuple(Retention.model_validate({"years": each, "clause": "NA-06"}) for each in years)

    one, other = (regime for regime in list(REGIMES.values())[:2])
    regimes = {
        "one": one.model_copy(update={"retention": rules(3, 10)}),
        "other": other.model_copy(update={"retention": rules(10) if ruled else ()}),
    }
    rule_books = SimpleNamespace(regimes=regimes)
    services = SimpleNamespace(database=database, objects=Objects(settings), rule_books=rule_books)
    before = await said(database)
    for _ in range(2):
        assert await erase_due_orders(cast(Services, services)) == 0
    assert before - await said(database) == gone


async def said(database: Database) -> set[str]:
    """The messages and texts that still say something of a person."""
    messages = {row.id: str(row) for row in (await CityMessages(database).list()).items}
    texts = {row.sid: str(row) for row in (await InboundMessages(database).in_state(None)).items}
    return {name for name, row in (messages | texts).items() if CANARY in row or PHONE in row}


class TornError(BaseException):
    """The process ends here."""


class TornObjects(Objects):
    """A store whose client dies after deleting a number of objects."""

    def __init__(self, settings: Settings, many: int) -> None:
        super().__init__(settings)
        self._left = many

    async def delete(self, key: str) -> None:
        if self._left == 0:
            raise TornError
        self._left -= 1
        await super().delete(key)


@pytest.mark.parametrize("deleted", [0, 1, 2])
@pytest.mark.usefixtures("archived")
async def test_what_a_crash_left_is_finished_whatever_the_rules_say_by_then(
    deleted: int, database: Database, settings: Settings
) -> None:
    with pytest.raises(TornError):
        await eraser(database, TornObjects(settings, deleted)).erase_due("tester", THEN)
    assert not await Redaction(database).hold(NO, "tester", "太迟", THEN), "nobody holds what is half gone"
    assert await eraser(database, Objects(settings), rules=False).erase_due("tester", THEN) == 1
    assert (await personal(database), await left(settings)) == ({}, [])
    assert await Redaction(database).begun() == []


@pytest.mark.usefixtures("archived")
async def test_processes_at_once_erase_it_once(database: Database, settings: Settings) -> None:
    each = (eraser(database, Objects(settings)).erase_due("tester", THEN) for _ in range(4))
    assert sum(await asyncio.gather(*each)) == 1
    events = [link.content.event for link in await Trail(database).chain(NO)]
    assert events.count("erased") == 1
