"""What an event says, in Chinese, for people who read a timeline."""

from datetime import datetime
from typing import Any

from domain.calendar import CST
from domain.labels import label

_SHOWN = {
    "unit": ("单位", ""),
    "units": ("单位", ""),
    "to_unit": ("转", ""),
    "clock": ("", "clock"),
    "due_at": ("到期", ""),
    "until": ("至", ""),
    "expected_at": ("预期", ""),
    "template": ("", "template"),
    "to_role": ("→", ""),
    "light": ("", ""),
    "level": ("", "level"),
    "kind": ("", "approval"),
    "approval": ("编号", ""),
    "stage": ("", ""),
    "by_role": ("", ""),
    "decision": ("", ""),
    "outcome": ("", ""),
    "result": ("", ""),
    "round": ("第几次", ""),
    "line": ("线路", ""),
    "into": ("并入", ""),
    "what": ("内容", ""),
    "reason": ("原因", ""),
    "do": ("操作", "command"),
    "code": ("", ""),
    "bundle": ("", ""),
    "clause": ("依据", ""),
}
"""The fields of an event that a person wants to see: what they are called, and of which kind their words are."""


def said(row: dict[str, Any]) -> str:
    """What an event says beside its name."""
    said = []
    for key, (name, kind) in _SHOWN.items():
        if (value := row.get(key)) not in (None, [], ""):
            said.append(f"{name}{_word(value, kind)}")
    return " ".join(said)


def _word(value: Any, kind: str) -> str:
    if isinstance(value, list):
        return "、".join(f"{item['unit']}（{label(item['part'])}）" for item in value)
    if isinstance(value, dict):
        return f"{value.get('length', 0)} 字"
    text = str(value)
    if text[:4].isdigit() and "T" in text:
        return f"{datetime.fromisoformat(text).astimezone(CST):%m-%d %H:%M}"
    return label(text, kind)
