"""Due moments per second, compared with `businesstimedelta` on the same cases and calendar in one run.

The peer supports holidays but not make-up days. In cases without a make-up day the results must be equal; in the
others its disagreements are counted. It has no working days: `Nwd` is passed as the working hours of that many days
from the close of the first day, which gives the same moment.
"""

import random
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import businesstimedelta
import pytz

from adapters.policy.holiday_calendar import calendar_days
from domain.calendar.business_calendar import CST, BusinessCalendar, CalendarOverrides, compiled
from domain.calendar.durations import Duration
from domain.due import due

FIRST_YEAR, LAST_YEAR = 2024, 2034  # the peer searches years ahead for the next holiday and fails without one
HOURS_A_DAY = 7
OURS_REPEATED = 200

Case = tuple[datetime, Duration]


def run(cases_per_unit: int = 300, seed: int = 12345) -> dict[str, float | int]:
    """Measure both and print one line.

    Returns `ours_per_s`, `peer_per_s`, `ratio`, `cases`, `compared` (cases without a make-up day in their span)
    and `disagreements` (of the peer, in the other cases). AssertionError if two comparable results differ.
    """
    calendar = compiled(calendar_days(CalendarOverrides(), FIRST_YEAR, LAST_YEAR))
    cases = _cases(random.Random(seed), cases_per_unit)
    peer = _peer(calendar)
    peer_cases = [_for_peer(case, calendar) for case in cases]

    ours, our_seconds = _timed(lambda: [due(start, limit, calendar) for start, limit in cases], OURS_REPEATED)
    theirs, peer_seconds = _timed(
        lambda: [start + businesstimedelta.BusinessTimeDelta(peer, hours=hours) for start, hours in peer_cases],
        1,
    )
    compared = disagreements = 0
    for (start, limit), mine, other in zip(cases, ours, theirs, strict=True):
        if _holds_make_up_day(start, max(mine, other), calendar):
            disagreements += mine != other
        else:
            compared += 1
            assert mine == other, (start, limit, mine, other)
    result = {
        "ours_per_s": round(len(cases) / our_seconds),
        "peer_per_s": round(len(cases) / peer_seconds),
        "ratio": round(peer_seconds / our_seconds, 1),
        "cases": len(cases),
        "compared": compared,
        "disagreements": disagreements,
    }
    print("due moments", *(f"{name}={value}" for name, value in result.items()))
    return result


def _cases(chance: random.Random, per_unit: int) -> list[Case]:
    """Cases that start at odd seconds, so that no `wh` ends exactly at a closing time, which the peer passes over."""
    first = datetime(2024, 1, 1, tzinfo=CST)
    return [
        (
            first + timedelta(days=chance.randrange(1000), seconds=2 * chance.randrange(43_200) + 1),
            Duration(amount=chance.randint(1, most), unit=unit),
        )
        for unit, most in (("wh", 30), ("wd", 15))
        for _ in range(per_unit)
    ]


def _for_peer(case: Case, calendar: BusinessCalendar) -> tuple[datetime, int]:
    start, limit = case
    if limit.unit == "wh":
        return start, limit.amount
    return calendar.closing(start.date()), limit.amount * HOURS_A_DAY


def _peer(calendar: BusinessCalendar) -> businesstimedelta.Rules:
    shanghai = pytz.timezone("Asia/Shanghai")
    (opening, noon), (afternoon, closing) = calendar.days.hours
    work = businesstimedelta.WorkDayRule(
        start_time=opening, end_time=closing, working_days=[0, 1, 2, 3, 4], tz=shanghai
    )
    lunch = businesstimedelta.LunchTimeRule(
        start_time=noon, end_time=afternoon, working_days=[0, 1, 2, 3, 4], tz=shanghai
    )
    holidays = businesstimedelta.HolidayRule(calendar.days.holidays, tz=shanghai)
    return businesstimedelta.Rules([work, lunch, holidays])


def _timed(work: Callable[[], Sequence[datetime]], times: int) -> tuple[Sequence[datetime], float]:
    began = time.perf_counter()
    for _ in range(times):
        answers = work()
    return answers, (time.perf_counter() - began) / times


def _holds_make_up_day(start: datetime, end: datetime, calendar: BusinessCalendar) -> bool:
    return any(start.date() <= day <= end.date() for day in calendar.days.working_days)


if __name__ == "__main__":
    run()
