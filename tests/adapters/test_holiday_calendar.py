from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from adapters.policy.holiday_calendar import calendar_days
from domain.calendar.business_calendar import CalendarOverrides, compiled


def _span(first: str, last: str) -> set[date]:
    day, end = date.fromisoformat(first), date.fromisoformat(last)
    return {day + timedelta(days=n) for n in range((end - day).days + 1)}


REST_2026 = (  # the notice of the General Office of the State Council for 2026
    _span("2026-01-01", "2026-01-03")
    | _span("2026-02-15", "2026-02-23")
    | _span("2026-04-04", "2026-04-06")
    | _span("2026-05-01", "2026-05-05")
    | _span("2026-06-19", "2026-06-21")
    | _span("2026-09-25", "2026-09-27")
    | _span("2026-10-01", "2026-10-07")
)
MADE_UP_2026 = {date(2026, *day) for day in ((1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10))}


def test_2026_is_the_published_schedule() -> None:
    calendar = compiled(calendar_days(CalendarOverrides(), 2026, 2026))
    for day in _span("2026-01-01", "2026-12-31"):
        expected = day in MADE_UP_2026 or (day.weekday() < 5 and day not in REST_2026)
        assert calendar.is_working(day) is expected, day


def test_days_have_plain_names() -> None:
    days = calendar_days(CalendarOverrides(), 2025, 2026)
    assert days.working_days[date(2026, 9, 20)] == "国庆节调休上班"
    assert days.working_days[date(2026, 1, 4)] == "元旦调休上班"
    assert days.holidays[date(2026, 9, 25)] == "中秋节"
    assert days.holidays[date(2026, 10, 5)] == "国庆节"
    assert days.holidays[date(2026, 10, 7)] == "国庆节调休"
    assert not any("；" in name or ";" in name for name in days.holidays.values())


def test_a_year_without_a_table_is_not_official() -> None:
    days = calendar_days(CalendarOverrides(), 2026, 2031)
    assert 2026 <= days.official_through < 2031
    assert date(2031, 10, 1) in days.holidays
    assert {day.year for day in (*days.holidays, *days.working_days)} == set(range(2026, 2032))
    assert calendar_days(CalendarOverrides(official_through=2027), 2026, 2027).official_through == 2027


def test_overrides_win_over_the_national_calendar() -> None:
    overrides = CalendarOverrides.model_validate(
        {
            "holidays": {"2026-09-20": "那达慕", "2026-11-25": "停电", "2035-01-01": "元旦"},
            "working_days": {"2026-10-07": "抢修"},
            "hours": [["09:00", "17:00"]],
        }
    )
    days = calendar_days(overrides, 2026, 2026)
    calendar = compiled(days)
    assert [calendar.why(date(2026, *day)) for day in ((9, 20), (11, 25), (10, 7), (10, 6))] == [
        "那达慕",
        "停电",
        "抢修",
        "国庆节调休",
    ]
    assert [calendar.is_working(date(2026, *day)) for day in ((9, 20), (11, 25), (10, 7))] == [
        False,
        False,
        True,
    ]
    assert calendar.why(date(2035, 1, 1)) == "元旦"
    assert calendar.closing(date(2026, 11, 24)).hour == 17


def test_contradictions_are_refused() -> None:
    with pytest.raises(ValidationError, match="既列为放假又列为上班"):
        CalendarOverrides(holidays={date(2026, 1, 5): "甲"}, working_days={date(2026, 1, 5): "乙"})
    with pytest.raises(ValueError, match="晚于"):
        calendar_days(CalendarOverrides(), 2027, 2026)
