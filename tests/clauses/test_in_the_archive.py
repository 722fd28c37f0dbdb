"""Clauses whose results must be in the archive of an order."""

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from adapters.database.encryption import Keyring
from adapters.database.engine import Database
from adapters.database.orders.attachments import Attachments, NewFile
from adapters.files.object_store import Objects
from cli.rehearse.stack import RehearsalStack
from tests.stage import REPLIES, Life, Lives


class Bundle:
    """The bundle of an archived order."""

    def __init__(self, path: Path, no: str) -> None:
        self._zip, self._no = zipfile.ZipFile(path), no

    def bytes(self, name: str) -> bytes:
        return self._zip.read(f"{self._no}/data/{name}")

    def json(self, name: str) -> Any:
        return json.loads(self.bytes(name))


async def bundle(life: Life, stage: RehearsalStack) -> Bundle:
    await life.archived()
    folder = Path(unquote(urlsplit(stage.settings.object_store_url).path))
    return Bundle(folder / (await life.expect("order_archived"))["bundle"], life.no)


async def handled(life: Life, **reply: Any) -> None:
    await life.do("dispatcher", "dispatch", units=[{"unit": "housing", "part": "lead"}])
    await life.do("unit_clerk", "sign", unit="housing")
    await life.do("unit_clerk", "submit_reply", unit="housing", **REPLIES[life.policy] | reply)
    await life.decide("reviewer", "review", comment="属实")


async def test_hj_03_evidence_of_a_result_lies_in_the_bundle_with_its_hash(
    lives: Lives, the_stage: RehearsalStack
) -> None:
    """Evidence comes with a result, and is archived with it."""
    life = await lives("huojia", units=("housing",))
    photo = b"\xff\xd8\xff after"
    digest = hashlib.sha256(photo).hexdigest()
    key = f"attachments/{life.no}"
    await Objects(the_stage.settings).put_if_absent(key, photo)
    database = Database(the_stage.settings.database_url, Keyring(the_stage.settings.data_key), pool_size=1)
    file = NewFile(
        order_no=life.no,
        name="修复后.jpg",
        media_type="image/jpeg",
        size=len(photo),
        sha256=digest,
        object_key=key,
        phase="after",
        uploaded_by="clerk",
    )
    file_id = await Attachments(database).add(file)
    await database.dispose()
    await handled(life, attachments=[file_id])
    await life.called("satisfied")
    kept = await bundle(life, the_stage)
    (evidence,) = kept.json("evidence.json")
    assert (evidence["id"], evidence["phase"], evidence["sha256"]) == (file_id, "after", digest)
    assert kept.bytes(evidence["file"]) == photo
    assert kept.json("personal/replies.json")[0]["attachments"] == [file_id]
    page = kept.bytes("personal/sheet.html").decode()
    assert "修复后.jpg" in page and digest in page


async def test_gt_13_every_callback_is_in_the_bundle(lives: Lives, the_stage: RehearsalStack) -> None:
    """Every callback and what it led to is archived."""
    life = await lives("gaotai", units=("housing",))
    await handled(life)
    await life.called("dissatisfied", handling_rating=1, comment="灯还是不亮")
    await life.do("unit_clerk", "submit_reply", unit="housing", **REPLIES["gaotai"] | {"sections": AGAIN})
    await life.decide("reviewer", "review")
    await life.called("satisfied", handling_rating=5)
    kept = await bundle(life, the_stage)
    heard = [each for each in kept.json("callbacks.json")["events"] if each["event"] == "callback_recorded"]
    assert [(each["result"], each["handling_rating"]) for each in heard] == [("dissatisfied", 1), ("satisfied", 5)]
    page = kept.bytes("personal/sheet.html").decode()
    assert "灯还是不亮" in page and "不满意" in page
    fates = [(reply["round"], reply["fate"]) for reply in kept.json("personal/replies.json")]
    assert fates == [(0, "accepted"), (1, "accepted")]


AGAIN = {"handling": "再次到场更换整流器", "result": "当晚复核全部亮灯"}


async def test_gt_03_a_transfer_out_is_in_the_bundle_with_its_line(lives: Lives, the_stage: RehearsalStack) -> None:
    """A transfer to an emergency line is archived with the line's acknowledgement."""
    life = await lives("gaotai")
    await life.do("agent", "transfer_out", line="119", reason="楼道起火")
    await life.do("agent", "acknowledge_transfer", reference="JJ-1")
    kept = await bundle(life, the_stage)
    told = {each["event"]: each for each in kept.json("timeline.json")}
    assert told["transferred_out"]["line"] == told["transfer_acknowledged"]["line"] == "119"
    assert kept.json("order.json")["view"]["outcome"] == "transferred"
    assert "楼道起火" in kept.bytes("personal/sheet.html").decode()
    assert "楼道起火".encode() not in kept.bytes("timeline.json")


async def test_dl_05_the_parts_of_a_reply_are_in_the_bundle_in_words(lives: Lives, the_stage: RehearsalStack) -> None:
    """What a reply says, part by part, is archived in words."""
    life = await lives("dalad", units=("housing",))
    await handled(life)
    await life.called("satisfied")
    kept = await bundle(life, the_stage)
    (reply,) = kept.json("personal/replies.json")
    assert reply["sections"] == REPLIES["dalad"]["sections"]
    assert reply["facts_hold"] is True
    (review,) = [each for each in kept.json("decisions.json") if each["kind"] == "review"]
    assert [(each["by_role"], each["decision"]) for each in review["answers"]] == [("reviewer", "approve")]
