"""The end of retention: personal data of an order is erased, its figures and its trail are kept (NA-06)."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from adapters.archive.archive_check import Audit
from adapters.archive.signature import SigningKeys
from adapters.database.archive.bundles import ArchivedBundles
from adapters.database.audit.acts import Acts
from adapters.database.audit.trail import Trail
from adapters.database.engine import Database
from adapters.database.orders.attachments import Attachments, NewFile
from adapters.database.orders.documents import Documents
from adapters.database.orders.orders import Orders
from adapters.database.redaction.redaction import Redaction
from adapters.database.telephone.calls import Calls
from adapters.database.telephone.inbound_messages import InboundMessages, NewInbound
from adapters.database.telephone.messages import Messages
from adapters.files.object_store import Objects
from adapters.settings.settings import Settings
from application.orders.erasure import Eraser
from domain.calendar.business_calendar import CST
from domain.citizen.outbound_records import NewCall, NewMessage
from domain.policy.retention import years
from tests.activities.given import recorded
from tests.adapters.orders_at_hand import CANARY, new_order
from tests.domain.regimes import REGIMES
from tests.postgres import as_owner

NOW = datetime.now(CST)
PHONE = "13800138000"
Aged = Callable[[str, int], Awaitable[None]]


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return Objects(Settings.model_validate({"JIESU_DATA": tmp_path}))


@pytest.fixture
def aged(database: Database, objects: Objects, database_url: str) -> Aged:
    """A function that creates an order with personal data everywhere, archived the given number of days ago."""

    async def make(no: str, days: int) -> None:
        await Orders(database).open(new_order(no))
        await Documents(database).save(no, "", "submit_reply", "handling", f"{CANARY}正文")
        await Messages(database).claim(NewMessage(no, "N1", 1, "survey", "citizen", None, no, PHONE, f"{CANARY}短信"))
        await Calls(database).claim(NewCall(f"{no}:1", no, 0, no, 1, PHONE))
        await InboundMessages(database).keep(NewInbound(f"SM{no}", PHONE, f"5 {CANARY}", no, no))
        for key in (f"evidence/{no}", f"thumbnails/{no}", f"archives/{no}.zip"):
            await objects.put_if_absent(key, CANARY.encode())
        picture = NewFile(
            order_no=no,
            name=f"{CANARY}.png",
            media_type="image/png",
            size=1,
            sha256="0",
            uploaded_by="clerk",
            note=CANARY,
            object_key=f"evidence/{no}",
            thumbnail_key=f"thumbnails/{no}",
        )
        await Attachments(database).add(picture)
        await recorded(database, no, {"event": "order_opened"}, {"event": "order_closed", "outcome": "satisfied"})
        await ArchivedBundles(database).record(no, f"archives/{no}.zip", "0")
        with psycopg.connect(as_owner(database_url)) as connection:
            age = "UPDATE archives SET created_at = created_at - make_interval(days => %s) WHERE order_no = %s"
            connection.execute(age, (days, no))

    return make


def eraser(database: Database, objects: Objects) -> Eraser:
    return Eraser(Redaction(database), objects, REGIMES)


def stored(folder: Path) -> list[str]:
    """The names of the objects that are left."""
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


async def readable(database: Database, no: str) -> str:
    """All decrypted data of an order."""
    kept = [
        await Orders(database).get(no),
        await Documents(database).of_order(no),
        await Messages(database).of_order(no),
        await Calls(database).of_order(no),
        await InboundMessages(database).of_order(no),
        await Attachments(database).of_order(no),
    ]
    return str(kept).replace("-", "")


async def test_what_is_past_its_retention_says_nothing_of_people_any_more(
    database: Database, objects: Objects, aged: Aged, tmp_path: Path
) -> None:
    await aged("OLD", 11 * 366)
    await aged("YOUNG", 9 * 365)
    before = await Orders(database).view("OLD")
    said = await readable(database, "OLD")
    assert CANARY in said and PHONE in said

    assert await eraser(database, objects).erase_due("tester", NOW) == 1
    assert await eraser(database, objects).erase_due("tester", NOW) == 0

    left = await readable(database, "OLD")
    assert CANARY not in left and PHONE[-8:] not in left
    assert CANARY in await readable(database, "YOUNG")
    assert stored(tmp_path) == ["YOUNG", "YOUNG", "YOUNG.zip"]
    order = await Orders(database).get("OLD")
    assert order is not None and (order.regime, order.category, order.grade) == ("huojia", "complaint", "normal")
    assert await Orders(database).view("OLD") == before
    assert [each.content.event for each in await Trail(database).chain("OLD")][-1] == "erased"
    assert (await Audit(database, objects, SigningKeys("any")).of_order("OLD")).problems == ()


async def test_a_crash_between_store_and_database_is_made_good(
    database: Database, objects: Objects, aged: Aged
) -> None:
    await aged("OLD", 11 * 366)
    for each in await Redaction(database).objects_of("OLD"):
        await objects.delete(each.key)
    assert await eraser(database, objects).erase_due("tester", NOW) == 1
    assert CANARY not in await readable(database, "OLD")


async def test_what_is_held_is_kept_until_it_is_released(database: Database, objects: Objects, aged: Aged) -> None:
    await aged("OLD", 11 * 366)
    erasure = Redaction(database)
    assert not await erasure.hold("NONE", "tester", "诉讼中", NOW)
    assert await erasure.hold("OLD", "tester", "诉讼中", NOW)
    assert await eraser(database, objects).erase_due("tester", NOW) == 0
    assert not await eraser(database, objects).erase("OLD", "tester", NOW)
    assert CANARY in await readable(database, "OLD") and await objects.exists("archives/OLD.zip")
    assert await erasure.release("OLD", "tester", NOW + timedelta(seconds=1))
    assert await eraser(database, objects).erase_due("tester", NOW) == 1
    events = [each.content.event for each in await Trail(database).chain("OLD")]
    assert events[-3:] == ["erasure_held", "erasure_released", "erased"]
    acts = [each.act async for each in Acts(database).links()]
    assert [each.deed for each in acts] == ["archive_held", "archive_released", "archive_erased"]
    assert {(each.person, each.order_no, each.regime) for each in acts} == {("tester", "OLD", "huojia")}
    assert not await erasure.hold("OLD", "tester", "太晚", NOW)


@pytest.mark.parametrize("regime", REGIMES)
def test_consultations_are_kept_for_three_years_and_all_else_for_ten(regime: str) -> None:
    rules = REGIMES[regime].retention
    kept = [years(rules, category, "normal", frozenset(), "phone") for category in ("consult", "complaint", "help")]
    assert kept == [3, 10, 10]
    assert years((), "consult", "normal", frozenset(), "phone") is None


class LockedObjects(Objects):
    """A bucket that refuses to delete one order's evidence."""

    async def delete(self, key: str) -> None:
        if key == "evidence/A-LOCKED":
            raise PermissionError("locked")
        await super().delete(key)


async def test_an_order_that_cannot_be_erased_stands_in_nobodys_way(
    database: Database, tmp_path: Path, objects: Objects, aged: Aged
) -> None:
    await aged("A-LOCKED", 11 * 366)
    await aged("B-OLD", 11 * 366)
    locked = LockedObjects(Settings.model_validate({"JIESU_DATA": tmp_path}))
    with pytest.raises(ExceptionGroup, match="1 orders could not be erased, 1 were") as failed:
        await eraser(database, locked).erase_due("tester", NOW)
    assert failed.value.exceptions[0].__notes__ == ["order A-LOCKED"]
    assert await Redaction(database).begun() == ["A-LOCKED"]
    assert await eraser(database, objects).erase_due("tester", NOW) == 1
