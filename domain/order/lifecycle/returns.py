"""Returns: a unit declines responsibility for the order (GT-06, HJ-05, DL-03, RG-13, HK-03, NA-02)."""

from typing import Any

from domain.order.clocks import key_of
from domain.order.commands import RequestReturn
from domain.order.events import Dispatched, HandlingOverdue, ReturnBarred, ReturnGranted, ReturnRefused
from domain.order.lifecycle.approvals import request_approval
from domain.order.lifecycle.dispatch import send_to
from domain.order.lifecycle.reviews import begin_callbacks
from domain.order.order import Order
from domain.order.parts import Approval, Assignment
from domain.order.turn import Turn, require_attachments, require_signatures, require_text
from domain.policy.rule_book import Returns
from domain.refusal import Code, Refused
from domain.words import ApprovalKind, ClockName, DispatchMode, Part


def request_return(turn: Turn, command: RequestReturn) -> None:
    """Request a return of the order.

    After too many returns the request is a dispute, in which the centre decides which unit is responsible
    (GT-12, HK-04, NA-02).
    """
    rule = turn.order.regime.returns
    assignment = turn.acting(command.unit)
    late = _check_window(turn, assignment, rule)
    details = _evidence(command, rule, turn)
    disputed = turn.order.count("bounces") >= rule.dispute_after
    request_approval(turn, ApprovalKind.REDISPATCH if disputed else ApprovalKind.RETURN, assignment.unit, **details)
    if late:
        turn.emit(
            HandlingOverdue(
                unit=assignment.unit,
                clock=ClockName.RETURN,
                due_at=turn.order.clocks[key_of(ClockName.RETURN, assignment.unit)].due_at,
                reason="late_return",
            )
        )


def _check_window(turn: Turn, assignment: Assignment, rule: Returns) -> bool:
    """Whether the request is late, if the regime accepts late ones. Raises Refused."""
    if assignment.return_barred:
        raise Refused(Code.RETURN_BARRED, "本单位不得退回此工单", assignment.barred_clause or rule.clause)
    if assignment.status not in ("dispatched", "handling"):
        raise Refused(Code.WRONG_STAGE, "本单位已提交答复，不能退单", rule.clause)
    if turn.order.paused_since is not None:
        raise Refused(Code.WRONG_STAGE, "工单已挂账，不能退单", rule.clause)
    for kind in (ApprovalKind.RETURN, ApprovalKind.REDISPATCH):
        if turn.order.open_approval(kind, assignment.unit):
            raise Refused(Code.ALREADY_DONE, "退单申请正在审核", rule.clause)
    clock = turn.order.clocks.get(key_of(ClockName.RETURN, assignment.unit))
    if clock is None or clock.started_at < assignment.dispatched_at:
        raise Refused(Code.WRONG_STAGE, "请先签收工单，再申请退单", rule.clause)
    if turn.now <= clock.due_at:
        return False
    if rule.late == "refused":
        raise Refused(Code.TOO_LATE, f"退单时限已过，应于 {clock.due_at:%Y-%m-%d %H:%M} 前提出", rule.clause)
    return True


def _evidence(command: RequestReturn, rule: Returns, turn: Turn) -> dict[str, Any]:
    """The contents of the request, checked against the rule book. Raises Refused."""
    if "reason" in rule.needs:
        require_text(command.reason, "退单理由 reason", rule.clause)
    if "basis" in rule.needs:
        require_text(command.basis, "退单依据 basis", rule.clause)
    if "proposed_unit" in rule.needs and not command.proposed_unit:
        raise Refused(Code.MISSING_FIELD, "缺少必填内容：改派建议 proposed_unit", rule.clause)
    for signatures in rule.signed_by:
        if turn.order.fits(signatures.when):
            require_signatures(signatures.roles, command.signed_by, command.by, signatures.clause or rule.clause)
            break
    require_attachments(command.attachments, rule.attachments.at_least, rule.attachments.clause or rule.clause)
    return {
        "reason": command.reason,
        "basis": command.basis,
        "proposed_unit": command.proposed_unit,
        "signed_by": command.signed_by,
        "attachments": command.attachments,
    }


def settle_return(turn: Turn, approval: Approval, granted: bool) -> None:
    """Granted: on to the unit that the decision names or confirms, else back to the dispatcher."""
    assert approval.unit is not None
    if granted:
        _hand_on(turn, approval, turn.order.mode)
        return
    turn.emit(ReturnRefused(unit=approval.unit))
    if turn.order.regime.returns.refused == "barred":
        turn.emit(ReturnBarred(unit=approval.unit))


def settle_dispute(turn: Turn, approval: Approval, granted: bool) -> None:
    """End the dispute: the unit that now has the order cannot return it (GT-12, HK-04)."""
    assert approval.unit is not None
    clause = turn.order.regime.approvals[ApprovalKind.REDISPATCH].clause
    if granted:
        _hand_on(turn, approval, DispatchMode.COORDINATION)
        for lead in turn.order.leads:
            if not lead.return_barred:
                turn.emit(ReturnBarred(unit=lead.unit, clause=clause))
    else:
        turn.emit(ReturnRefused(unit=approval.unit))
        turn.emit(ReturnBarred(unit=approval.unit, clause=clause))
    others = tuple(Dispatched(unit=a.unit, part=Part.ASSIST) for a in _handed_back(turn.order))
    if others and turn.order.leads and turn.order.regime.returns.dispute_others == "assist":
        send_to(turn, others, DispatchMode.COORDINATION)


def _handed_back(order: Order) -> tuple[Assignment, ...]:
    return tuple(a for a in order.assignments.values() if a.status == "returned")


def _hand_on(turn: Turn, approval: Approval, mode: DispatchMode) -> None:
    assert approval.unit is not None
    returned = turn.order.assignments[approval.unit]
    target = approval.proposed_unit
    known = turn.order.assignments.get(target) if target else None
    if target == approval.unit or (known is not None and known.active):
        target = None
    turn.emit(ReturnGranted(unit=approval.unit, to_unit=target))
    if target is not None:
        send_to(turn, (Dispatched(unit=target, part=returned.part),), mode)
    elif returned.part is Part.LEAD:
        begin_callbacks(turn)


def return_granted(order: Order, event: ReturnGranted) -> Order:
    """Release the unit; without a lead the order waits for the dispatcher."""
    order = order.with_assignment(event.unit, status="returned")
    order = order.with_clocks_stopped("stopped", unit=event.unit).with_voided(unit=event.unit)
    order = order.counted("bounces").with_facts(returns=order.facts.returns + 1)
    leads = any(a.part is Part.LEAD for a in order.active)
    return order.but(awaiting_dispatch=not leads)


def return_refused(order: Order, event: ReturnRefused) -> Order:
    """Count the refusal."""
    return order.counted("refused_returns")


def return_barred(order: Order, event: ReturnBarred) -> Order:
    """Bar the unit from further requests."""
    return order.with_assignment(event.unit, return_barred=True, barred_clause=event.clause)
