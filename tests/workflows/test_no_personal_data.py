"""Free text and personal data are never in Temporal (docs/architecture.md#what-is-stored-where)."""

import json
from datetime import datetime
from pathlib import Path

from temporalio.api.failure.v1 import Failure
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.converter import PayloadConverter

from adapters.database.orders.documents import Documents
from adapters.temporal.client import QuietFailures
from cli.rehearse.play import Opening, open_rehearsal
from cli.rehearse.scenario import Demand
from cli.rehearse.stack import stage
from tests.stage import REPLIES, Life
from tests.workflows.test_shell import handle_of

START = datetime.fromisoformat("2026-11-23T09:00:00+08:00")
NO = "CANARY-ORDER"
CANARIES = {
    "name": "欧阳金丝雀",
    "phone": "13987650011",
    "address": "金雀街一百零九号",
    "title": "标题里的画眉鸟",
    "content": "内容里的百灵鸟叫个不停",
    "return_reason": "退单理由里的布谷鸟",
    "refused_return": "驳回意见里的啄木鸟",
    "extension": "延期理由里的白头翁",
    "progress": "进展里的红嘴鸥",
    "reply": "答复里的黑颈鹤已经飞走",
    "vague": "被退回的火烈鸟",
    "comment": "审批意见里的猫头鹰",
    "callback": "回访时说起的丹顶鹤",
    "supervision": "督办理由里的蓝孔雀",
}


async def a_talkative_life(life: Life) -> None:
    """Play every command with free text, accepted or refused."""
    say = CANARIES
    await life.dispatch("housing")
    await life.sign("housing")
    await life.do("unit_clerk", "request_return", unit="housing", reason=say["return_reason"])
    await life.decide("dispatcher", "return", "reject", comment=say["refused_return"])
    await life.do("unit_clerk", "request_extension", unit="housing", reason=say["extension"])
    await life.decide("hotline_director", "extension", comment=say["comment"])
    await life.do("unit_clerk", "report_progress", unit="housing", text=say["progress"])
    await life.do("supervisor", "open_supervision", level="special", reason=say["supervision"])
    await life.do("unit_clerk", "answer_supervision", unit="housing", text=say["progress"])
    await life.refused("unit_clerk", "submit_reply", unit="housing", sections={"handling": say["vague"]})
    for comment, decision in ((say["comment"], "reject"), (say["comment"], "approve")):
        sections = dict.fromkeys(REPLIES["gaotai"]["sections"], say["reply"])
        await life.do("unit_clerk", "submit_reply", unit="housing", sections=sections)
        await life.decide("reviewer", "review", decision, comment=comment)
    await life.do("callback_staff", "record_callback", result="satisfied", comment=say["callback"])


async def everything_temporal_tells(life: Life) -> bytes:
    """History, search attributes, memo, summaries and current details of a workflow."""
    history = (await handle_of(life).fetch_history()).events
    description = (await handle_of(life).describe()).raw_description
    metadata = await handle_of(life).query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    return b"".join(message.SerializeToString() for message in (*history, description, metadata))


def found_in(content: bytes) -> list[str]:
    """The canaries in `content`, in plain or JSON-escaped form."""
    return [
        what
        for what, text in CANARIES.items()
        if any(form.encode() in content for form in (text, json.dumps(text).strip('"')))
    ]


def content_of(folder: Path) -> bytes:
    """Every byte of the server's database, with its journal."""
    return b"".join(file.read_bytes() for file in folder.glob("temporal.db*"))


async def test_nothing_that_people_say_or_are_reaches_temporal(tmp_path: Path) -> None:
    citizen = {name: CANARIES[name] for name in ("name", "phone", "address")}
    said = {name: CANARIES[name] for name in ("title", "content")}
    demand = Demand.model_validate({"category": "complaint", "grade": "days_7", "citizen": citizen, **said})
    async with stage(temporal_file=tmp_path / "temporal.db") as own:
        life = Life(await open_rehearsal(own, Opening("gaotai", START, demand, NO)), "gaotai")
        await a_talkative_life(life)
        told = await everything_temporal_tells(life)
        await life.archived()
        told += await everything_temporal_tells(life)
        kept = {document.text for document in await Documents(own.database).of_order(NO)}
        stored = content_of(tmp_path)
    assert set(CANARIES.values()) - kept == {*citizen.values(), *said.values()}
    assert NO.encode() in told and NO.encode() in stored
    assert found_in(told) == []
    assert found_in(stored) == []


def test_an_unforeseen_error_does_not_quote_what_it_choked_on() -> None:
    failure = Failure()
    try:
        try:
            int(CANARIES["phone"] + CANARIES["name"])
        except ValueError as error:
            raise RuntimeError(CANARIES["address"]) from error
    except RuntimeError as error:
        QuietFailures().to_failure(error, PayloadConverter.default, failure)
    assert failure.application_failure_info.type == "RuntimeError"
    assert found_in(failure.SerializeToString()) == []
