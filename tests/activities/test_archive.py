"""Archive bundles are complete, verifiable by anyone, and written once."""

import hashlib
import json
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import bagit
import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.archive import Archive, Archived
from activities.retry_limits import LIMITS
from adapters.archive.bundle_check import NotABundle
from adapters.archive.bundles import Bundles
from adapters.archive.sheets import Sheets
from adapters.archive.signature import SigningKeys
from adapters.database.archive.bundles import ArchivedBundles
from adapters.database.archive.dossiers import Dossiers
from adapters.database.audit.trail import Trail
from adapters.database.engine import Database
from adapters.database.orders.attachments import Attachments, NewFile
from adapters.database.orders.documents import Documents
from adapters.database.telephone.messages import Messages
from adapters.files.object_store import Objects
from adapters.settings.settings import Settings
from domain.archive.bundles import StoredBundle
from domain.citizen.outbound_records import NewMessage
from domain.order.effects import ArchiveEffect
from domain.order.read_model import RecordBatch
from tests.activities.given import CITIZEN, NO, TEMPLATES, recorded
from tests.adapters.orders_at_hand import CANARY, event, view

EFFECT = ArchiveEffect(key=f"{NO}:archive", order_no=NO)
CLOSED = {"event": "order_closed", "outcome": "satisfied", "at": "2026-12-31T23:30:00+08:00"}
KEY = f"archives/2026/{NO}.zip"


class LosesTheNote(ArchivedBundles):
    """The process ends after the bundle was written and before the archive row was."""

    async def record(self, order_no: str, bundle: str, sha256: str) -> StoredBundle:
        raise ConnectionResetError


@pytest.fixture
def objects(settings_for: Callable[..., Settings]) -> Objects:
    return Objects(settings_for())


async def perform(database: Database, objects: Objects, archives: ArchivedBundles | None = None) -> Archived:
    bundles = Bundles(objects, SigningKeys("a secret of the archive"))
    archive = Archive(Dossiers(database), archives or ArchivedBundles(database), objects, bundles, Sheets())
    return await ActivityEnvironment().run(archive.archive, EFFECT)


async def lived(database: Database, objects: Objects) -> None:
    """Store the data of a closed order: texts, a photo, an SMS, a decision, a call, and events."""
    document = await Documents(database).save(NO, "", "submit_reply", "handling", "已清运完毕")
    comment = await Documents(database).save(NO, "", "decide", "comment", "属实，同意😀")
    photo = b"\xff\xd8\xff photo"
    await objects.put_if_absent("attachments/one", photo)
    known = {"media_type": "image/jpeg", "uploaded_by": "clerk", "order_no": NO, "phase": "after"}
    files = {
        "att-1": NewFile(
            **known,
            name="照片.JPG",
            size=len(photo),
            sha256=hashlib.sha256(photo).hexdigest(),
            object_key="attachments/one",
        ),
        "att-2": NewFile(**known, name="丢失.jpg", size=5, sha256="00" * 32, object_key="attachments/lost"),
    }
    for file_id, file in files.items():
        await Attachments(database).add(file, file_id=file_id)
    await Messages(database).claim(
        NewMessage(NO, "N1", 1, "citizen_update", "citizen", None, None, CITIZEN, "您的诉求已受理")
    )
    basis = {"rule": "按日计算", "limit": "3d", "clause": "HJ-07", "pauses": [], "days": []}
    clock = {"clock": "handling", "unit": "housing", "status": "met", "provisional": False, "basis": basis}
    moments = {"started_at": "2026-11-23T09:05:00+08:00", "due_at": "2026-11-27T00:00:00+08:00"}
    asked = {"approval": "A1", "kind": "review", "unit": "housing", "stage": "hotline", "by_role": "reviewer"}
    await recorded(
        database,
        NO,
        {"event": "order_opened"},
        {
            "event": "reply_submitted",
            "actor": "unit_clerk",
            "person": "li",
            "unit": "housing",
            "part": "lead",
            "round": 0,
            "sections": {"handling": {"document": document, "length": 5}},
            "signed_by": ["unit_clerk", "unit_principal_leader"],
            "attachments": ["att-1"],
        },
        {"event": "approval_opened", **asked, "stages": [["hotline", "reviewer"]], "signed_by": ["unit_section_head"]},
        {
            "event": "approval_decided",
            **asked,
            "actor": "reviewer",
            "person": "wang",
            "decision": "approve",
            "comment": {"document": comment, "length": 5},
        },
        {"event": "reply_accepted", "actor": "reviewer", "unit": "housing"},
        {
            "event": "callback_recorded",
            "actor": "callback_staff",
            "party": NO,
            "via": "staff",
            "result": "satisfied",
            "attempt": 1,
            "handling_rating": 5,
        },
        CLOSED,
        deadlines=(clock | moments,),
    )


async def unpacked(stored: bytes, folder: Path) -> Path:
    """The payload of a bundle, which `bagit` finds valid."""
    with zipfile.ZipFile(BytesIO(stored)) as packed:
        packed.extractall(folder)
    bag = bagit.Bag(str(folder / NO))
    bag.validate()
    assert (bag.version_info, bag.info["External-Identifier"], bag.info["Bagging-Date"]) == ((1, 0), NO, "2026-12-31")
    return folder / NO / "data"


def read(data: Path, name: str) -> Any:
    return json.loads((data / name).read_text())


async def test_a_bundle_is_a_valid_bag_with_all_that_is_known(
    hotline: Database, objects: Objects, folder: Path, tmp_path: Path
) -> None:
    await lived(hotline, objects)
    archived = await perform(hotline, objects)
    stored = (folder / "objects" / KEY).read_bytes()
    assert archived == Archived(bundle=KEY, sha256=hashlib.sha256(stored).hexdigest())
    data = await unpacked(stored, tmp_path)

    assert read(data, "order.json")["view"]["no"] == NO
    assert [entry["event"] for entry in read(data, "timeline.json")][0::6] == ["order_opened", "order_closed"]
    chain = read(data, "chain.json")
    assert chain[1]["previous_hash"] == chain[0]["hash"]
    assert read(data, "policies.json")["abc"]["templates"] == TEMPLATES
    assert read(data, "deadlines.json")["clocks"][0]["basis"]["clause"] == "HJ-07"
    assert read(data, "messages.json")[0]["to_role"] == "citizen"
    assert read(data, "callbacks.json")["events"][0]["handling_rating"] == 5
    (decision,) = read(data, "decisions.json")
    assert (decision["kind"], decision["asked"]["signed_by"]) == ("review", ["unit_section_head"])
    assert [(each["by_role"], each["person"], each["decision"]) for each in decision["answers"]] == [
        ("reviewer", "wang", "approve")
    ]
    present, lost = read(data, "evidence.json")
    assert (present["file"], present["phase"]) == ("personal/evidence/att-1.jpg", "after")
    assert (data / present["file"]).read_bytes() == b"\xff\xd8\xff photo"
    assert lost["file"] is None

    assert read(data, "personal/citizen.json")["title"] == f"{CANARY}标题"
    (reply,) = read(data, "personal/replies.json")
    assert (reply["sections"], reply["fate"]) == ({"handling": "已清运完毕"}, "accepted")
    assert reply["signed_by"] == ["unit_clerk", "unit_principal_leader"]
    assert read(data, "personal/messages.json")["sent"][0]["to_phone"] == CITIZEN
    assert [text["text"] for text in read(data, "personal/texts.json")] == ["已清运完毕", "属实，同意😀"]


async def test_nothing_outside_the_folder_personal_is_of_a_person(
    hotline: Database, objects: Objects, tmp_path: Path
) -> None:
    await lived(hotline, objects)
    await perform(hotline, objects)
    data = await unpacked(await objects.get(KEY) or b"", tmp_path)
    outside = b"".join(path.read_bytes() for path in data.glob("*.*"))
    for personal in (CANARY, "13800138000", "已清运", "属实", "照片", "您的诉求"):
        assert personal.encode() not in outside, personal


async def test_the_sheet_tells_the_order_in_chinese_on_a_page_and_on_paper(
    hotline: Database, objects: Objects, tmp_path: Path
) -> None:
    await lived(hotline, objects)
    await perform(hotline, objects)
    data = await unpacked(await objects.get(KEY) or b"", tmp_path)
    page = (data / "personal/sheet.html").read_text()
    for said in (
        *("工单归档单", NO, f"{CANARY}内容", "+86 138-0013-8000", "住建局", "条款 HJ-07", "按时完成", "满意", "😀"),
        *("已清运完毕", "承办人、主要领导", "审核员（wang）", "照片.JPG", "归档时已不在库中", "末条哈希"),
    ):
        assert said in page, said
    paper = (data / "personal/sheet.pdf").read_bytes()
    assert paper.startswith(b"%PDF-1.7") and b"<pdfaid:part>2</pdfaid:part>" in paper
    assert b"NotoSansCJK" in paper


async def test_archiving_twice_gives_the_same_bundle(hotline: Database, objects: Objects) -> None:
    await lived(hotline, objects)
    assert await perform(hotline, objects) == await perform(hotline, objects)


async def test_a_repeated_attempt_makes_the_same_bytes(
    hotline: Database, objects: Objects, settings_for: Callable[..., Settings], tmp_path: Path
) -> None:
    await lived(hotline, objects)
    with pytest.raises(ConnectionResetError):
        await perform(hotline, objects, LosesTheNote(hotline))
    written = await objects.get(KEY)
    await objects.delete(KEY)
    await perform(hotline, objects)
    assert await objects.get(KEY) == written


async def test_a_crash_between_writing_and_noting_leaves_one_bundle(hotline: Database, objects: Objects) -> None:
    await lived(hotline, objects)
    with pytest.raises(ConnectionResetError):
        await perform(hotline, objects, LosesTheNote(hotline))
    written = await objects.get(KEY)
    assert written is not None
    # A later event would change the bundle; the existing one is kept.
    later = event(8, "notice_sent", notice="N1")
    await Trail(hotline).record(RecordBatch(order_no=NO, events=(later,), view=view(NO, 8)))
    assert await perform(hotline, objects) == Archived(bundle=KEY, sha256=hashlib.sha256(written).hexdigest())
    assert await objects.get(KEY) == written


async def test_something_else_in_its_place_is_never_replaced(hotline: Database, objects: Objects) -> None:
    await lived(hotline, objects)
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
