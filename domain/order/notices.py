"""Notices: issuing them to people, outside the quiet hours (HJ-13, NA-07)."""

from datetime import datetime

from domain.order.clocks import LIMIT_CLOCKS
from domain.order.events import NoticeIssued
from domain.order.order import Order
from domain.order.parts import Issued
from domain.order.turn import Turn
from domain.policy.messaging import DayHours
from domain.words import Role, Template


def notify(turn: Turn, template: Template, to_role: Role, unit: str | None, clause: str | None = None) -> None:
    """Issue a notice; one to the citizen goes to every citizen who called about the matter (NA-01)."""
    if to_role is Role.CITIZEN:
        for party in turn.order.parties:
            _issue(turn, template, to_role, None, party, clause)
    else:
        _issue(turn, template, to_role, unit, None, clause)


def notify_party(turn: Turn, template: Template, party: str, clause: str | None = None) -> str:
    """Issue a notice to one citizen, named by the number of their order; returns the notice's id."""
    return _issue(turn, template, Role.CITIZEN, None, party, clause)


def _issue(
    turn: Turn, template: Template, to_role: Role, unit: str | None, party: str | None, clause: str | None
) -> str:
    notice = f"N{len(turn.order.issued) + 1}"
    limits = [
        c.due_at for c in turn.order.clocks.values() if c.name in LIMIT_CLOCKS and c.unit == unit and c.status != "met"
    ]
    turn.emit(
        NoticeIssued(
            template=template,
            to_role=to_role,
            unit=unit,
            notice=notice,
            party=party,
            due_at=max(limits, default=None),
            clause=clause,
            not_before=quiet_until(turn),
        ),
        by_system=True,
    )
    return notice


def quiet_until(turn: Turn) -> datetime | None:
    """The end of the quiet hours, None outside them."""
    hours = quiet_hours(turn.order)
    return hours.passed(turn.now) if hours is not None and hours.holds(turn.now) else None


def quiet_hours(order: Order) -> DayHours | None:
    """The quiet hours of this order, in which no notice goes out; None if it has none."""
    quiet = order.regime.messaging.quiet
    if quiet is None or not order.fits(quiet.when):
        return None
    return None if quiet.exempt is not None and order.fits(quiet.exempt) else quiet.hours


def notice_issued(order: Order, event: NoticeIssued) -> Order:
    """Store the notice under its number, so that it goes out once."""
    issued = Issued(
        template=event.template, to_role=event.to_role, unit=event.unit, party=event.party, due_at=event.due_at
    )
    return order.but(issued=order.issued | {event.notice: issued})
