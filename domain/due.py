"""Computes the end of a limit and its basis: periods of the Civil Code (articles 200-204) with pauses taken out.

Moments are accepted with any offset and returned in +08:00. Every function raises ValueError for a moment
without offset or a result outside the years 1-9999. `domain.calendar.time_units` has the arithmetic of each unit.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final, Self

from pydantic import AwareDatetime, model_validator

from domain.calendar.business_calendar import DAY, BusinessCalendar, day_and_time, local, moment_at
from domain.calendar.durations import Duration, Unit
from domain.calendar.time_units import LINES
from domain.words import Frozen

MAX_DAYS_SHOWN: Final = 120


class Pause(Frozen):
    """A closed interval, `begin <= end`, in which a clock stood still."""

    begin: AwareDatetime
    end: AwareDatetime

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.end < self.begin:
            raise ValueError("暂停的结束不能早于开始")
        return self


class CountedDay(Frozen):
    """A day and whether it counted. `seconds` is the working time counted on it, for limits in `wh` only."""

    day: date
    counted: bool
    why: str
    seconds: int | None = None


class Basis(Frozen):
    """The basis of a due moment. `limit` is None for a moment set by a superior.

    `days` are empty for elapsed time. Beyond MAX_DAYS_SHOWN the middle of `days` is left out:
    `omitted_days` of them, of which `omitted_counted` counted.
    """

    limit: str | None
    started_at: AwareDatetime
    due_at: AwareDatetime
    provisional: bool
    rule: str
    days: tuple[CountedDay, ...] = ()
    omitted_days: int = 0
    omitted_counted: int = 0
    pauses: tuple[Pause, ...] = ()


Span = tuple[datetime, datetime]


def day_of_limit(moment: datetime) -> date:
    """The day that a limit belongs to: 00:00:00 exactly is 24:00 of the day before."""
    return moment_at(_ordinal_of_limit(local(moment))).date()


def _ordinal_of_limit(moment: datetime) -> int:
    ordinal, of_day = day_and_time(moment)
    return ordinal if of_day else ordinal - 1


def due(start: datetime, limit: Duration, calendar: BusinessCalendar, pauses: Sequence[Pause] = ()) -> datetime:
    """The end of a limit that starts at `start` (docs/policy-guide.md).

    A day counts unless its end (close of business, 24:00) lies inside a pause, its end moment excluded.
    """
    moment = local(start)
    return _limit_end(moment, moment.toordinal(), limit, calendar, _merged(pauses) if pauses else ())


def after_limit(
    limit_at: datetime, more: Duration, calendar: BusinessCalendar, pauses: Sequence[Pause] = ()
) -> datetime:
    """The end of a further limit that begins at the end of another; days count from that limit's day."""
    moment = local(limit_at)
    return _limit_end(moment, _ordinal_of_limit(moment), more, calendar, _merged(pauses) if pauses else ())


def _limit_end(
    moment: datetime, day: int, limit: Duration, calendar: BusinessCalendar, gaps: Iterable[Span]
) -> datetime:
    scale, reading, at, through_day, *_ = LINES[limit.unit]
    first = through_day(calendar, day) if through_day else reading(calendar, moment)
    target = first + limit.amount * scale
    for begin, end in gaps:
        stopped_at = max(first, reading(calendar, begin))
        if stopped_at >= target:
            break
        target += max(0, reading(calendar, end) - stopped_at)
    return at(calendar, target)


def before(limit_at: datetime, lead: Duration, calendar: BusinessCalendar) -> datetime:
    """The moment `lead` before a limit: elapsed time for `m h d` (1d = 24 h), working time for `wh`, and for
    `wd` the close of business of the Nth working day before the limit's day (docs/policy-guide.md)."""
    if lead.unit == "wd":
        return calendar.closing(calendar.nth_working_day_before(day_of_limit(limit_at), lead.amount))
    moment = local(limit_at)
    if lead.unit == "wh":
        return calendar.subtract_working_time(moment, timedelta(hours=lead.amount))
    try:
        return moment - lead.elapsed
    except OverflowError:
        raise ValueError(f"{limit_at.isoformat()} 之前 {lead} 超出可计算的日期范围") from None


def shift(limit_at: datetime, unit: Unit, pauses: Sequence[Pause], calendar: BusinessCalendar) -> datetime:
    """A moment set by a superior, postponed by the pauses that began before it, in the unit of the limit.

    For units of days the time of day is kept, 00:00:00 being 24:00 of the day before.
    """
    line = LINES[unit]
    limit = local(limit_at)
    for begin, end in _merged(pauses):
        if begin >= limit:
            break
        lost = line.reading(calendar, end) - line.reading(calendar, begin)
        if not lost:
            continue
        if line.through_day is None:
            limit = line.at(calendar, line.reading(calendar, limit) + lost)
        else:
            day = _ordinal_of_limit(limit)
            end_of_day = line.at(calendar, line.through_day(calendar, day) + lost)
            limit = moment_at(_ordinal_of_limit(end_of_day)) + (limit - moment_at(day))
    return limit


def _merged(pauses: Iterable[Pause]) -> list[Span]:
    gaps: list[Span] = []
    for begin, end in sorted((local(pause.begin), local(pause.end)) for pause in pauses):
        if gaps and begin <= gaps[-1][1]:
            gaps[-1] = (gaps[-1][0], max(end, gaps[-1][1]))
        else:
            gaps.append((begin, end))
    return gaps


def explain(start: datetime, limit: Duration, calendar: BusinessCalendar, pauses: Sequence[Pause] = ()) -> Basis:
    """`due` with its basis.

    Provisional if working days or hours count and the last day is in a year without a published schedule;
    elapsed time and calendar days do not depend on the schedule.
    """
    moment = local(start)
    due_at = due(moment, limit, calendar, pauses)
    days = _counted_days((moment, due_at), moment.toordinal(), limit.unit, calendar, _merged(pauses))
    return _basis((moment, due_at), limit, days, calendar, pauses)


def explain_fixed(
    started_at: datetime,
    limit_at: datetime,
    unit: Unit,
    calendar: BusinessCalendar,
    pauses: Sequence[Pause] = (),
    *,
    named_by: str = "上级指定",
) -> Basis:
    """`shift` with its basis, which says who set the moment."""
    start, due_at = local(started_at), shift(limit_at, unit, pauses, calendar)
    moved = due_at != limit_at
    return Basis(
        limit=None,
        started_at=start,
        due_at=due_at,
        provisional=moved and _is_provisional(due_at, unit, calendar),
        rule=f"期限为{named_by}的时刻" + ("，已扣除暂停时间顺延" if moved else ""),
        pauses=_within(pauses, start, due_at),
    )


def _basis(
    span: Span, limit: Duration, days: list[CountedDay], calendar: BusinessCalendar, pauses: Sequence[Pause]
) -> Basis:
    start, due_at = span
    half = MAX_DAYS_SHOWN // 2
    omitted = days[half:-half] if len(days) > MAX_DAYS_SHOWN else []
    return Basis(
        limit=str(limit),
        started_at=start,
        due_at=due_at,
        provisional=_is_provisional(due_at, limit.unit, calendar),
        rule=LINES[limit.unit].rule,
        days=tuple([*days[:half], *days[-half:]] if omitted else days),
        omitted_days=len(omitted),
        omitted_counted=sum(day.counted for day in omitted),
        pauses=_within(pauses, start, due_at),
    )


def _is_provisional(due_at: datetime, unit: Unit, calendar: BusinessCalendar) -> bool:
    return LINES[unit].follows_schedule and day_of_limit(due_at).year > calendar.official_through


def _within(pauses: Sequence[Pause], start: datetime, due_at: datetime) -> tuple[Pause, ...]:
    return tuple(pause for pause in pauses if pause.begin < due_at and pause.end > start)


def _counted_days(
    span: Span, first_day: int, unit: Unit, calendar: BusinessCalendar, gaps: Sequence[Span]
) -> list[CountedDay]:
    last_day = _ordinal_of_limit(span[1])
    if unit == "wh":
        return [_worked_day(ordinal, span, calendar, gaps) for ordinal in range(first_day, last_day + 1)]
    if unit in {"d", "wd"}:
        first = CountedDay(day=date.fromordinal(first_day), counted=False, why="起算当日不计入")
        return [
            first,
            *(_whole_day(ordinal, unit, calendar, gaps) for ordinal in range(first_day + 1, last_day + 1)),
        ]
    return []


def _whole_day(ordinal: int, unit: Unit, calendar: BusinessCalendar, gaps: Sequence[Span]) -> CountedDay:
    day = date.fromordinal(ordinal)
    why = calendar.why(day)
    if unit == "wd" and not calendar.is_working(day):
        return CountedDay(day=day, counted=False, why=why)
    end = moment_at(ordinal, calendar.closes_at if unit == "wd" else DAY)
    if any(begin <= end < stop for begin, stop in gaps):
        return CountedDay(day=day, counted=False, why="暂停期间")
    return CountedDay(day=day, counted=True, why=why)


def _worked_day(ordinal: int, span: Span, calendar: BusinessCalendar, gaps: Sequence[Span]) -> CountedDay:
    day = date.fromordinal(ordinal)
    begin, end = max(span[0], moment_at(ordinal)), min(span[1], moment_at(ordinal, DAY))
    between = calendar.working_time_between
    there = between(begin, end)
    paused = sum((between(max(begin, a), min(end, b)) for a, b in gaps), timedelta())
    why = calendar.why(day)
    if calendar.is_working(day) and there <= paused:
        why = "暂停期间" if paused else "当日下班后起算"
    return CountedDay(day=day, counted=there > paused, why=why, seconds=round((there - paused).total_seconds()))
