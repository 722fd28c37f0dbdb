"""Sending hours: when a notice or call may go out, and whether it is still needed.

Checked before each try: an outage, or a contact who did not get it, may lie between issue and sending.
"""

from datetime import datetime

from domain.order.clocks import key_of
from domain.order.effects import CallCitizenEffect, Effect, NotifyEffect
from domain.order.internal_commands import ReportCall, ReportNotice
from domain.order.notices import quiet_hours
from domain.order.order import Order
from domain.order.parts import Rung
from domain.words import ClockName, Template

SUPERSEDED = "superseded"
OUTSIDE_HOURS = "outside_hours"


def may_begin_at(order: Order, effect: Effect, now: datetime) -> datetime:
    """The first moment from now on at which the effect may begin: a notice waits for the end of the quiet hours."""
    if not isinstance(effect, NotifyEffect):
        return now
    moment = max(now, effect.not_before or now)
    quiet = quiet_hours(order)
    return moment if quiet is None else quiet.passed(moment)


def may_be_tried_until(order: Order, effect: Effect, now: datetime) -> datetime | None:
    """The end of the time in which an effect begun now may be tried; None if it is not limited.

    For a notice the beginning of the quiet hours; for a call the end of its hours, or the next step of the ladder.
    """
    if isinstance(effect, NotifyEffect):
        quiet = quiet_hours(order)
        return None if quiet is None else quiet.earliest(now)
    if not isinstance(effect, CallCitizenEffect):
        return None
    hours = order.regime.callbacks.hours
    clock = order.clocks.get(key_of(ClockName.CALLBACK, effect.party))
    ends = [] if hours is None else [hours.passed(now)]
    if clock is not None and clock.status == "running":
        ends.append(clock.due_at)
    return min(ends, default=None)


def replacing_report(order: Order, effect: Effect, now: datetime, *, held: bool) -> ReportNotice | ReportCall | None:
    """The report that replaces the effect: no longer needed, or outside its hours. None: it is to be performed.

    A survey is checked only if it was `held` back: one that goes out at once is always needed.
    """
    if isinstance(effect, CallCitizenEffect):
        hours = order.regime.callbacks.hours
        if not _waits(order, effect):
            return _no_call(effect, SUPERSEDED)
        return None if hours is None or hours.holds(now) else _no_call(effect, OUTSIDE_HOURS)
    if not held or not isinstance(effect, NotifyEffect) or effect.template is not Template.SURVEY:
        return None
    if not _waits(order, effect):
        return ReportNotice(notice=effect.notice, sent=False, reason=SUPERSEDED)
    return None


def _waits(order: Order, effect: NotifyEffect | CallCitizenEffect) -> bool:
    """Whether the citizen has not yet answered this text or call."""
    if effect.party is None:
        return False
    rung = order.rungs.get(effect.party, Rung())
    asked_by_this = (
        rung.notice == effect.notice
        if isinstance(effect, NotifyEffect)
        else (rung.by, rung.attempt, order.reworks) == ("call", effect.attempt, effect.round)
    )
    return order.calling and effect.party not in order.called and rung.waiting and asked_by_this


def _no_call(effect: CallCitizenEffect, reason: str) -> ReportCall:
    return ReportCall(party=effect.party, round=effect.round, attempt=effect.attempt, reason=reason, faultless=True)
