"""The national calendar of China from the `holidays` package, with a county's overrides on top.

The package knows the schedule of the State Council (holidays, days off in lieu, make-up days) for the years
already announced; for a later year it derives the statutory holidays only, and the year is not official.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from holidays import HolidayBase, country_holidays

from domain.calendar.business_calendar import DEFAULT_HOURS, CalendarDays, CalendarOverrides

_LANGUAGE: Final = "zh_CN"
_IN_LIEU: Final = "休息日"
_OBSERVED: Final = "（补假）"
_REACH: Final = 7


def calendar_days(overrides: CalendarOverrides, first_year: int, last_year: int) -> CalendarDays:
    """The non-working and make-up days of the years first..last, both included. `official_through`
    is the last year for which the package has the table of days moved.

    An override wins over the package. Raises ValueError (pydantic's) when the overrides contradict
    themselves, and for years the wrong way round.
    """
    if first_year > last_year:
        raise ValueError(f"起始年份 {first_year} 晚于结束年份 {last_year}")
    years = range(first_year - 1, last_year + 2)
    national = country_holidays("CN", years=years, expand=False, language=_LANGUAGE)
    holidays = {day: _holiday_name(national, day) for day in sorted(national)}
    working = {day: f"{_make_up_for(national, day)}调休上班" for day in sorted(national.weekend_workdays)}
    return CalendarDays(
        holidays={
            day: name
            for day, name in (holidays | overrides.holidays).items()
            if day in overrides.holidays or (first_year <= day.year <= last_year and day not in overrides.working_days)
        },
        working_days={
            day: name
            for day, name in (working | overrides.working_days).items()
            if day in overrides.working_days or (first_year <= day.year <= last_year and day not in overrides.holidays)
        },
        official_through=overrides.official_through or _last_official_year(national),
        hours=overrides.hours or DEFAULT_HOURS,
    )


def _last_official_year(national: HolidayBase) -> int:
    announced: Iterable[int] = national.special_public_holidays
    return max(announced)


def _holiday_name(national: HolidayBase, day: date) -> str:
    """A plain name: the package labels days off in lieu by the weekend day that they were moved from."""
    feast = _nearest_feast(national, day)
    return f"{feast}调休" if national[day].startswith(_IN_LIEU) else feast


def _make_up_for(national: HolidayBase, worked: date) -> str:
    """The holiday to which a make-up day belongs; empty when the package does not name it."""
    label = worked.isoformat()
    return next((_nearest_feast(national, day) for day, name in national.items() if label in name), "")


def _nearest_feast(national: HolidayBase, day: date) -> str:
    for distance in range(_REACH + 1):
        for near in (day - timedelta(days=distance), day + timedelta(days=distance)):
            name = national.get(near)
            if name and not name.startswith(_IN_LIEU):
                return name.removesuffix(_OBSERVED).replace("; ", "、")
    return ""
