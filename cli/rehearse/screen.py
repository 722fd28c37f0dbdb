"""A rehearsal for a person to read: what happened, and a chart of the clocks."""

from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.rehearse.play import Played
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

_WIDTH = 48


def show(console: Console, played: Played) -> None:
    """The table, the chart, and what does not hold."""
    console.rule(f"{played.path.name}｜{played.scenario.policy}｜工单 {played.order_no}")
    table = Table("#", "时间", "事项", "谁", "内容", pad_edge=False)
    for row in played.timeline:
        moment = datetime.fromisoformat(row["at"]).astimezone(CST)
        event = f"{label(row['event'], 'event')} [dim]{row['event']}[/]"
        table.add_row(str(row["seq"]), f"{moment:%m-%d %H:%M:%S}", event, label(row["actor"]), escape(_content(row)))
    console.print(table)
    _chart(console, played)
    if played.remark:
        console.print(f"[yellow]{played.remark}[/]")
    for problem in played.problems:
        console.print(f"[red]✗ {escape(problem)}[/]")
    if played.scenario.expect and not played.problems:
        console.print(f"[green]✓ {len(played.scenario.expect)} 条预期全部成立[/]")


def _content(row: dict[str, Any]) -> str:
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


def _chart(console: Console, played: Played) -> None:
    """One bar a clock, from its start to its due moment, on one scale."""
    clocks = [row for row in played.timeline if row["event"] == "deadline_set"]
    if not clocks:
        return
    spans = [(datetime.fromisoformat(row["started_at"]), datetime.fromisoformat(row["due_at"]), row) for row in clocks]
    first = min(start for start, _, _ in spans)
    length = max((due for _, due, _ in spans)) - first
    table = Table("时限", "单位", "起止", "到期", "依据", title="时限图", pad_edge=False)
    for start, due, row in spans:
        scale = length.total_seconds() or 1.0
        lead = round(_WIDTH * (start - first).total_seconds() / scale)
        bar = max(1, round(_WIDTH * (due - start).total_seconds() / scale))
        table.add_row(
            label(row["clock"], "clock"),
            row.get("unit", ""),
            " " * lead + "━" * bar,
            f"{due.astimezone(CST):%m-%d %H:%M}" + ("（暂定）" if row["provisional"] else ""),
            row.get("clause", ""),
        )
    console.print(table)
