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

from activities.archive import Archive, Archived, Sources
from activities.archive_ports import Piece
from activities.limits import LIMITS
from adapters.archive_signature import Signer
from adapters.bagit_archive import Bundles, NotABundle
from adapters.database.archives import Archives, Bundle
from adapters.database.attachments import Attachments, NewFile
from adapters.database.calls import Calls
from adapters.database.catalogue import Catalogue
from adapters.database.documents import Documents
from adapters.database.engine import Database
from adapters.database.inbound_messages import InboundMessages
from adapters.database.messages import Messages
from adapters.database.orders import Orders
from adapters.database.policies import Policies
from adapters.database.trail import Trail
from adapters.object_store import Objects
from adapters.settings import Settings
from adapters.sheets import Sheets
from domain.effects import Effect
from domain.view import RecordBatch
from tests.activities.given import NO, TEMPLATES, recorded
from tests.adapters.orders_at_hand import CANARY, event, view

KEY_OF_THE_TEST = "the archive's key in tests"
SIGNER = Signer(KEY_OF_THE_TEST)
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


def sources(database: Database) -> Sources:
    return Sources(
        Orders(database),
        Trail(database),
        Documents(database),
        Attachments(database),
        Policies(database),
        Catalogue(database),
        Messages(database),
        InboundMessages(database),
        Calls(database),
    )


async def perform(database: Database, objects: Objects, archives: Archives | None = None) -> Archived:
    archive = Archive(sources(database), archives or Archives(database), objects, Bundles(SIGNER), Sheets())
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
    told = {path.stem: json.loads(path.read_text()) for path in data.rglob("*.json")}
    assert told["order"]["title"] == f"{CANARY}标题"
    assert [entry["event"] for entry in told["timeline"]] == ["order_opened", "order_closed"]
    assert told["chain"][1]["previous_hash"] == told["chain"][0]["hash"]
    assert told["view"]["no"] == NO
    assert [document["text"] for document in told["documents"]] == ["已清运完毕"]
    assert told["policies"]["abc"]["templates"] == TEMPLATES
    assert (told["evidence"][0]["name"], told["evidence"][0]["path"]) == ("照片.jpg", "personal/evidence/att-1.jpeg")
    assert (data / "personal" / "evidence" / "att-1.jpeg").read_bytes() == b"photo"
    assert CANARY in (data / "personal" / "sheet.html").read_text()
    assert (data / "personal" / "sheet.pdf").read_bytes().startswith(b"%PDF-")
    shown = [path for path in data.rglob("*") if path.is_file() and "personal" not in path.parts]
    assert len(shown) == 7 and not [path for path in shown if CANARY in path.read_text()]


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


DAY = date(2026, 12, 31)


def packed(folder: Path, name: str, files: dict[str, bytes], *pieces: Piece) -> bytes:
    file = folder / "bundle.zip"
    Bundles(SIGNER).pack(file, name, DAY, files, pieces)
    return file.read_bytes()


def faults(folder: Path, name: str, content: bytes, signer: Signer = SIGNER) -> tuple[str, ...]:
    file = folder / "checked.zip"
    file.write_bytes(content)
    try:
        Bundles(signer).verify(name, file)
    except NotABundle as error:
        assert error.faults
        return error.faults
    return ()


def test_equal_content_is_equal_bytes_in_whatever_order_it_comes(tmp_path: Path) -> None:
    files = {"a.json": b"1", "b.json": b"2"}
    piece = Piece("evidence/c.jpg", 5, lambda: BytesIO(b"photo"))
    first = packed(tmp_path, "1", files, piece)
    assert first == packed(tmp_path, "1", dict(reversed(files.items())), piece)
    assert first != packed(tmp_path, "1", files | {"a.json": b"3"}, piece)


def test_whatever_byte_is_changed_is_found_and_named(tmp_path: Path) -> None:
    bundle = packed(tmp_path, "1", {"order.json": b"the citizen's words"}, Piece("e.jpg", 5, lambda: BytesIO(b"photo")))
    assert faults(tmp_path, "1", bundle) == ()
    for words, path in (
        (b"citizen's words", "data/order.json"),
        (b"photo", "data/e.jpg"),
        (b"2026-12-31", "bag-info.txt"),
    ):
        at = bundle.index(words)
        changed = bundle[:at] + bytes([bundle[at] ^ 1]) + bundle[at + 1 :]
        assert path in "".join(faults(tmp_path, "1", changed)), path
    # Outside the files' own bytes a change breaks the zip file, or the hash of the whole that the database keeps.
    found = sum(
        bool(faults(tmp_path, "1", bundle[:at] + bytes([bundle[at] ^ 1]) + bundle[at + 1 :]))
        for at in range(0, len(bundle), 37)
    )
    assert found > len(range(0, len(bundle), 37)) * 0.6


def test_who_rewrites_the_hashes_too_is_found_by_the_signature(tmp_path: Path) -> None:
    forger = tmp_path / "forged.zip"
    Bundles(Signer("the forger's own key")).pack(forger, "1", DAY, {"order.json": b"other words"}, [])
    assert "签名不符" in "".join(faults(tmp_path, "1", forger.read_bytes()))
    rotated = Signer("a new key," + KEY_OF_THE_TEST)
    assert faults(tmp_path, "1", packed(tmp_path, "1", {"order.json": b"words"}), rotated) == ()


def test_another_order_and_rubbish_are_no_bundle(tmp_path: Path) -> None:
    bundle = packed(tmp_path, "1", {"order.json": b"words"})
    for name, content in (("2", bundle), ("1", b""), ("1", b"PK"), ("1", bundle[:-30])):
        assert faults(tmp_path, name, content)


def test_the_sheet_is_set_whatever_people_wrote() -> None:
    words = "路灯不亮😀𠮷 #strong[粗] $x$ \\ <b> \x00\u202e ﷽ 龘"
    sheet = {
        "title": "工单归档单",
        "no": "1",
        "closed_on": "2026-12-31",
        "sections": [{"title": "内容", "header": ["事项", "内容"], "rows": [["标题", words]] * 3}],
        "notes": ["核验"],
    }
    sheets = Sheets()
    assert sheets.pdf(sheet) == sheets.pdf(sheet) == Sheets().pdf(sheet)
    page = sheets.html(sheet).decode()
    assert "<b>" not in page and "😀" in page
