"""A second computation of due moments (docs/architecture.md#time), slow on purpose: it walks minutes and days, and
shares nothing with `domain` but the plain data of a calendar."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta, timezone

from domain.calendar.business_calendar import CalendarDays

Interval = tuple[datetime, datetime]

SHANGHAI = timezone(timedelta(hours=8))
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def works(day: date, days: CalendarDays) -> bool:
    if day in days.working_days:
        return True
    if day in days.holidays:
        return False
    return day.isoweekday() not in {6, 7}


def end_of(day: date, unit: str, days: CalendarDays) -> datetime:
    if unit == "d":
        return datetime.combine(day + DAY, time.min, SHANGHAI)
    return datetime.combine(day, max(end for _, end in days.hours), SHANGHAI)


def hours_of(day: date, days: CalendarDays) -> list[Interval]:
    if not works(day, days):
        return []
    return [(datetime.combine(day, a, SHANGHAI), datetime.combine(day, b, SHANGHAI)) for a, b in days.hours]


def without(interval: Interval, pauses: Sequence[Interval]) -> Iterator[Interval]:
    """What is left of an interval when the pauses are cut out, in order."""
    pieces = [interval]
    for begin, end in pauses:
        pieces = [piece for a, b in pieces for piece in ((a, min(b, begin)), (max(a, end), b)) if piece[0] < piece[1]]
        pieces = sorted(set(pieces))
    yield from pieces


def due(start: datetime, amount: int, unit: str, days: CalendarDays, pauses: Sequence[Interval]) -> datetime:
    start = start.astimezone(SHANGHAI)
    if unit in {"m", "h"}:
        return by_the_minute(start, amount * (60 if unit == "h" else 1), pauses)
    if unit == "wh":
        return by_working_time(start, timedelta(hours=amount), days, pauses)
    day = start.date()
    while amount:
        day += DAY
        counts = unit == "d" or works(day, days)
        if counts and not any(a <= end_of(day, unit, days) < b for a, b in pauses):
            amount -= 1
    return end_of(day, unit, days)


def by_the_minute(start: datetime, minutes: int, pauses: Sequence[Interval]) -> datetime:
    """Start and pauses must be whole minutes apart from one another."""
    now = start
    while minutes:
        if not any(a <= now < b for a, b in pauses):
            minutes -= 1
        now += MINUTE
    return now


def by_working_time(start: datetime, left: timedelta, days: CalendarDays, pauses: Sequence[Interval]) -> datetime:
    day = start.date()
    while True:
        for a, b in hours_of(day, days):
            if b <= start:
                continue
            for begin, end in without((max(a, start), b), pauses):
                if left <= end - begin:
                    return begin + left
                left -= end - begin
        day += DAY


def before(limit_at: datetime, amount: int, unit: str, days: CalendarDays) -> datetime:
    at = limit_at.astimezone(SHANGHAI)
    if unit in {"m", "h", "d"}:
        return at - amount * {"m": MINUTE, "h": 60 * MINUTE, "d": DAY}[unit]
    day = at.date()
    if unit == "wd":
        if at.timetz() == time.min.replace(tzinfo=SHANGHAI):
            day -= DAY
        while amount:
            day -= DAY
            amount -= works(day, days)
        return end_of(day, unit, days)
    left = timedelta(hours=amount)
    while True:
        for a, b in reversed(hours_of(day, days)):
            end = min(b, at)
            if end <= a:
                continue
            if left <= end - a:
                return end - left
            left -= end - a
        day -= DAY
