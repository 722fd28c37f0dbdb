"""Sending hours: when a notice or call may go out, and whether its answer is still awaited.

Checked again before each attempt: an outage, or a contact who was not reached, may lie between issuing and sending.
"""

from datetime import datetime

from domain.order.deadlines import key_of
from domain.order.effects import Effect
from domain.order.internal_commands import ReportCall, ReportNotice
from domain.order.notices import quiet_hours
from domain.order.order import Order
from domain.order.parts import Rung
from domain.words import ClockName, Template

SUPERSEDED = "superseded"
OUTSIDE_HOURS = "outside_hours"


def opens(order: Order, effect: Effect, now: datetime) -> datetime:
    """The first moment, from `now` on, at which the effect may start: a notice waits until quiet hours end."""
    if effect.kind != "notify":
        return now
    moment = max(now, effect.not_before or now)
    quiet = quiet_hours(order)
    return moment if quiet is None else quiet.passed(moment)


def closes(order: Order, effect: Effect, now: datetime) -> datetime | None:
    """The end of the time in which an effect that may start now may be tried; None for no end.

    A notice may be tried until quiet hours begin; a call until its hours end or the ladder continues without it.
    """
    if effect.kind == "notify":
        quiet = quiet_hours(order)
        return None if quiet is None else quiet.earliest(now)
    if effect.kind != "call_citizen":
        return None
    hours = order.regime.callbacks.hours
    clock = order.clocks.get(key_of(ClockName.CALLBACK, effect.party))
    ends = [] if hours is None else [hours.passed(now)]
    if clock is not None and clock.status == "running":
        ends.append(clock.due_at)
    return min(ends, default=None)


def instead(order: Order, effect: Effect, now: datetime, *, held: bool) -> ReportNotice | ReportCall | None:
    """The report to send instead of performing the effect: its answer is no longer awaited, or its hours are over.

    A survey is checked only if it was `held` back: one that goes out at once follows from the latest event.
    """
    if effect.kind == "call_citizen":
        hours = order.regime.callbacks.hours
        if not _waits(order, effect):
            return _no_call(effect, SUPERSEDED)
        return None if hours is None or hours.holds(now) else _no_call(effect, OUTSIDE_HOURS)
    if held and effect.kind == "notify" and effect.template == Template.SURVEY and not _waits(order, effect):
        return ReportNotice(notice=effect.notice or "", sent=False, reason=SUPERSEDED)
    return None


def _waits(order: Order, effect: Effect) -> bool:
    """Whether the order still waits for this citizen's answer to this text or call."""
    party = effect.party or ""
    rung = order.rungs.get(party, Rung())
    asked_by_this = (
        rung.notice == effect.notice
        if effect.kind == "notify"
        else (rung.by, rung.attempt, order.reworks) == ("call", effect.attempt, effect.round)
    )
    return order.calling and party not in order.called and rung.waiting and asked_by_this


def _no_call(effect: Effect, reason: str) -> ReportCall:
    return ReportCall(
        party=effect.party or "", round=effect.round, attempt=effect.attempt, reason=reason, faultless=True
    )
