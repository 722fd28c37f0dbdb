"""The answer to an approval: checked, recorded and carried out by its kind (docs/architecture.md#approvals)."""

from collections.abc import Callable, Mapping
from typing import Final

from domain.order.commands import Decide
from domain.order.events import ApprovalDecided, SignalIgnored
from domain.order.internal_commands import IgnoreSignal, safe_to_repeat
from domain.order.lifecycle import appeals, closing, extensions, returns, reviews, rework, suspension
from domain.order.lifecycle.approvals import open_stage
from domain.order.lifecycle.approvers import require_approver
from domain.order.order import Order
from domain.order.parts import Approval
from domain.order.turn import Turn
from domain.refusal import Code, Refused
from domain.words import ApprovalKind, Role

Settlement = Callable[[Turn, Approval, bool], None]

SETTLEMENTS: Final[Mapping[ApprovalKind, Settlement]] = {
    ApprovalKind.RETURN: returns.settle_return,
    ApprovalKind.EXTENSION: extensions.settle_extension,
    ApprovalKind.REVIEW: reviews.settle_review,
    ApprovalKind.CITY_REVIEW: reviews.settle_city_review,
    ApprovalKind.SUSPENSION: suspension.settle_suspension,
    ApprovalKind.STRIKE_OFF: suspension.settle_strike_off,
    ApprovalKind.APPEAL: appeals.settle_appeal,
    ApprovalKind.PANEL: rework.settle_panel,
    ApprovalKind.TERMINATION: closing.settle_termination,
    ApprovalKind.FINAL_REPLY: rework.settle_final_reply,
    ApprovalKind.REDISPATCH: returns.settle_dispute,
}
"""Functions that act on the last answer to an approval, by its kind; the flag is whether it was granted."""

CHECKS: Final[Mapping[ApprovalKind, Callable[[Turn, Approval, Decide], None]]] = {
    ApprovalKind.EXTENSION: extensions.check_decision,
}
"""Checks before a request is granted, in addition to the role of the decider. Each raises Refused."""


def decide(turn: Turn, command: Decide) -> None:
    """Answer the open stage. An answer that is not possible changes nothing and is recorded as ignored."""
    try:
        approval = _addressed(turn.order, command)
        _check(turn, approval, command)
    except Refused as refused:
        turn.emit(
            _ignored(safe_to_repeat(command.approval), safe_to_repeat(command.decision), refused.code, refused.reason)
        )
        return
    _answer(turn, approval, command)


def ignore(turn: Turn, command: IgnoreSignal) -> None:
    """Record a signal that cannot be decoded or has no valid proof; it changes nothing."""
    turn.emit(_ignored(command.approval, command.decision, command.code, command.reason, command.signal))


def _ignored(approval: str, decision: str, code: Code, explanation: str, signal: str = "decide") -> SignalIgnored:
    return SignalIgnored(
        signal=signal,
        approval=approval,
        decision=decision,
        reason=code.value,
        explanation=explanation,
    )


def _addressed(order: Order, command: Decide) -> Approval:
    """The approval that a decision names: by id, or the open one of a kind.

    The city's check is the second half of the review: `review` finds it once the hotline has answered.
    """
    if command.approval in order.approvals:
        return order.approvals[command.approval]
    kinds = [k for k in ApprovalKind if k.value == command.approval]
    if kinds == [ApprovalKind.REVIEW]:
        kinds.append(ApprovalKind.CITY_REVIEW)
    for kind in kinds:
        if (approval := order.open_approval(kind)) is not None:
            return approval
    if any(a.kind in kinds for a in order.approvals.values()):
        raise Refused(Code.ALREADY_DONE, "此项审批已经结束")
    raise Refused(Code.INVALID, "没有这一项审批")


def _check(turn: Turn, approval: Approval, command: Decide) -> None:
    if command.decision not in ("approve", "reject"):
        raise Refused(Code.INVALID, "审批结论只能是 approve 或 reject")
    if approval.status != "open":
        code = Code.TOO_LATE if approval.status == "lapsed" else Code.ALREADY_DONE
        raise Refused(code, "此项审批已经结束")
    require_approver(turn.order, approval, command)
    check = CHECKS.get(approval.kind)
    if check is not None and command.decision == "approve":
        check(turn, approval, command)


def _answer(turn: Turn, approval: Approval, command: Decide) -> None:
    granted = command.decision == "approve"
    turn.asker = approval.asked_by  # approvals opened now are requests of the same person, not of the decider
    turn.emit(
        ApprovalDecided(
            approval=approval.id,
            kind=approval.kind,
            stage=approval.desk,
            decision=command.decision,
            by_role=Role(command.by),
            unit=approval.unit,
            until=command.until,
            proposed_unit=command.proposed_unit,
            comment=command.comment,
        )
    )
    if granted and approval.index + 1 < len(approval.stages):
        asked = turn.order.approvals[approval.id]
        details = {
            "until": asked.until,
            "proposed_unit": asked.proposed_unit,
            "ground": asked.ground,
            "review_every": asked.review_every,
        }
        open_stage(turn, approval.id, approval.kind, approval.unit, approval.stages, approval.index + 1, details)
        return
    decided = turn.order.approvals[approval.id]
    SETTLEMENTS[approval.kind](turn, decided, granted)
