"""`jiesu policy explain`: every clock of an order, computed by the same core as in production."""

import json
from datetime import datetime
from typing import Annotated, Any

import typer

from adapters.policy.rule_books import RuleBooks
from cli.policy.choice import fail, open_book, pick
from cli.screen import console, table
from domain.calendar.business_calendar import local
from domain.labels import label
from domain.order.commands import Dispatch, DispatchedUnit, Sign
from domain.order.decider import decide, initial, replay
from domain.order.internal_commands import OpenOrder
from domain.order.order import Order
from domain.order.projection import project
from domain.order.read_model import DeadlineView
from domain.refusal import Refused
from domain.words import Category, Mark, Part, Role

NOBODY = "unit"
"""A unit for rule books that list none."""


def explain(
    regime: Annotated[str, typer.Argument(help="规程")],
    category: Annotated[Category, typer.Option(help="事项类别")],
    dispatched_at: Annotated[str, typer.Option(help="派单时刻，如 2026-11-23T09:00:00+08:00")],
    grade: Annotated[str | None, typer.Option(help="等级，缺省为该规程的缺省等级")] = None,
    mark: Annotated[list[Mark] | None, typer.Option(help="标记，可重复")] = None,
    source: Annotated[str, typer.Option(help="来源")] = "phone",
    unit: Annotated[str | None, typer.Option(help="承办单位，缺省为目录中的第一个")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """Open, dispatch and sign an order at one moment, and print the clocks that run then."""
    try:
        moment = local(datetime.fromisoformat(dispatched_at))
    except ValueError:
        fail(f"时刻“{dispatched_at[:40]}”无法识别，应带时区，例如 2026-11-23T09:00:00+08:00")
    book = open_book(year=moment.year)
    rules = pick(book, regime)
    to = unit or next((each.id for each in rules.units), NOBODY)
    try:
        facts = initial(
            "explain",
            regime,
            rules,
            book.calendar,
            category=category,
            grade=grade,
            source=source,
            marks=frozenset(mark or ()),
        )
        order = _signed(facts, to, moment)
    except (Refused, ValueError) as problem:
        fail(problem.reason if isinstance(problem, Refused) else str(problem))
    deadlines = project(order).deadlines
    if as_json:
        print(json.dumps([_json(each) for each in deadlines], ensure_ascii=False, indent=2))
    else:
        _print(deadlines, book)


def _signed(order: Order, unit: str, moment: datetime) -> Order:
    dispatch = Dispatch(by=Role.DISPATCHER, units=(DispatchedUnit(unit=unit, part=Part.LEAD),))
    for command in (OpenOrder(), dispatch, Sign(by=Role.UNIT_CLERK, unit=unit)):
        order = replay(order, decide(order, command, moment))
    return order


def _json(deadline: DeadlineView) -> dict[str, Any]:
    body = deadline.model_dump(mode="json", include={"clock", "unit", "due_at", "provisional", "basis"})
    return body | {"due_at": deadline.due_at.isoformat() if deadline.due_at else None}


def _print(deadlines: tuple[DeadlineView, ...], book: RuleBooks) -> None:
    clocks = table("时限", "单位", "到期", "时长", "条款", "依据", lines=True)
    for each in deadlines:
        basis = each.basis
        days = [f"{day['day']} {'计' if day['counted'] else '不计'}（{day['why']}）" for day in basis["days"]]
        due_at = f"{each.due_at:%Y-%m-%d %H:%M:%S}" if each.due_at else "—"
        clocks.add_row(
            label(each.clock, "clock"),
            each.unit or "—",
            f"{due_at}{'（暂定）' if each.provisional else ''}",
            basis["limit"] or "—",
            basis["clause"] or "—",
            "\n".join([basis["rule"], *days]),
        )
    console().print(clocks)
    if any(each.provisional for each in deadlines):
        print(f"（暂定）：{book.calendar.official_through} 年之后的放假安排尚未公布。")
