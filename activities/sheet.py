"""The sheet of an archived order: what a person wants to read of it, as titled tables (工单归档单)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from activities.archive_ports import FileRow
from activities.bundle_contents import Told, decisions, replies
from domain.calendar import CST
from domain.labels import label
from domain.wording import said

MOST_EVENTS = 400
"""Events on the sheet; the whole timeline is in the bundle."""


class Sheet(dict[str, Any]):
    """`{title, no, closed_on, sections: [{title, header, rows}], notes}`, all of it text."""


def sheet(told: Told, units: Mapping[str, str]) -> Sheet:
    """The sheet of an order; `units` names the offices by id."""
    order = told.order.model_dump(mode="json")
    closing = next((each.content for each in told.chain if each.content.event == "order_closed"), None)
    grades = _rules(told).get("grades", {})
    facts = [
        ["工单编号", order["no"]],
        ["地区", _rules(told).get("name", order["regime"])],
        ["类别", label(order["category"])],
        ["等级", grades.get(order["grade"], order["grade"])],
        ["来源", label(order["source"], "source")],
        ["标题", order["title"]],
        ["内容", order["content"]],
        ["诉求人", " ".join(filter(None, (order["citizen"].get("name"), order["citizen"].get("phone"))))],
        ["承办单位", "、".join(units.get(unit, unit) for unit in _units(told))],
        ["办结", f"{label(closing.data['outcome'])}，{_moment(closing.at)}" if closing else "未办结"],
    ]
    sections = [
        _section("基本情况", [], facts),
        _section("时限", ["时限", "单位", "到期", "结果", "依据"], _clocks(told, units)),
        _section("审批", ["事项", "单位", "时间", "决定", "签字"], _approvals(told, units)),
        *_answers(told, units),
        _section("回访", ["时间", "结果", "受理评分", "办理评分", "方式"], _callbacks(told)),
        _section("佐证材料", ["名称", "大小（字节）", "SHA-256"], [_file(each) for each in told.evidence]),
        _section("办理经过", ["序号", "时间", "事项", "谁", "内容"], _timeline(told, units)),
    ]
    head = told.chain[-1].hash if told.chain else ""
    notes = [
        f"台账共 {len(told.chain)} 条，末条哈希 {head}。",
        "核验：jiesu archive verify，或以任何 BagIt 工具核对本包的校验清单（见 README.txt）。",
    ]
    return Sheet(
        title="工单归档单",
        no=order["no"],
        closed_on=(closing.at.astimezone(CST) if closing else datetime.fromtimestamp(0, CST)).date().isoformat(),
        sections=[section for section in sections if section["rows"]],
        notes=notes,
    )


def _section(title: str, header: list[str], rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    return {"title": title, "header": header, "rows": [[str(cell) for cell in row] for row in rows]}


def _rules(told: Told) -> dict[str, Any]:
    return next((rules for rules in reversed(list(told.policies.values())) if rules), {})


def _units(told: Told) -> list[str]:
    sent = [each.content.data["units"] for each in told.chain if each.content.event == "order_dispatched"]
    return list(dict.fromkeys(unit["unit"] for units in sent for unit in units))


def _clocks(told: Told, units: Mapping[str, str]) -> list[list[str]]:
    states = {"met": "按时", "missed": "逾期", "stopped": "终止", "running": "未完", "held": "未完"}
    return [
        [
            label(each.clock, "clock"),
            units.get(each.unit or "", each.unit or ""),
            _moment(each.due_at) if each.due_at else "",
            states.get(each.status, each.status),
            "，".join(filter(None, (str(each.basis.get("clause") or ""), str(each.basis.get("rule") or "")))),
        ]
        for each in (told.view.deadlines if told.view else ())
    ]


def _approvals(told: Told, units: Mapping[str, str]) -> list[list[str]]:
    rows = []
    for approval in decisions(told.chain):
        signed = "、".join(label(role) for asked in approval["asked"] for role in asked.get("signed_by", ()))
        unit = units.get(approval["unit"] or "", approval["unit"] or "")
        for answer in approval["answers"]:
            decided = answer["event"] == "approval_decided"
            what = f"{label(answer['by_role'])}{label(answer['decision'])}" if decided else "逾期未决"
            rows.append([label(approval["kind"], "approval"), unit, _moment(answer["at"]), what, signed])
    return rows


def _answers(told: Told, units: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        _section(
            f"答复（{units.get(reply['unit'], reply['unit'])}，{_moment(reply['at'])}）",
            [],
            [
                *([label(name, "section"), text] for name, text in reply["sections"].items()),
                ["签字", "、".join(label(role) for role in reply.get("signed_by", ())) or "无"],
            ],
        )
        for reply in replies(told.chain, told.words)
    ]


def _callbacks(told: Told) -> list[list[str]]:
    ways = {"sms": "短信", "call": "自动电话", "staff": "人工"}
    found = [each.content for each in told.chain if each.content.event == "callback_recorded"]
    return [
        [
            _moment(each.at),
            label(each.data["result"]),
            str(each.data.get("intake_rating") or "—"),
            str(each.data.get("handling_rating") or "—"),
            ways.get(each.data.get("via", "staff"), ""),
        ]
        for each in found
    ]


def _file(file: FileRow) -> list[str]:
    shown = file.model_dump(mode="json")
    return [shown["name"], str(shown["size"]), shown["sha256"]]


def _timeline(told: Told, units: Mapping[str, str]) -> list[list[str]]:
    rows = []
    for each in told.chain[:MOST_EVENTS]:
        row = each.outside()
        unit = units.get(row.get("unit") or "")
        told_row = {**row, **({"unit": unit} if unit else {})}
        event = label(row["event"], "event")
        rows.append([str(row["seq"]), _moment(row["at"]), event, label(row["actor"]), said(told_row)])
    return rows


def _moment(at: Any) -> str:
    moment = at if isinstance(at, datetime) else datetime.fromisoformat(str(at))
    return f"{moment.astimezone(CST):%Y-%m-%d %H:%M:%S}"
