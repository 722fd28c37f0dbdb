"""The agenda: every due moment of an order, derived from its state (docs/architecture.md#the-core-decides)."""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from domain.labels import label
from domain.order.clocks import UNIT_CLOCKS, key_of
from domain.order.lifecycle.handling import warn_moment
from domain.order.order import Order
from domain.order.parts import Clock
from domain.order.read_model import Waiting
from domain.words import ClockName, Role, Stage

GRACE_SECOND = timedelta(seconds=1)
"""A limit includes the second in which it ends, so it is missed one second later: the order's clock counts whole
seconds, and a reply at 17:30:00 is in time for 17:30 (docs/architecture.md#time)."""


class Alarm(NamedTuple):
    """An alarm: `warn` is the pre-expiry warning of a clock, `due` its limit. Alarms sort by moment."""

    at: datetime
    clock: str
    what: Literal["warn", "due"]


def agenda(order: Order) -> list[Alarm]:
    """All alarms to come, earliest first; a warning before its limit."""
    return sorted(alarm for clock in order.clocks.values() for alarm in _alarms(order, clock))


def next_alarm(order: Order) -> Alarm | None:
    """The earliest alarm, None if there is none."""
    return min((alarm for clock in order.clocks.values() for alarm in _alarms(order, clock)), default=None)


def _alarms(order: Order, clock: Clock) -> list[Alarm]:
    # A return window has no alarm: it is checked when a unit requests a return.
    if clock.status != "running" or clock.name is ClockName.RETURN:
        return []
    if order.paused_since is not None and clock.name in UNIT_CLOCKS:
        return []
    alarms = [Alarm(clock.due_at + GRACE_SECOND, clock.key, "due")]
    if not clock.warned and (moment := warn_moment(order, clock)) is not None:
        alarms.append(Alarm(min(moment, clock.due_at), clock.key, "warn"))
    return alarms


def promised_moment(order: Order, alarm: Alarm) -> datetime:
    """The moment shown to people: for `due` the limit itself, without the extra second."""
    return alarm.at if alarm.what == "warn" else order.clocks[alarm.clock].due_at


def describe(order: Order, alarm: Alarm) -> str:
    """The subject and addressee of an alarm in Chinese, within the 200 bytes of a timer's summary."""
    clock = order.clocks[alarm.clock]
    what = label(clock.name, "clock")
    if alarm.what == "warn":
        what += "到期预警"
    whom = clock.unit or ("诉求人" if clock.name is ClockName.CALLBACK else clock.subject or "热线中心")
    return f"{what}｜{whom[:40]}｜{promised_moment(order, alarm):%m-%d %H:%M}"


def waiting_for(order: Order) -> tuple[Waiting, ...]:
    """Everyone whom the order waits for; never empty for an open order without a next alarm."""
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
    """The archive; before it the emergency line, while its confirmation is pending (GT-03)."""
    acknowledgement = order.clocks.get(ClockName.ACKNOWLEDGEMENT.value)
    if acknowledgement is not None and acknowledgement.status == "running":
        return Waiting(role=Role.DISPATCHER, what="acknowledge_transfer")
    return Waiting(role=Role.SYSTEM, what="archive")


def _asked_now(order: Order) -> Role:
    """The role a callback waits for: the citizens while each may still answer by text or automatic call."""
    unheard = [party for party in order.parties if party not in order.called]
    clocks = [order.clocks.get(key_of(ClockName.CALLBACK, party)) for party in unheard]
    automatic = all(clock is not None and clock.status == "running" for clock in clocks)
    return Role.CITIZEN if automatic else Role.CALLBACK_STAFF
