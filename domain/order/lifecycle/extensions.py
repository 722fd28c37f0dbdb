"""Extensions: more time, requested before the limit (GT-09, HJ-08, DL-06, RG-11, HK-06)."""

from datetime import datetime

from domain.due import after_limit, before, due
from domain.order.clocks import key_of, set_clock
from domain.order.commands import Decide, RequestExtension
from domain.order.events import ExtensionGranted, ExtensionRefused
from domain.order.lifecycle.approvals import request_approval
from domain.order.lifecycle.dispatch import limit_of, move_results_due, set_results_due, warning
from domain.order.lifecycle.handling import reset_light
from domain.order.order import Order
from domain.order.parts import Approval, Assignment, Clock
from domain.order.turn import Turn, require_signatures, require_text
from domain.policy.rule_book import Extensions
from domain.refusal import Code, Refused
from domain.words import ApprovalKind, ClockName


def request_extension(turn: Turn, command: RequestExtension) -> None:
    """Request a new limit; the old one is valid until the request is granted."""
    order = turn.order
    rule = order.regime.extensions
    assignment = turn.handling(command.unit)
    if not order.fits(rule.when):
        raise Refused(Code.NOT_ALLOWED, "此类工单不得申请延期", rule.clause)
    clock = _limit_clock(order, assignment.unit, rule)
    if order.count("extensions") >= rule.per_order:
        raise Refused(Code.LIMIT_REACHED, f"每件工单最多延期 {rule.per_order} 次", rule.clause)
    if order.open_approval(ApprovalKind.EXTENSION) is not None:  # by any unit: an extension is the order's
        raise Refused(Code.ALREADY_DONE, "本工单的延期申请正在审核，不能重复申请", rule.clause)
    latest = before(clock.due_at, rule.ask_before, order.days) if rule.ask_before else clock.due_at
    if turn.now > latest or turn.now >= clock.due_at:
        raise Refused(Code.TOO_LATE, f"延期申请应于 {latest:%Y-%m-%d %H:%M} 前提出", rule.clause)
    if "reason" in rule.needs:
        require_text(command.reason, "延期理由 reason", rule.clause)
    if "until" in rule.needs and command.until is None:
        raise Refused(Code.MISSING_FIELD, "缺少必填内容：预计办结时间 until", rule.clause)
    for signatures in rule.signed_by:
        if order.fits(signatures.when):
            require_signatures(signatures.roles, command.signed_by, command.by, signatures.clause or rule.clause)
            break
    until = command.until or furthest(order, assignment, clock)
    _check_until(order, assignment, clock, until)
    request_approval(
        turn,
        ApprovalKind.EXTENSION,
        assignment.unit,
        until=until,
        reason=command.reason,
        signed_by=command.signed_by,
        attachments=command.attachments,
    )


def _limit_clock(order: Order, unit: str, rule: Extensions) -> Clock:
    clock = order.clocks.get(key_of(ClockName.HANDLING, unit))
    if clock is None or clock.status not in ("running", "missed"):
        raise Refused(Code.WRONG_STAGE, "办理时限已不在计时，不能申请延期", rule.clause)
    return clock


def furthest(order: Order, assignment: Assignment, clock: Clock) -> datetime:
    """The latest moment that an extension of this limit may reach."""
    most = order.regime.extensions.at_most
    if most.from_dispatch is not None:
        return due(assignment.dispatched_at, most.from_dispatch, order.days, order.pauses)
    more = most.beyond_limit or limit_of(order).within
    return after_limit(clock.due_at, more, order.days)


def _check_until(order: Order, assignment: Assignment, clock: Clock, until: datetime) -> None:
    clause = order.regime.extensions.clause
    if until <= clock.due_at:
        raise Refused(Code.INVALID, "延期后的时限必须晚于原时限", clause)
    latest = furthest(order, assignment, clock)
    if until > latest:
        raise Refused(Code.EXCEEDS_MAXIMUM, f"延期最多到 {latest:%Y-%m-%d %H:%M}", clause)


def check_decision(turn: Turn, approval: Approval, command: Decide) -> None:
    """A decider may set another moment, within what the regime allows. Raises Refused otherwise.

    The requested moment is checked too: it may have passed, or a pause may have moved the limit beyond it.
    """
    assert approval.unit is not None
    clock = turn.order.clocks[key_of(ClockName.HANDLING, approval.unit)]
    until = command.until or approval.until
    assert until is not None
    if until <= turn.now:
        raise Refused(Code.TOO_LATE, "所申请的时限已过，请另定时限 until", turn.order.regime.extensions.clause)
    _check_until(turn.order, turn.order.assignments[approval.unit], clock, until)


def settle_extension(turn: Turn, approval: Approval, granted: bool) -> None:
    """Granted: a new limit for every unit, lights back to green. Refused: the old limit remains."""
    assert approval.unit is not None and approval.until is not None
    if not granted:
        turn.emit(ExtensionRefused(unit=approval.unit))
        return
    asked = turn.order.clocks[key_of(ClockName.HANDLING, approval.unit)]
    others = [clock for clock in _other_limits(turn.order, approval.unit) if clock.due_at < approval.until]
    with_units = tuple(clock.unit for clock in others if clock.unit is not None)
    turn.emit(ExtensionGranted(unit=approval.unit, until=approval.until, with_units=with_units))
    for clock in (asked, *others):
        _extend(turn, clock, approval.until)


def _other_limits(order: Order, unit: str) -> list[Clock]:
    """The limits of the other units that work on the order: an extension is the order's, counted once."""
    found = []
    for other in order.active:
        clock = order.clocks.get(key_of(ClockName.HANDLING, other.unit))
        if other.unit != unit and clock is not None:
            working = other.status in ("dispatched", "handling") and clock.status in ("running", "missed")
            found += [clock] if working or clock.status == "held" else []
    return found


def _extend(turn: Turn, clock: Clock, until: datetime) -> None:
    """Move a unit's limit and the milestones measured from it; the clock stays held during a review."""
    assert clock.unit is not None
    within, held = limit_of(turn.order).within, clock.status == "held"
    due_at = set_clock(
        turn,
        ClockName.HANDLING,
        unit=clock.unit,
        at=until,
        limit=within,
        clause=turn.order.regime.extensions.clause,
        warn_before=warning(turn.order, within),
        held=held,
    )
    if held:
        move_results_due(turn, clock.unit, due_at)
    else:
        set_results_due(turn, clock.unit, due_at)
    reset_light(turn, clock.unit, due_at)


def extension_granted(order: Order, event: ExtensionGranted) -> Order:
    """Count the extension, if the regime counts granted ones."""
    order = order.with_facts(extensions=order.facts.extensions + 1)
    return order.counted("extensions") if order.regime.extensions.counted == "granted" else order
