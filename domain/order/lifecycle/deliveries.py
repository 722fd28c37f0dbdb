"""Deliveries: reports on notices and calls, and the next contact (NA-07, GT-13)."""

from domain.order.events import NoticeFailed, NoticeSent, NoticeUndelivered
from domain.order.internal_commands import ReportCall, ReportNotice, ReportUndelivered
from domain.order.lifecycle.ladder import give_up, put_off, survey_failed
from domain.order.order import Order
from domain.order.parts import Rung
from domain.order.turn import Turn
from domain.words import Role, Template

REFUSED_BY_THE_CITIZEN = "opted_out"
NOBODY_KNOWN = "no_contact"


def report_notice(turn: Turn, command: ReportNotice) -> None:
    """Record that the provider accepted a notice, or that no contact is left: then the staff telephone.

    They do not for a survey, whose ladder goes on, nor for a citizen who opted out or left no number.
    """
    if command.sent:
        turn.emit(NoticeSent(notice=command.notice))
        return
    issued = turn.order.issued.get(command.notice)
    hopeless = issued is None or (
        issued.to_role is Role.CITIZEN
        and (issued.template is Template.SURVEY or command.reason in (REFUSED_BY_THE_CITIZEN, NOBODY_KNOWN))
    )
    turn.emit(NoticeFailed(notice=command.notice, reason=command.reason, call_task=not hopeless))
    survey_failed(turn, command.notice, command.reason)


def report_undelivered(turn: Turn, command: ReportUndelivered) -> None:
    """Try the next contact after the provider could not deliver. A repeated report counts once."""
    issued = turn.order.issued.get(command.notice)
    if issued is None or turn.order.archived or command.attempt != issued.undelivered + 1:
        return
    turn.emit(NoticeUndelivered(notice=command.notice, reason=command.reason, attempt=command.attempt))


def report_call(turn: Turn, command: ReportCall) -> None:
    """Go on after an automatic call that could not be made to this number, or not now."""
    rung = turn.order.rungs.get(command.party, Rung())
    current = (rung.by, rung.attempt) == ("call", command.attempt) and command.round == turn.order.reworks
    if current and rung.waiting and turn.order.calling and command.party not in turn.order.called:
        next_step = put_off if command.faultless else give_up
        next_step(turn, command.party, command.reason)


def notice_undelivered(order: Order, event: NoticeUndelivered) -> Order:
    """Count it, so that each contact is tried once."""
    issued = order.issued[event.notice].but(undelivered=event.attempt)
    return order.but(issued=order.issued | {event.notice: issued})
