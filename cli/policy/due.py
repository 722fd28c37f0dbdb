"""`jiesu policy due`: computes due moments for lines of standard input."""

import sys
from datetime import datetime
from typing import Annotated

import typer

from adapters.policy.rule_books import RuleBooks
from cli.policy.choice import UNUSABLE, open_book, pick
from domain.calendar.business_calendar import BusinessCalendar, compiled, local
from domain.calendar.durations import Duration
from domain.due import due as due_moment


class Calendars:
    """Calendars by the year of the start, each covering the years around it."""

    def __init__(self, book: RuleBooks) -> None:
        self._book = book
        self._calendars: dict[int, BusinessCalendar] = {}

    def of(self, year: int) -> BusinessCalendar:
        """The calendar for a period that starts in a year."""
        if year not in self._calendars:
            self._calendars[year] = compiled(self._book.days_around(year))
        return self._calendars[year]


def due(regime: Annotated[str, typer.Argument(help="规程")]) -> None:
    """Print one due moment a line, in +08:00. Bad lines are reported on standard error, and the exit status is 2."""
    book = open_book()
    pick(book, regime)
    calendars, bad = Calendars(book), False
    for number, raw in enumerate(sys.stdin.buffer, start=1):
        try:
            print(_due(raw.decode("utf-8", "replace"), calendars))
        except ValueError as problem:
            bad = True
            print(f"line {number}: {problem}", file=sys.stderr)
    if bad:
        raise typer.Exit(UNUSABLE)


def _due(line: str, calendars: Calendars) -> str:
    words = line.split()
    if len(words) != 2:
        raise ValueError("应为“起算时刻 时长”，如 2026-09-18T16:00:00+08:00 5wd")
    try:
        start = datetime.fromisoformat(words[0])
    except ValueError:
        raise ValueError(f"时刻“{words[0][:40]}”无法识别，例如 2026-09-18T16:00:00+08:00") from None
    start = local(start)
    return due_moment(start, Duration.parse(words[1]), calendars.of(start.year)).isoformat()
