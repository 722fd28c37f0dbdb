"""The agenda: every moment at which something is due, derived from the state and never stored (design §1)."""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from domain.labels import label
from domain.order.deadlines import UNIT_CLOCKS, key_of
from domain.order.lifecycle.handling import warn_moment
from domain.order.order import Order
from domain.order.parts import Clock
from domain.order.read_model import Waiting
from domain.words import ClockName, Role, Stage

LAST_SECOND = timedelta(seconds=1)
"""A promise is kept through the second in which it ends, so it is missed one second later: the order's clock
counts whole seconds, and what is done at 17:30:00 is done by 17:30."""


class Alarm(NamedTuple):
    """Something to ring: `warn` is the pre-expiry warning of a clock, `due` the clock itself. Sorts by moment."""

    at: datetime
    clock: str
    what: Literal["warn", "due"]


def agenda(order: Order) -> list[Alarm]:
    """All alarms to come, earliest first; warnings before the limits they warn of."""
    return sorted(alarm for clock in order.clocks.values() for alarm in _alarms(order, clock))


def next_alarm(order: Order) -> Alarm | None:
    """The earliest alarm, None when time alone will change nothing."""
    return min((alarm for clock in order.clocks.values() for alarm in _alarms(order, clock)), default=None)


def _alarms(order: Order, clock: Clock) -> list[Alarm]:
    # A return window passes silently: what it closes is checked when somebody asks.
    if clock.status != "running" or clock.name is ClockName.RETURN:
        return []
    if order.paused_since is not None and clock.name in UNIT_CLOCKS:
        return []
    alarms = [Alarm(clock.due_at + LAST_SECOND, clock.key, "due")]
    if not clock.warned and (moment := warn_moment(order, clock)) is not None:
        alarms.append(Alarm(min(moment, clock.due_at), clock.key, "warn"))
    return alarms


def promised(order: Order, alarm: Alarm) -> datetime:
    """The moment that people know the alarm by: the limit itself for `due`."""
    return alarm.at if alarm.what == "warn" else order.clocks[alarm.clock].due_at


def describe(order: Order, alarm: Alarm) -> str:
    """What is due and to whom, in Chinese, within the 200 bytes of a timer's summary."""
    clock = order.clocks[alarm.clock]
    what = label(clock.name, "clock")
    if alarm.what == "warn":
        what += "到期预警"
    whom = clock.unit or ("诉求人" if clock.name is ClockName.CALLBACK else clock.subject or "热线中心")
    return f"{what}｜{whom[:40]}｜{promised(order, alarm):%m-%d %H:%M}"


def waiting_for(order: Order) -> tuple[Waiting, ...]:
    """Everyone whom the order waits for; an open order without a next alarm always has someone here."""
    if order.closed:
        return () if order.archived else (_waiting_to_archive(order),)
    waits = [Waiting(role=a.by_role, unit=a.unit, what=f"approval.{a.kind.value}") for a in order.open_approvals]
    if order.awaiting_dispatch:
        waits.append(Waiting(role=Role.DISPATCHER, what="dispatch"))
    if order.stage is Stage.CALLBACK:
        waits.append(Waiting(role=_asked_now(order), what="record_callback"))
    for assignment in order.active:
        if assignment.status == "dispatched":
            waits.append(Waiting(role=Role.UNIT_CLERK, unit=assignment.unit, what="sign"))
        elif assignment.status == "handling" and order.paused_since is None:
            waits.append(Waiting(role=Role.UNIT_CLERK, unit=assignment.unit, what="submit_reply"))
    if order.paused_since is not None:
        working = [a for a in order.active if a.status == "handling"] or order.leads
        waits += [Waiting(role=Role.UNIT_CLERK, unit=a.unit, what="request_strike_off") for a in working]
    return tuple(waits)


def _waiting_to_archive(order: Order) -> Waiting:
    """A closed order goes into the archive, once the emergency line that took it over has said so (GT-03)."""
    acknowledgement = order.clocks.get(ClockName.ACKNOWLEDGEMENT.value)
    if acknowledgement is not None and acknowledgement.status == "running":
        return Waiting(role=Role.DISPATCHER, what="acknowledge_transfer")
    return Waiting(role=Role.SYSTEM, what="archive")


def _asked_now(order: Order) -> Role:
    """Who is waited for in a callback: the citizens, as long as each of them may yet answer by themselves."""
    unheard = [party for party in order.parties if party not in order.called]
    clocks = [order.clocks.get(key_of(ClockName.CALLBACK, party)) for party in unheard]
    automatic = all(clock is not None and clock.status == "running" for clock in clocks)
    return Role.CITIZEN if automatic else Role.CALLBACK_STAFF
