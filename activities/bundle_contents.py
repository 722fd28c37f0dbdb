"""What stands in an archive bundle beside the evidence: one JSON file a subject, personal data apart.

Everything that speaks of a person, or that a person wrote, is below `personal/`; the rest may be shown.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from activities.archive_ports import FileRow, Written
from activities.ports import DocumentRow, LinkRow, OrderRow
from domain.view import OrderView

README = """这是一件 12345 热线工单的归档包，按 BagIt 1.0（RFC 8493）封装。

timeline.json        工单经过
chain.json           台账原始记录及其哈希链
decisions.json       各项审批：环节、决定人、结论、附签
deadlines.json       各项时限及其计算依据
policies.json        工单先后适用的规程
view.json            办结时的状态
personal/            含个人信息和文字内容，不得公开
  order.json         诉求及诉求人
  replies.json       各次答复全文、签字、附件
  documents.json     各方填写的文字
  messages.json      发出的短信
  callbacks.json     回访：征询、来电、回复、结果
  evidence.json      佐证材料目录
  evidence/          佐证材料
  sheet.html         归档单（网页）
  sheet.pdf          归档单（PDF/A）

核验：任何 BagIt 工具均可核对 manifest-sha256.txt 与 tagmanifest-sha256.txt；
tagmanifest-sha256.txt.sig 是对 tagmanifest-sha256.txt 的 Ed25519 签名，公钥见 bag-info.txt。
chain.json 中每条的 hash 是“上一条 hash、换行、本条规范 JSON”的 SHA-256（docs/archive.md）。
"""


CALLBACKS = ("callback_due", "callback_asked", "callback_unanswered", "callback_recorded")


@dataclass(frozen=True)
class Told:
    """All that is known of an order."""

    order: OrderRow
    view: OrderView | None
    chain: Sequence[LinkRow]
    documents: Sequence[DocumentRow]
    policies: Mapping[str, dict[str, Any] | None]
    evidence: Sequence[FileRow]
    messages: Sequence[Written]
    answers: Sequence[Written]
    calls: Sequence[Written]

    @property
    def words(self) -> dict[str, str]:
        """The texts by the ids under which the timeline knows them."""
        return {document.id: document.text for document in self.documents}


def contents(told: Told) -> dict[str, bytes]:
    """The files by their paths in the payload; equal facts give equal bytes."""
    files: dict[str, Any] = {
        "timeline.json": [each.outside() for each in told.chain],
        "chain.json": [_link(each) for each in told.chain],
        "decisions.json": decisions(told.chain),
        "deadlines.json": [each.model_dump(mode="json") for each in told.view.deadlines] if told.view else [],
        "policies.json": told.policies,
        "view.json": told.view.model_dump(mode="json") if told.view else None,
        "personal/order.json": told.order.model_dump(mode="json"),
        "personal/replies.json": replies(told.chain, told.words),
        "personal/documents.json": [
            {"id": d.id, "kind": d.kind, "field": d.field, "created_at": d.created_at.isoformat(), "text": d.text}
            for d in told.documents
        ],
        "personal/messages.json": [each.model_dump(mode="json") for each in told.messages],
        "personal/callbacks.json": {
            "events": _events(told.chain, CALLBACKS),
            "calls": [each.model_dump(mode="json") for each in told.calls],
            "texts": [each.model_dump(mode="json") for each in told.answers],
        },
        "personal/evidence.json": [
            {**each.model_dump(mode="json"), "path": f"personal/evidence/{evidence_name(each)}"}
            for each in told.evidence
        ],
    }
    return {name: written(value) for name, value in files.items()} | {"README.txt": README.encode()}


def decisions(chain: Sequence[LinkRow]) -> list[dict[str, Any]]:
    """Each approval with what was asked, whose signatures were attached, and every answer to it."""
    found: dict[str, dict[str, Any]] = {}
    for row in _events(chain, ("approval_opened", "approval_decided", "approval_lapsed")):
        approval = found.setdefault(
            row["approval"],
            {"approval": row["approval"], "kind": row["kind"], "unit": row.get("unit"), "asked": [], "answers": []},
        )
        approval["asked" if row["event"] == "approval_opened" else "answers"].append(row)
    return list(found.values())


def replies(chain: Sequence[LinkRow], words: Mapping[str, str]) -> list[dict[str, Any]]:
    """Each answer of a unit with its words in full."""
    return [
        {**row, "sections": {name: words.get(text["document"], "") for name, text in row["sections"].items()}}
        for row in _events(chain, ("reply_submitted",))
    ]


def evidence_name(file: FileRow) -> str:
    """The name of a file in the bundle: its id, and an ending that its kind gives it."""
    ending = file.media_type.partition("/")[2].partition(";")[0].rpartition(".")[2]
    return f"{file.id}.{ending}" if ending.isalnum() else file.id


def _events(chain: Iterable[LinkRow], names: Sequence[str]) -> list[dict[str, Any]]:
    return [each.outside() for each in chain if each.content.event in names]


def _link(each: LinkRow) -> dict[str, Any]:
    return {
        "position": each.position,
        "seq": each.content.seq,
        "at": each.content.at.isoformat(),
        "event": each.content.event,
        "actor": each.content.actor,
        "data": each.content.data,
        "previous_hash": each.previous_hash,
        "hash": each.hash,
    }


def written(value: Any) -> bytes:
    """Readable JSON, and the same bytes for the same value."""
    return f"{json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)}\n".encode()
