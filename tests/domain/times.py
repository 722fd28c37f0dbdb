"""Hypothesis strategies for moments, calendars, limits and pauses, and the calendar of 2026."""

from datetime import date, datetime, time, timedelta

from hypothesis import strategies as st

from adapters.policy.holiday_calendar import calendar_days
from domain.calendar.business_calendar import CST, CalendarDays, CalendarOverrides
from domain.calendar.durations import Duration
from domain.due import Pause

OFFICIAL = calendar_days(CalendarOverrides(), 2025, 2027)
_FIRST, _LAST = date(2026, 9, 1), date(2026, 11, 30)
_HOURS = (
    ((time(8, 30), time(12)), (time(14), time(17, 30))),
    ((time(9), time(17)),),
    ((time(0), time(6, 15)), (time(6, 15, 1), time(12)), (time(20), time(23, 59))),
)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def at_second(second: int) -> st.SearchStrategy[datetime]:
    """Moments on one second of the minute, often on an edge of a day."""
    clocks = st.sampled_from([time(0), time(8, 30), time(12), time(14), time(17, 30)]) | st.builds(
        time, st.integers(0, 23), st.integers(0, 59)
    )
    return st.builds(
        lambda day, clock: datetime.combine(day, clock.replace(second=second), CST),
        st.dates(_FIRST, _LAST),
        clocks,
    )


@st.composite
def calendars(draw: st.DrawFn) -> CalendarDays:
    if draw(st.booleans()):
        return OFFICIAL
    days = st.dates(_FIRST, _LAST + timedelta(days=60))
    holidays = draw(st.dictionaries(days, st.just("假日"), max_size=30))
    working = draw(st.dictionaries(days.filter(lambda day: day not in holidays), st.just(""), max_size=10))
    return CalendarDays(
        holidays=holidays,
        working_days=working,
        official_through=2026,
        hours=draw(st.sampled_from(_HOURS)),
    )


def limits(most: int = 40) -> st.SearchStrategy[Duration]:
    return st.builds(Duration, amount=st.integers(1, most), unit=st.sampled_from(["m", "h", "wh", "d", "wd"]))


def pauses(second: int = 0) -> st.SearchStrategy[list[Pause]]:
    lengths = st.timedeltas(timedelta(0), timedelta(days=12)).map(
        lambda length: timedelta(minutes=length // timedelta(minutes=1))
    )
    one = st.builds(lambda begin, length: Pause(begin=begin, end=begin + length), at_second(second), lengths)
    return st.lists(one, max_size=4)
