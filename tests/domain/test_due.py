from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.calendar.business_calendar import CST, BusinessCalendar, CalendarDays, compiled
from domain.calendar.durations import Duration, Unit
from domain.due import (
    MAX_DAYS_SHOWN,
    Basis,
    Pause,
    after_limit,
    before,
    day_of_limit,
    due,
    explain,
    explain_fixed,
    shift,
)
from tests.domain import naive_due
from tests.domain.times import OFFICIAL, at_second, calendars, limits, moment, pauses

CALENDAR = compiled(OFFICIAL)
UNITS: tuple[Unit, ...] = ("m", "h", "wh", "d", "wd")


def intervals(found: list[Pause]) -> list[tuple[datetime, datetime]]:
    return [(pause.begin, pause.end) for pause in found]


@pytest.mark.parametrize(
    ("start", "limit", "expected"),
    [
        ("2026-09-18T16:00:00+08:00", "5wd", "2026-09-24T17:30:00+08:00"),
        ("2026-09-30T17:00:00+08:00", "2wh", "2026-10-08T10:00:00+08:00"),
        ("2026-11-23T09:05:00+08:00", "3d", "2026-11-27T00:00:00+08:00"),
        ("2026-11-23T00:00:00+08:00", "3d", "2026-11-27T00:00:00+08:00"),
        ("2026-11-23T23:59:59+08:00", "1wd", "2026-11-24T17:30:00+08:00"),
        ("2026-11-23T01:02:03+00:00", "1wd", "2026-11-24T17:30:00+08:00"),
        ("2026-11-23T18:00:00+00:00", "1wd", "2026-11-25T17:30:00+08:00"),
        ("2026-11-23T15:30:07+08:00", "2wh", "2026-11-24T08:30:07+08:00"),
        ("2026-11-23T15:30:00+08:00", "2wh", "2026-11-23T17:30:00+08:00"),
        ("2026-11-23T11:00:00+08:00", "1wh", "2026-11-23T12:00:00+08:00"),
        ("2026-11-23T09:05:59+08:00", "30m", "2026-11-23T09:35:59+08:00"),
        ("2026-09-30T23:30:15+08:00", "20h", "2026-10-01T19:30:15+08:00"),
        ("2026-09-30T10:00:00+08:00", "1d", "2026-10-02T00:00:00+08:00"),
    ],
)
def test_worked_examples(start: str, limit: str, expected: str) -> None:
    found = due(moment(start), Duration.parse(limit), CALENDAR)
    assert found.isoformat() == expected


@given(calendars(), at_second(0), limits(), pauses())
def test_due_is_what_walking_finds(days: CalendarDays, start: datetime, limit: Duration, found: list[Pause]) -> None:
    expected = naive_due.due(start, limit.amount, limit.unit, days, intervals(found))
    assert due(start, limit, compiled(days), found) == expected
    assert due(start.astimezone(UTC), limit, compiled(days), found[::-1]) == expected


@given(calendars(), at_second(41), limits(), pauses(23))
def test_seconds_are_kept(days: CalendarDays, start: datetime, limit: Duration, found: list[Pause]) -> None:
    if limit.is_elapsed:
        walked = start + limit.elapsed
        assert due(start, limit, compiled(days)) == walked
    else:
        walked = naive_due.due(start, limit.amount, limit.unit, days, intervals(found))
        assert due(start, limit, compiled(days), found) == walked


@given(calendars(), at_second(0) | at_second(5), limits())
def test_a_lead_before_a_limit_is_what_walking_back_finds(
    days: CalendarDays, limit_at: datetime, lead: Duration
) -> None:
    assert before(limit_at, lead, compiled(days)) == naive_due.before(limit_at, lead.amount, lead.unit, days)


def test_leads_of_the_regimes() -> None:
    close, midnight = moment("2026-10-08T17:30:00+08:00"), moment("2026-11-27T00:00:00+08:00")
    lead = Duration.parse
    assert before(close, lead("2wh"), CALENDAR) == moment("2026-10-08T15:30:00+08:00")
    assert before(close, lead("1wd"), CALENDAR) == moment("2026-09-30T17:30:00+08:00")
    assert before(close, lead("1d"), CALENDAR) == moment("2026-10-07T17:30:00+08:00")
    assert before(midnight, lead("1wd"), CALENDAR) == moment("2026-11-25T17:30:00+08:00")
    assert before(midnight, lead("4h"), CALENDAR) == moment("2026-11-26T20:00:00+08:00")
    assert day_of_limit(midnight).isoformat() == "2026-11-26"
    assert day_of_limit(midnight + timedelta(microseconds=1)).isoformat() == "2026-11-27"


def test_more_time_counts_from_the_day_of_the_limit() -> None:
    midnight, more = moment("2026-11-27T00:00:00+08:00"), Duration.parse
    assert after_limit(midnight, more("3wd"), CALENDAR) == moment("2026-12-01T17:30:00+08:00")
    assert after_limit(midnight, more("1d"), CALENDAR) == moment("2026-11-28T00:00:00+08:00")
    assert after_limit(midnight, more("2wh"), CALENDAR) == moment("2026-11-27T10:30:00+08:00")
    assert after_limit(midnight, more("24h"), CALENDAR) == moment("2026-11-28T00:00:00+08:00")
    close = moment("2026-11-27T17:30:00+08:00")
    paused = Pause(begin=moment("2026-11-30T09:00:00+08:00"), end=moment("2026-12-01T09:00:00+08:00"))
    assert after_limit(close, more("1wd"), CALENDAR, [paused]) == moment("2026-12-01T17:30:00+08:00")


@given(calendars(), at_second(0), limits(), pauses(7))
def test_shifting_a_limit_is_reckoning_it_with_the_pauses(
    days: CalendarDays, start: datetime, limit: Duration, found: list[Pause]
) -> None:
    calendar = compiled(days)
    by_the_day = limit.unit in {"d", "wd"}  # whose day of the start counts neither way
    counts_from = start + timedelta(days=1) if by_the_day else start
    later = [pause for pause in found if pause.begin > counts_from]
    unpaused = due(start, limit, calendar)
    assert shift(unpaused, limit.unit, later, calendar) == due(start, limit, calendar, later)


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("h", "2026-09-29T16:15:00+08:00"),
        ("d", "2026-09-29T15:00:00+08:00"),
        ("wd", "2026-09-29T15:00:00+08:00"),
        ("wh", "2026-09-29T16:15:00+08:00"),
    ],
)
def test_a_moment_set_from_above_moves_in_its_unit(unit: Unit, expected: str) -> None:
    paused = Pause(begin=moment("2026-09-23T16:00:00+08:00"), end=moment("2026-09-28T17:15:00+08:00"))
    fixed = moment("2026-09-24T15:00:00+08:00")
    assert shift(fixed, unit, [paused], CALENDAR).isoformat() == expected
    account = explain_fixed(paused.begin, fixed, unit, CALENDAR, [paused])
    assert (account.limit, account.due_at.isoformat(), account.pauses) == (None, expected, (paused,))
    late = Pause(begin=fixed, end=fixed + timedelta(days=9))
    assert shift(fixed, unit, [late], CALENDAR) == fixed


def test_a_midnight_set_from_above_stays_an_end_of_day() -> None:
    paused = Pause(begin=moment("2026-11-24T09:00:00+08:00"), end=moment("2026-11-25T09:00:00+08:00"))
    midnight = moment("2026-11-28T00:00:00+08:00")
    assert shift(midnight, "wd", [paused], CALENDAR) == moment("2026-12-01T00:00:00+08:00")
    assert shift(midnight, "d", [paused], CALENDAR) == moment("2026-11-29T00:00:00+08:00")


@given(calendars(), at_second(0) | at_second(9), limits(), pauses())
def test_the_account_adds_up(days: CalendarDays, start: datetime, limit: Duration, found: list[Pause]) -> None:
    account = explain(start, limit, compiled(days), found)
    assert account.due_at == due(start, limit, compiled(days), found)
    assert Basis.model_validate_json(account.model_dump_json()) == account
    if account.omitted_days:
        assert len(account.days) == MAX_DAYS_SHOWN
    counted = sum(day.counted for day in account.days) + account.omitted_counted
    if limit.unit in {"d", "wd"}:
        assert counted == limit.amount
        assert account.days[-1].counted
    elif limit.unit == "wh" and not account.omitted_days:
        assert sum(day.seconds or 0 for day in account.days) == limit.amount * 3600
        assert all(day.counted == bool(day.seconds) for day in account.days)
    elif limit.is_elapsed:
        assert account.days == ()


def test_the_account_says_why() -> None:
    account = explain(moment("2026-09-18T16:00:00+08:00"), Duration.parse("5wd"), CALENDAR)
    assert [(day.day.day, day.counted, day.why) for day in account.days[:4]] == [
        (18, False, "起算当日不计入"),
        (19, False, "周末"),
        (20, True, "国庆节调休上班"),
        (21, True, "工作日"),
    ]
    assert "第二百零三条" in account.rule
    paused = Pause(begin=moment("2026-11-24T09:00:00+08:00"), end=moment("2026-11-25T09:00:00+08:00"))
    hours = explain(moment("2026-11-23T18:00:00+08:00"), Duration.parse("8wh"), CALENDAR, [paused])
    assert [(day.seconds, day.why) for day in hours.days] == [
        (0, "当日下班后起算"),
        (1800, "工作日"),
        (23400, "工作日"),
        (3600, "工作日"),
    ]
    assert hours.pauses == (paused,)


def test_a_long_account_is_cut_in_the_middle() -> None:
    account = explain(moment("2026-01-05T09:00:00+08:00"), Duration.parse("400d"), CALENDAR)
    assert (len(account.days), account.omitted_days, account.omitted_counted) == (MAX_DAYS_SHOWN, 281, 281)
    assert account.days[-1].day == day_of_limit(account.due_at)


@pytest.mark.parametrize(
    ("start", "limit", "provisional"),
    [
        ("2026-12-30T09:00:00+08:00", "1wd", False),
        ("2026-12-30T09:00:00+08:00", "2wd", True),
        ("2026-12-31T17:00:00+08:00", "1wh", True),
        ("2026-12-31T09:00:00+08:00", "24h", False),
        ("2027-03-01T09:00:00+08:00", "3d", False),
    ],
)
def test_only_what_the_schedule_can_move_is_provisional(start: str, limit: str, provisional: bool) -> None:
    assert explain(moment(start), Duration.parse(limit), CALENDAR).provisional is provisional


@pytest.mark.parametrize("unit", UNITS)
def test_beyond_the_calendar_is_an_error_not_a_crash(unit: Unit) -> None:
    last, first = datetime(9999, 12, 31, 23, 59, tzinfo=CST), datetime(1, 1, 1, 0, 1, tzinfo=CST)
    much = Duration(amount=10_000, unit=unit)
    for beyond in (due, after_limit, explain):
        with pytest.raises(ValueError, match="超出可计算"):
            beyond(last, much, CALENDAR)
    with pytest.raises(ValueError, match="超出可计算"):
        before(first, much, CALENDAR)
    whole_year = Pause(begin=last - timedelta(days=400), end=last)
    with pytest.raises(ValueError, match="超出可计算"):
        shift(last - timedelta(days=1), unit, [whole_year], CALENDAR)


def test_a_moment_needs_an_offset_and_a_pause_runs_forward() -> None:
    naive = datetime(2026, 11, 23, 9)  # noqa: DTZ001 (the fault under test)
    with pytest.raises(ValueError, match="缺少时区"):
        due(naive, Duration.parse("1h"), CALENDAR)
    with pytest.raises(ValidationError, match="不能早于"):
        Pause(begin=moment("2026-11-23T09:00:00+08:00"), end=moment("2026-11-23T08:59:59+08:00"))


@given(st.integers(1, 9000), st.sampled_from(UNITS))
def test_a_calendar_without_exceptions_reaches_far(year: int, unit: Unit) -> None:
    plain = CalendarDays(holidays={}, working_days={}, official_through=2026)
    start, limit = datetime(year, 7, 1, 9, tzinfo=CST), Duration(amount=3, unit=unit)
    assert due(start, limit, BusinessCalendar(plain)) == naive_due.due(start, 3, unit, plain, [])
