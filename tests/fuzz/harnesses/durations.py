"""Durations: parsing, formatting, and arithmetic on the calendar."""

from datetime import datetime, timedelta
from functools import cache

from adapters.policy.rule_books import RuleBooks
from adapters.settings.settings import ROOT
from domain.calendar.business_calendar import CST, BusinessCalendar, compiled
from domain.calendar.durations import Duration
from domain.due import before, due

SEEDS = (b"30m", b"3h", b"2wh", b"3d", b"5wd", b"0014wd", b"99999wd", b"100000d", "５wd".encode(), b"5 wd", b"")
START = datetime(2026, 9, 18, 16, tzinfo=CST)
FAR = {"m": 90_000, "h": 9000, "wh": 2000, "d": 900, "wd": 500}
"""The largest amounts that stay within the years of the calendar."""


@cache
def calendar() -> BusinessCalendar:
    return compiled(RuleBooks.load(ROOT / "policies.yaml", 2026).calendar)


def one(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    try:
        length = Duration.parse(text)
    except ValueError:
        return
    assert Duration.parse(str(length)) == length == Duration.model_validate_json(length.model_dump_json())
    assert length.chinese
    if length.amount > FAR[length.unit]:
        return
    start = START + timedelta(minutes=len(data))
    ends = due(start, length, calendar())
    assert ends >= start
    assert due(start, Duration(amount=length.amount + 1, unit=length.unit), calendar()) > ends
    assert before(ends, length, calendar()) <= ends
