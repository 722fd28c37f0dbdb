"""The business calendar: working days and working time, with arithmetic in constant time.

Outside the range of exceptions a working day is Monday to Friday, so the count of working days up to a date is a
formula; between the first and the last exception it is a table. No call iterates over days.
"""

import weakref
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Final, Self

from pydantic import Field, model_validator

from domain.words import Frozen

CST: Final = timezone(timedelta(hours=8), "+08:00")
"""Asia/Shanghai. China has used one offset without daylight saving time since 1991, so a fixed offset
is exact for every order and needs no time zone database."""

Hours = tuple[tuple[time, time], ...]

DEFAULT_HOURS: Final[Hours] = ((time(8, 30), time(12, 0)), (time(14, 0), time(17, 30)))
DAY: Final = 86_400_000_000
"""A day in microseconds."""
_MICROSECOND: Final = timedelta(microseconds=1)
_DAY_ONE: Final = datetime(1, 1, 1, tzinfo=CST)
_OUT_OF_RANGE: Final = "日期超出可计算的范围（公元 1 年至 9999 年）"


def _check_days(holidays: Mapping[date, str], working_days: Mapping[date, str], hours: Hours | None) -> None:
    both = sorted(set(holidays) & set(working_days))
    if both:
        raise ValueError(f"{'、'.join(map(str, both))} 既列为放假又列为上班")
    if hours is None:
        return
    edges = [edge for span in hours for edge in span]
    if not edges or any(a >= b for a, b in pairwise(edges)) or any(edge.tzinfo for edge in edges):
        raise ValueError("工作时间应按先后排列、互不重叠、起早于止，且不带时区")


class CalendarDays(Frozen):
    """A calendar as plain data, part of the rule book snapshot that an order carries.

    `holidays` and `working_days` name the exceptions to "Monday to Friday"; `official_through` is the last
    year whose schedule the State Council has published; `hours` are the working hours of every working day.
    """

    holidays: dict[date, str]
    working_days: dict[date, str]
    official_through: int
    hours: Hours = DEFAULT_HOURS

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _check_days(self.holidays, self.working_days, self.hours)
        return self


class CalendarOverrides(Frozen):
    """What a county puts on top of the national calendar, in `policies.yaml`."""

    holidays: dict[date, str] = Field(default_factory=dict)
    working_days: dict[date, str] = Field(default_factory=dict)
    official_through: int | None = None
    hours: Hours | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _check_days(self.holidays, self.working_days, self.hours)
        return self


def local(moment: datetime) -> datetime:
    """The same moment in +08:00.

    Raises ValueError for a moment without an offset or outside the years 1–9999.
    """
    if moment.tzinfo is CST:
        return moment
    if moment.tzinfo is None:
        raise ValueError("时刻缺少时区，例如 2026-09-18T16:00:00+08:00")
    try:
        return moment.astimezone(CST)
    except OverflowError:
        raise ValueError(_OUT_OF_RANGE) from None


def moment_at(ordinal: int, microseconds: int = 0) -> datetime:
    """The moment `microseconds` after 00:00 of a proleptic day number; ValueError outside the years 1–9999."""
    try:
        return _DAY_ONE + timedelta(ordinal - 1, 0, microseconds)
    except OverflowError:
        raise ValueError(_OUT_OF_RANGE) from None


def day_and_time(moment: datetime) -> tuple[int, int]:
    """The day number of a moment in +08:00 and the microseconds since its 00:00; inverse of `moment_at`."""
    days, of_day = divmod((moment - _DAY_ONE) // _MICROSECOND, DAY)
    return days + 1, of_day


def _day_at(ordinal: int) -> date:
    return moment_at(ordinal).date()


def _weekdays_through(ordinal: int) -> int:
    weeks, rest = divmod(ordinal, 7)  # day number 1 is a Monday
    return 5 * weeks + min(rest, 5)


def _microseconds(clock: time) -> int:
    return ((clock.hour * 60 + clock.minute) * 60 + clock.second) * 1_000_000 + clock.microsecond


class BusinessCalendar:
    """Arithmetic over a CalendarDays in constant time. Immutable, safe to share.

    Working days are numbered from 1 at the beginning of the calendar; working time is one line of
    microseconds on which working day `k` occupies `((k-1)·W, k·W]`. Returned moments are in +08:00. Every
    method raises ValueError if the result is outside the years 1–9999.
    """

    def __init__(self, days: CalendarDays) -> None:
        self.days: Final = days
        self.official_through: Final = days.official_through
        self._holidays = dict(days.holidays)
        self._extra = dict(days.working_days)
        edges = [(_microseconds(begin), _microseconds(end)) for begin, end in days.hours]
        self.opens_at: Final = edges[0][0]
        self.closes_at: Final = edges[-1][1]
        # For each span of hours: its end, the day's working time up to there, and the idle time before that.
        self._ends = tuple(end for _, end in edges)
        self._worked = tuple(accumulate(end - begin for begin, end in edges))
        self._idle = tuple(end - worked for end, worked in zip(self._ends, self._worked, strict=True))
        self._per_day = self._worked[-1]
        exceptions = [day.toordinal() for day in (*self._holidays, *self._extra)] or [1]
        self._base = min(exceptions) - 1
        self._last = max(exceptions)
        count = _weekdays_through(self._base)
        self._first_number = count
        through, ordinals = [count], [self._base]
        for ordinal in range(self._base + 1, self._last + 1):
            if self.is_working(date.fromordinal(ordinal)):
                count += 1
                ordinals.append(ordinal)
            through.append(count)
        self._through = tuple(through)
        self._ordinals = tuple(ordinals)
        self._drift = count - _weekdays_through(self._last)

    def is_working(self, day: date) -> bool:
        """Whether it is a working day, make-up days included."""
        return day in self._extra or (day.weekday() < 5 and day not in self._holidays)

    def why(self, day: date) -> str:
        """The reason in Chinese: the name of the exception, else 工作日 or 周末."""
        if day in self._extra:
            return self._extra[day] or "调休上班"
        if day in self._holidays:
            return self._holidays[day] or "放假"
        return "工作日" if day.weekday() < 5 else "周末"

    def opening(self, day: date) -> datetime:
        """The moment at which work begins on a working day."""
        return moment_at(day.toordinal(), self.opens_at)

    def closing(self, day: date) -> datetime:
        """The moment at which work ends on a working day."""
        return moment_at(day.toordinal(), self.closes_at)

    def number_through(self, ordinal: int) -> int:
        """The number of working days up to and including a day number."""
        if ordinal > self._last:
            return _weekdays_through(ordinal) + self._drift
        if ordinal < self._base:
            return _weekdays_through(ordinal)
        return self._through[ordinal - self._base]

    def ordinal_of(self, number: int) -> int:
        """The day number of the `number`th working day; inverse of `number_through`."""
        index = number - self._first_number
        if 0 < index < len(self._ordinals):
            return self._ordinals[index]
        weeks, rest = divmod(number - 1 - (self._drift if index > 0 else 0), 5)
        return 7 * weeks + rest + 1

    def nth_working_day_after(self, day: date, n: int) -> date:
        """The nth working day after `day`, which does not count itself; n >= 1."""
        return _day_at(self.ordinal_of(self.number_through(day.toordinal()) + n))

    def nth_working_day_before(self, day: date, n: int) -> date:
        """The nth working day before `day`, which does not count itself; n >= 1."""
        return _day_at(self.ordinal_of(self.number_through(day.toordinal() - 1) - n + 1))

    def closings_before(self, moment: datetime) -> int:
        """The number of working days that closed strictly before a moment in +08:00."""
        ordinal, of_day = day_and_time(moment)
        return self.number_through(ordinal if of_day > self.closes_at else ordinal - 1)

    def position(self, moment: datetime) -> int:
        """Microseconds of working time before a moment in +08:00, on the line of all working time."""
        ordinal, of_day = day_and_time(moment)
        number = self.number_through(ordinal)
        if self.ordinal_of(number) != ordinal:
            return number * self._per_day
        span = bisect_right(self._ends, of_day)
        if span == len(self._ends):
            return number * self._per_day
        worked = of_day - self._idle[span]
        return (number - 1) * self._per_day + max(worked, self._worked[span - 1] if span else 0)

    def latest_work_at(self, position: int) -> datetime:
        """The first moment with `position` of working time behind it: a closing time rather than the next opening."""
        number = -(-position // self._per_day)
        rest = position - (number - 1) * self._per_day
        return moment_at(self.ordinal_of(number), rest + self._idle[bisect_left(self._worked, rest)])

    def earliest_work_at(self, position: int) -> datetime:
        """The last moment with `position` of working time behind it: an opening time rather than the closing before."""
        whole, rest = divmod(position, self._per_day)
        return moment_at(self.ordinal_of(whole + 1), rest + self._idle[bisect_right(self._worked, rest)])

    def add_working_time(self, moment: datetime, amount: timedelta) -> datetime:
        """The moment at which `amount` of working time has passed; an amount of zero returns `moment`."""
        start = local(moment)
        return self.latest_work_at(self.position(start) + amount // _MICROSECOND) if amount else start

    def subtract_working_time(self, moment: datetime, amount: timedelta) -> datetime:
        """The latest moment with `amount` of working time between it and `moment`."""
        end = local(moment)
        return self.earliest_work_at(self.position(end) - amount // _MICROSECOND) if amount else end

    def working_time_between(self, begin: datetime, end: datetime) -> timedelta:
        """Working time from one moment to a later one; zero if `end` is before `begin`."""
        return timedelta(0, 0, max(0, self.position(local(end)) - self.position(local(begin))))


_by_identity: dict[int, tuple["weakref.ref[CalendarDays]", BusinessCalendar]] = {}


def compiled(days: CalendarDays) -> BusinessCalendar:
    """The BusinessCalendar of these days, compiled once.

    Cached per object, which makes repeated calls free, and by content, because each order that is loaded
    has its own copy of the same snapshot.
    """
    key = id(days)
    known = _by_identity.get(key)
    if known is not None and known[0]() is days:
        return known[1]
    calendar = _by_content(
        tuple(sorted(days.holidays.items())),
        tuple(sorted(days.working_days.items())),
        days.official_through,
        days.hours,
    )
    _by_identity[key] = (weakref.ref(days, lambda _: _by_identity.pop(key, None)), calendar)
    return calendar


_Items = tuple[tuple[date, str], ...]


@lru_cache(maxsize=64)
def _by_content(holidays: _Items, working: _Items, official_through: int, hours: Hours) -> BusinessCalendar:
    return BusinessCalendar(
        CalendarDays(
            holidays=dict(holidays),
            working_days=dict(working),
            official_through=official_through,
            hours=hours,
        )
    )
