"""Suspension 挂账: an order that cannot be solved soon is paused, reviewed regularly, and struck off (GT-10)."""

from datetime import datetime, timedelta

from domain.calendar.durations import Duration
from domain.due import Pause, due
from domain.order.clocks import LIMIT_CLOCKS, UNIT_CLOCKS, recompute_clocks, set_clock
from domain.order.commands import RequestStrikeOff, RequestSuspension
from domain.order.events import StruckOff, Suspended, SuspensionReviewDue
from domain.order.lifecycle.approvals import request_approval
from domain.order.lifecycle.dispatch import move_results_due
from domain.order.lifecycle.handling import reset_light
from domain.order.order import Order
from domain.order.parts import Approval, Clock
from domain.order.turn import Turn, require_text
from domain.refusal import Code, Refused
from domain.words import ApprovalKind, ClockName, Stage


def request_suspension(turn: Turn, command: RequestSuspension) -> None:
    """Request a suspension, with a plan and an interval of reviews."""
    rule = turn.order.regime.suspensions
    assignment = turn.handling(command.unit)
    if not turn.order.fits(rule.when):
        raise Refused(Code.NOT_ALLOWED, "此类工单不在挂账事项范围之内", rule.clause)
    require_text(command.reason, "挂账理由 reason", rule.clause)
    every = _rhythm(command.review_every, rule.review_every, rule.clause)
    request_approval(
        turn,
        ApprovalKind.SUSPENSION,
        assignment.unit,
        reason=command.reason,
        plan=command.plan,
        review_every=str(every),
    )


def request_strike_off(turn: Turn, command: RequestStrikeOff) -> None:
    """Request the end of a suspension."""
    rule = turn.order.regime.suspensions
    assignment = turn.acting(command.unit)
    turn.require_stage(Stage.SUSPENDED, clause=rule.clause)
    request_approval(turn, ApprovalKind.STRIKE_OFF, assignment.unit, reason=command.reason, plan=command.plan)


def _rhythm(text: str | None, standard: Duration, clause: str | None) -> Duration:
    if text is None:
        return standard
    try:
        every = Duration.parse(text)
    except ValueError as error:
        raise Refused(Code.INVALID, "复核周期 review_every 无效，应如 30d、20wd", clause) from error
    if every.unit not in ("d", "wd"):
        raise Refused(Code.INVALID, "复核周期 review_every 须以日或工作日计", clause)
    return every


def settle_suspension(turn: Turn, approval: Approval, granted: bool) -> None:
    """Granted: the unit's clocks are paused, the review clock runs."""
    assert approval.unit is not None and approval.review_every is not None
    if not granted or turn.order.paused_since is not None:
        return
    turn.emit(Suspended(unit=approval.unit, review_every=approval.review_every))
    _next_review(turn, Duration.parse(approval.review_every))


def _next_review(turn: Turn, every: Duration, start: datetime | None = None) -> None:
    set_clock(
        turn,
        ClockName.SUSPENSION_REVIEW,
        start=start,
        limit=every,
        every=every,
        clause=turn.order.regime.suspensions.clause,
    )


def review_due(turn: Turn, clock: Clock) -> None:
    """Record that a review is due, and start the next, counted from the end of this one."""
    assert clock.every is not None
    turn.emit(SuspensionReviewDue(due_at=clock.due_at))
    # A review due at 24:00 belongs to the day before, and so does the beginning of the next.
    last = clock.due_at - timedelta(seconds=1) if clock.every.unit in ("d", "wd") else clock.due_at
    several_missed = due(last, clock.every, turn.order.days) < turn.now
    _next_review(turn, clock.every, turn.now if several_missed else last)


def settle_strike_off(turn: Turn, approval: Approval, granted: bool) -> None:
    """Granted: the clocks run on, the pause deducted in the unit of each limit."""
    assert approval.unit is not None
    if not granted or turn.order.paused_since is None:
        return
    turn.emit(StruckOff(unit=approval.unit))
    recompute_clocks(turn, UNIT_CLOCKS - {ClockName.RESULT})
    for clock in tuple(turn.order.clocks.values()):
        if clock.name in LIMIT_CLOCKS and clock.status in ("running", "held") and clock.unit is not None:
            if clock.name is ClockName.HANDLING:
                move_results_due(turn, clock.unit, clock.due_at)
            reset_light(turn, clock.unit, clock.due_at)


def suspended(order: Order, event: Suspended) -> Order:
    """Begin the pause; a suspended order cannot be returned."""
    order = order.with_voided(kinds=frozenset({ApprovalKind.RETURN, ApprovalKind.REDISPATCH}))
    return order.but(paused_since=event.at).with_facts(suspended=True)


def suspension_review_due(order: Order, event: SuspensionReviewDue) -> Order:
    """Mark the review as missed."""
    return order.with_clock(ClockName.SUSPENSION_REVIEW.value, status="missed")


def struck_off(order: Order, event: StruckOff) -> Order:
    """End the pause and enter it in the ledger."""
    assert order.paused_since is not None
    pause = Pause(begin=order.paused_since, end=event.at)
    order = order.but(pauses=(*order.pauses, pause), paused_since=None)
    return order.with_clock(ClockName.SUSPENSION_REVIEW.value, status="met")
