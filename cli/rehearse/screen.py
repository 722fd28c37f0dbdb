"""Prints a rehearsal: a table of events, and a chart of the clocks."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape

from cli.rehearse.play import Played
from cli.screen import table
from domain.calendar.business_calendar import CST
from domain.labels import label

_SHOWN = {
    "unit": ("", "unit"),
    "units": ("", "unit"),
    "to_unit": ("转", "unit"),
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
    "round": ("重办", "round"),
    "line": ("线路", ""),
    "into": ("并入", ""),
    "what": ("内容", ""),
    "reason": ("原因", ""),
    "do": ("操作", "command"),
    "code": ("", ""),
    "bundle": ("", ""),
    "clause": ("依据", ""),
}
"""The fields of an event that are shown: title, and the kind of their labels."""

_WIDE, _NARROW = 48, 10
"""Columns of the longest bar: at most, and at least."""

_BESIDE = 58
"""Columns of the chart beside the bars."""


def show(console: Console, played: Played, units: Mapping[str, str]) -> None:
    """Print the table, the chart and the unmet expectations; `units` has the names of units by id."""
    console.rule(f"{played.path.name}｜{played.scenario.policy}｜工单 {played.order_no}")
    rows = table("#", "时间", "事项", "谁", "内容")
    for row in played.timeline:
        moment = datetime.fromisoformat(row["at"]).astimezone(CST)
        event = f"{label(row['event'], 'event')} [dim]{row['event']}[/]"
        rows.add_row(
            str(row["seq"]), f"{moment:%m-%d %H:%M:%S}", event, label(row["actor"]), escape(_content(row, units))
        )
    console.print(rows)
    _chart(console, played, units)
    if played.remark:
        console.print(f"[yellow]{played.remark}[/]")
    for problem in played.problems:
        console.print(f"[red]✗ {escape(problem)}[/]")
    if played.scenario.expect and not played.problems:
        console.print(f"[green]✓ {len(played.scenario.expect)} 条预期全部成立[/]")


def _content(row: dict[str, Any], units: Mapping[str, str]) -> str:
    """The fields of an event as one line."""
    said = []
    for key, (name, kind) in _SHOWN.items():
        if (value := row.get(key)) not in (None, [], "") and not (kind == "round" and value == 0):
            said.append(f"{name}{_word(value, kind, units)}")
    return " ".join(said)


def _word(value: Any, kind: str, units: Mapping[str, str]) -> str:
    if isinstance(value, list):
        return "、".join(f"{units.get(item['unit'], item['unit'])}（{label(item['part'])}）" for item in value)
    if kind == "unit":
        return units.get(value, value)
    if kind == "round":
        return f"第{value}次"
    if isinstance(value, dict):
        return f"{value.get('length', 0)} 字"
    text = str(value)
    if text[:4].isdigit() and "T" in text:
        return f"{datetime.fromisoformat(text).astimezone(CST):%m-%d %H:%M}"
    return label(text, kind)


def _chart(console: Console, played: Played, units: Mapping[str, str]) -> None:
    """Print one bar for each clock, from its start to its due moment, on one scale."""
    clocks = [row for row in played.timeline if row["event"] == "deadline_set"]
    if not clocks:
        return
    spans = [(datetime.fromisoformat(row["started_at"]), datetime.fromisoformat(row["due_at"]), row) for row in clocks]
    first = min(start for start, _, _ in spans)
    length = max((due for _, due, _ in spans)) - first
    width = max(_NARROW, min(_WIDE, console.width - _BESIDE))
    chart = table("时限", "单位", "起止", "到期", "依据", title="时限图")
    for start, due, row in spans:
        scale = length.total_seconds() or 1.0
        lead = round(width * (start - first).total_seconds() / scale)
        bar = max(1, round(width * (due - start).total_seconds() / scale))
        chart.add_row(
            label(row["clock"], "clock"),
            units.get(row.get("unit", ""), row.get("unit", "")),
            " " * lead + "━" * bar,
            f"{due.astimezone(CST):%m-%d %H:%M}" + ("（暂定）" if row["provisional"] else ""),
            row.get("clause", ""),
        )
    console.print(chart)
