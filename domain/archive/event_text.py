"""Formats an event of the audit trail as Chinese text for the sheet."""

from datetime import datetime
from typing import Any, Final

from domain.archive.dossier import Dossier, Row
from domain.calendar.business_calendar import CST
from domain.labels import label

SHOWN_FIELDS: Final[dict[str, tuple[str, str]]] = {
    "unit": ("单位", "unit"),
    "units": ("", "parts"),
    "to_unit": ("转", "unit"),
    "proposed_unit": ("建议转", "unit"),
    "part": ("", ""),
    "clock": ("", "clock"),
    "due_at": ("到期", "moment"),
    "until": ("至", "moment"),
    "expected_at": ("预期", "moment"),
    "template": ("", "template"),
    "to_role": ("发往", ""),
    "light": ("", ""),
    "level": ("", "level"),
    "kind": ("", "approval"),
    "approval": ("编号", "plain"),
    "stage": ("", ""),
    "by_role": ("由", ""),
    "decision": ("结论", ""),
    "signed_by": ("附签名", "roles"),
    "result": ("", "heard"),
    "via": ("方式", "via"),
    "handling_rating": ("办理评分", "plain"),
    "intake_rating": ("受理评分", "plain"),
    "round": ("第几次重办", "plain"),
    "resolution": ("", ""),
    "purpose": ("", ""),
    "outcome": ("", ""),
    "line": ("线路", "plain"),
    "reference": ("对方编号", "plain"),
    "into": ("并入", "plain"),
    "order": ("工单", "plain"),
    "do": ("操作", "command"),
    "reason": ("原因", "words"),
    "ground": ("情形", "plain"),
    "basis": ("理由依据", "words"),
    "plan": ("计划", "words"),
    "text": ("内容", "words"),
    "comment": ("意见", "words"),
    "viewer": ("人员", "plain"),
    "fields": ("", "personal"),
    "occasion": ("", "occasion"),
    "clause": ("条款", "plain"),
}
"""The fields that are shown, in this order: title, and how the value is formatted."""

VIA: Final = {"staff": "人工", "sms": "短信", "call": "自动电话"}


def moment(text: str | None) -> str:
    """A moment in +08:00 to the second, for display."""
    return f"{datetime.fromisoformat(text).astimezone(CST):%Y-%m-%d %H:%M:%S}" if text else ""


def who(dossier: Dossier, event: Row) -> str:
    """The role and the person that caused an event."""
    person = event.get("person")
    return f"{label(event['actor'])}（{person}）" if person else label(event["actor"])


def event_text(dossier: Dossier, event: Row) -> str:
    """The fields of an event apart from name, moment and actor, as one line."""
    said = []
    for name, (title, kind) in SHOWN_FIELDS.items():
        value = event.get(name)
        if value is None or value == [] or (name == "round" and value == 0):
            continue
        if words := _said(dossier, value, kind):
            said.append(f"{title}{'：' if kind == 'words' else ''}{words}")
    return "　".join(said)


def _said(dossier: Dossier, value: Any, kind: str) -> str:
    if isinstance(value, dict):
        # A `Text` has a document; another dict is the basis of a due moment, which has a section of its own.
        return dossier.words(value) or "" if "document" in value else ""
    if kind == "unit":
        return dossier.unit(value)
    if kind == "parts":
        return "、".join(f"{dossier.unit(each['unit'])}（{label(each['part'])}）" for each in value)
    if kind == "roles":
        return "、".join(label(each) for each in value)
    if kind == "personal":
        return "、".join(label(each, kind) for each in value)
    if kind == "moment":
        return moment(value)
    if kind == "via":
        return VIA.get(str(value), str(value))
    if kind in {"plain", "words"}:
        return str(value)
    return label(str(value), kind)
