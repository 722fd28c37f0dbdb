"""Closing: every order ends with one outcome, then in the archive (RG-07)."""

from domain.order.commands import RequestTermination, Withdraw
from domain.order.events import OrderArchived, OrderClosed, OrderTerminated, OrderWithdrawn
from domain.order.internal_commands import ReportArchived
from domain.order.lifecycle.approvals import request_approval
from domain.order.order import Order
from domain.order.parts import Approval
from domain.order.turn import Turn
from domain.words import ApprovalKind, ClockName, Outcome


def close(turn: Turn, outcome: Outcome) -> None:
    """Close with an outcome; the archive follows."""
    turn.emit(OrderClosed(outcome=outcome))


def withdraw(turn: Turn, command: Withdraw) -> None:
    """Close an order that the citizen withdraws."""
    turn.require_open()
    turn.emit(OrderWithdrawn(reason=command.reason))
    close(turn, Outcome.WITHDRAWN)


def request_termination(turn: Turn, command: RequestTermination) -> None:
    """Request the end of an order outside the hotline's scope, which needs a joint finding (RG-07)."""
    turn.require_open()
    request_approval(turn, ApprovalKind.TERMINATION, None, ground=command.ground, reason=command.text)


def settle_termination(turn: Turn, approval: Approval, granted: bool) -> None:
    """Granted: the order is closed. Refused: it goes on."""
    if granted:
        turn.emit(OrderTerminated(ground=approval.ground))
        close(turn, Outcome.TERMINATED)


def report_archived(turn: Turn, command: ReportArchived) -> None:
    """Record the written bundle; a repeated report changes nothing."""
    if turn.order.closed and not turn.order.archived:
        turn.emit(OrderArchived(bundle=command.bundle, sha256=command.sha256))


def order_closed(order: Order, event: OrderClosed) -> Order:
    """Stop all clocks and approvals, except for the confirmation of an emergency line (GT-03)."""
    order = order.with_clocks_stopped("stopped", names=frozenset(ClockName) - {ClockName.ACKNOWLEDGEMENT})
    order = order.with_voided()
    return order.but(outcome=event.outcome, awaiting_dispatch=False, calling=False, paused_since=None)


def order_archived(order: Order, event: OrderArchived) -> Order:
    """Stop every clock."""
    return order.with_clocks_stopped("stopped").but(archived=True)
