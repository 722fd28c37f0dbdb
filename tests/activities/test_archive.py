"""Bundles: whole, checkable by anyone, written once."""

import json
import zipfile
from collections.abc import Callable
from datetime import date
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import bagit
import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.archive import Archive, Archived
from activities.limits import LIMITS
from adapters.bagit_archive import Bundles, NotABundle
from adapters.database.archives import Archives, Bundle
from adapters.database.attachments import Attachments, NewFile
from adapters.database.documents import Documents
from adapters.database.engine import Database
from adapters.database.orders import Orders
from adapters.database.policies import Policies
from adapters.database.trail import Trail
from adapters.object_store import Objects
from adapters.settings import Settings
from domain.effects import Effect
from domain.view import RecordBatch
from tests.activities.given import NO, TEMPLATES, recorded
from tests.adapters.orders_at_hand import CANARY, event, view

EFFECT = Effect(kind="archive", key=f"{NO}:archive", order_no=NO)
CLOSED = {"event": "order_closed", "outcome": "satisfied", "at": "2026-12-31T23:30:00+08:00"}
KEY = f"archives/2026/{NO}.zip"


class LosesTheNote(Archives):
    """The process ends after the bundle was written and before that was noted."""

    async def record(self, order_no: str, bundle: str, sha256: str) -> Bundle:
        raise ConnectionResetError


@pytest.fixture
def objects(settings_for: Callable[..., Settings]) -> Objects:
    return Objects(settings_for())


async def perform(database: Database, objects: Objects, archives: Archives | None = None) -> Archived:
    archive = Archive(
        Orders(database),
        Trail(database),
        Documents(database),
        Attachments(database),
        Policies(database),
        archives or Archives(database),
        objects,
        Bundles(),
    )
    return await ActivityEnvironment().run(archive.archive, EFFECT)


async def closed(database: Database) -> None:
    """The order has lived: words, a file, and events up to its closing."""
    await Documents(database).save(NO, "", "submit_reply", "handling", "已清运完毕")
    await recorded(database, NO, {"event": "order_opened"}, CLOSED)


async def test_a_bundle_is_a_valid_bag_with_all_that_is_known(
    hotline: Database, objects: Objects, folder: Path, tmp_path: Path
) -> None:
    await closed(hotline)
    await objects.put_if_absent("attachments/one", b"photo")
    photo = NewFile(
        order_no=NO,
        name="照片.jpg",
        media_type="image/jpeg",
        size=5,
        sha256=sha256(b"photo").hexdigest(),
        object_key="attachments/one",
        uploaded_by="clerk",
    )
    await Attachments(hotline).add(photo, file_id="att-1")
    archived = await perform(hotline, objects)
    stored = (folder / "objects" / KEY).read_bytes()
    assert archived == Archived(bundle=KEY, sha256=sha256(stored).hexdigest())

    with zipfile.ZipFile(BytesIO(stored)) as packed:
        packed.extractall(tmp_path)
    bag = bagit.Bag(str(tmp_path / NO))
    bag.validate()
    assert (bag.version_info, bag.info["External-Identifier"], bag.info["Bagging-Date"]) == ((1, 0), NO, "2026-12-31")

    data = tmp_path / NO / "data"
    told = {path.stem: json.loads(path.read_text()) for path in data.glob("*.json")}
    assert told["order"]["title"] == f"{CANARY}标题"
    assert [entry["event"] for entry in told["timeline"]] == ["order_opened", "order_closed"]
    assert told["chain"][1]["previous_hash"] == told["chain"][0]["hash"]
    assert told["view"]["no"] == NO
    assert [document["text"] for document in told["documents"]] == ["已清运完毕"]
    assert told["policies"]["abc"]["templates"] == TEMPLATES
    assert told["attachments"][0]["name"] == "照片.jpg"
    assert (data / "attachments" / "att-1").read_bytes() == b"photo"


async def test_archiving_twice_gives_the_same_bundle(hotline: Database, objects: Objects) -> None:
    await closed(hotline)
    assert await perform(hotline, objects) == await perform(hotline, objects)


async def test_a_crash_between_writing_and_noting_leaves_one_bundle(hotline: Database, objects: Objects) -> None:
    await closed(hotline)
    with pytest.raises(ConnectionResetError):
        await perform(hotline, objects, LosesTheNote(hotline))
    written = await objects.get(KEY)
    assert written is not None
    # What happened since would make another bundle; the one that is there stands.
    later = event(3, "notice_sent", notice="N1")
    await Trail(hotline).record(RecordBatch(order_no=NO, events=(later,), view=view(NO, 3)))
    assert await perform(hotline, objects) == Archived(bundle=KEY, sha256=sha256(written).hexdigest())
    assert await objects.get(KEY) == written


async def test_something_else_in_its_place_is_never_replaced(hotline: Database, objects: Objects) -> None:
    await closed(hotline)
    await objects.put_if_absent(KEY, b"something else")
    with pytest.raises(NotABundle):
        await perform(hotline, objects)
    assert await objects.get(KEY) == b"something else"
    assert NotABundle.__name__ in (LIMITS["archive"].retry.non_retryable_error_types or ())


async def test_it_waits_until_the_closing_is_recorded(hotline: Database, objects: Objects) -> None:
    await recorded(hotline, NO, {"event": "order_opened"})
    with pytest.raises(ApplicationError) as early:
        await perform(hotline, objects)
    assert (early.value.type, early.value.non_retryable) == ("NotRecordedYet", False)
    assert not await objects.exists(KEY)


def test_equal_content_is_equal_bytes_in_whatever_order_it_comes() -> None:
    files = {"a.json": b"1", "b.json": b"2"}
    day = date(2026, 12, 31)
    assert Bundles().pack("1", day, files) == Bundles().pack("1", day, dict(reversed(files.items())))
    assert Bundles().pack("1", day, files) != Bundles().pack("1", day, files | {"a.json": b"3"})


def test_a_changed_byte_another_order_and_rubbish_are_found() -> None:
    bundle = Bundles().pack("1", date(2026, 12, 31), {"order.json": b"the citizen's words"})
    Bundles().verify("1", bundle)
    for name, content in (("1", bundle.replace(b"words", b"deeds")), ("2", bundle), ("1", b"")):
        with pytest.raises(NotABundle):
            Bundles().verify(name, content)
