import gc
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.calendar.business_calendar import CST, CalendarDays, CalendarOverrides, compiled, local
from tests.domain.naive_due import works
from tests.domain.times import OFFICIAL, at_second, calendars, moment

EMPTY = CalendarDays(holidays={}, working_days={}, official_through=2026)


@given(calendars(), st.dates(date(2020, 1, 1), date(2035, 1, 1)), st.integers(1, 300))
def test_the_nth_working_day_is_the_one_that_walking_finds(days: CalendarDays, start: date, n: int) -> None:
    calendar = compiled(days)
    for step, found in (
        (1, calendar.nth_working_day_after(start, n)),
        (-1, calendar.nth_working_day_before(start, n)),
    ):
        day, left = start, n
        while left:
            day += timedelta(days=step)
            left -= works(day, days)
        assert found == day
    assert calendar.is_working(start) == works(start, days)


@given(calendars(), at_second(0), at_second(17), st.timedeltas(timedelta(seconds=1), timedelta(days=20)))
def test_working_time_is_added_and_taken_away_consistently(
    days: CalendarDays, a: datetime, b: datetime, amount: timedelta
) -> None:
    calendar = compiled(days)
    later, earlier = calendar.add_working_time(a, amount), calendar.subtract_working_time(a, amount)
    assert calendar.working_time_between(a, later) == amount == calendar.working_time_between(earlier, a)
    assert calendar.add_working_time(a, timedelta()) == a == calendar.subtract_working_time(a, timedelta())
    begin, end = min(a, b), max(a, b)
    middle = begin + (end - begin) / 2
    between = calendar.working_time_between
    assert between(begin, end) == between(begin, middle) + between(middle, end)
    assert between(end, begin) == timedelta()


def test_a_closing_time_is_reached_before_the_next_opening() -> None:
    calendar = compiled(OFFICIAL)
    noon = moment("2026-11-23T12:00:00+08:00")
    assert calendar.add_working_time(noon - timedelta(hours=1), timedelta(hours=1)) == noon
    assert calendar.add_working_time(noon, timedelta(hours=1)) == noon + timedelta(hours=3)
    opening = moment("2026-11-23T14:00:00+08:00")
    assert calendar.subtract_working_time(opening + timedelta(hours=1), timedelta(hours=1)) == opening
    assert calendar.subtract_working_time(opening, timedelta(hours=1)) == noon - timedelta(hours=1)
    day = date(2026, 11, 23)
    assert calendar.opening(day) == moment("2026-11-23T08:30:00+08:00")
    assert calendar.closing(day) == moment("2026-11-23T17:30:00+08:00")


def test_every_day_has_a_reason() -> None:
    calendar = compiled(OFFICIAL)
    reasons = {
        "2026-09-20": "国庆节调休上班",
        "2026-09-25": "中秋节",
        "2026-09-26": "周末",
        "2026-09-28": "工作日",
    }
    assert {day: calendar.why(date.fromisoformat(day)) for day in reasons} == reasons


def test_a_calendar_is_compiled_once() -> None:
    days = OFFICIAL.model_copy(update={"official_through": 2029})
    twin = CalendarDays.model_validate_json(days.model_dump_json())
    assert compiled(twin) is compiled(days) is compiled(twin)
    changed = days.model_copy(update={"holidays": {}})
    assert compiled(changed) is not compiled(days)
    del twin, changed
    gc.collect()
    others = [OFFICIAL.model_copy(update={"official_through": year}) for year in (2030, 2031, 2032)]
    assert [compiled(other).official_through for other in others] == [2030, 2031, 2032]


@pytest.mark.parametrize("model", [CalendarDays, CalendarOverrides])
@pytest.mark.parametrize(
    "fault",
    [
        {"holidays": {"2026-10-01": "国庆节"}, "working_days": {"2026-10-01": "调休"}},
        {"hours": []},
        {"hours": [["12:00", "08:30"]]},
        {"hours": [["08:30", "12:00"], ["11:00", "17:30"]]},
        {"hours": [["08:30Z", "12:00Z"]]},
    ],
)
def test_contradictory_days_are_refused(model: type[CalendarDays], fault: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        model.model_validate({"holidays": {}, "working_days": {}, "official_through": 2026} | fault)


def test_the_ends_of_the_calendar_are_errors_not_crashes() -> None:
    calendar = compiled(EMPTY)
    faults: tuple[Callable[[], object], ...] = (
        lambda: calendar.nth_working_day_after(date(9999, 12, 30), 30),
        lambda: calendar.nth_working_day_before(date(1, 1, 3), 30),
        lambda: calendar.add_working_time(datetime(9999, 12, 31, tzinfo=CST), timedelta(days=30)),
        lambda: calendar.subtract_working_time(datetime(1, 1, 1, tzinfo=CST), timedelta(days=30)),
        lambda: local(datetime.combine(date.max, time(23), timezone(timedelta(hours=-8)))),
    )
    for fault in faults:
        with pytest.raises(ValueError, match="超出可计算的范围"):
            fault()
    with pytest.raises(ValueError, match="缺少时区"):
        local(datetime(2026, 1, 1))  # noqa: DTZ001 (the fault under test)
