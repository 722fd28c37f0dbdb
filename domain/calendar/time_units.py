"""The units of a limit as monotonic functions of time, on which `domain.due` computes.

A line maps a moment to an integer that rises while time counts and is constant otherwise: microseconds for `m h`,
microseconds of work for `wh`, ended days for `d`, closed working days for `wd`. A limit ends when the line has
risen by the amount; a pause takes out the rise during it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from domain.calendar.business_calendar import DAY, BusinessCalendar, day_and_time, moment_at
from domain.calendar.durations import Unit

_HOUR: Final = 3_600_000_000
_MINUTE: Final = 60_000_000


class Line(NamedTuple):
    """The line of one unit; moments are in +08:00.

    `scale`: the rise for one unit; `reading`: the value strictly before a moment; `at`: the first moment that has
    reached a value. `through_day`, only for lines that count by the day: the value at the end of a day number.
    `rule` names the articles of the Civil Code.
    """

    scale: int
    reading: Callable[[BusinessCalendar, datetime], int]
    at: Callable[[BusinessCalendar, int], datetime]
    through_day: Callable[[BusinessCalendar, int], int] | None
    follows_schedule: bool
    rule: str


def _elapsed(_: BusinessCalendar, moment: datetime) -> int:
    ordinal, of_day = day_and_time(moment)
    return ordinal * DAY + of_day


def _elapsed_at(_: BusinessCalendar, reading: int) -> datetime:
    return moment_at(0, reading)


def _days_ended(_: BusinessCalendar, moment: datetime) -> int:
    ordinal, of_day = day_and_time(moment)
    return ordinal - (1 if of_day else 2)


_BY_THE_HOUR: Final = "按{0}计算，自起算时刻开始，逐时计满为止（民法典第二百零一条第二款）"
LINES: Final[Mapping[Unit, Line]] = {
    "m": Line(
        _MINUTE,
        _elapsed,
        _elapsed_at,
        None,
        False,
        _BY_THE_HOUR.format("分钟"),
    ),
    "h": Line(
        _HOUR,
        _elapsed,
        _elapsed_at,
        None,
        False,
        _BY_THE_HOUR.format("小时"),
    ),
    "wh": Line(
        _HOUR,
        BusinessCalendar.position,
        BusinessCalendar.latest_work_at,
        None,
        True,
        "按工作时间计算，只计上班时段，恰在下班时刻用完的即于该时刻截止（民法典第二百零一条第二款、第二百零四条）",
    ),
    "d": Line(
        1,
        _days_ended,
        lambda _, reading: moment_at(reading, DAY),
        lambda _, ordinal: ordinal,
        False,
        "按日计算，起算当日不计入，节假日计入且不顺延，末日二十四时截止"
        "（民法典第二百零一条第一款、第二百零三条、第二百零四条）",
    ),
    "wd": Line(
        1,
        BusinessCalendar.closings_before,
        lambda calendar, reading: moment_at(calendar.ordinal_of(reading), calendar.closes_at),
        BusinessCalendar.number_through,
        True,
        "按工作日计算，起算当日不计入，调休上班日计入，末日下班时截止"
        "（民法典第二百零一条第一款、第二百零三条、第二百零四条）",
    ),
}
