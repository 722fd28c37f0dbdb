"""Appeals: on listed grounds an order is not counted in satisfaction (HK-09)."""

from domain.order.commands import Appeal
from domain.order.events import AppealGranted, AppealRefused
from domain.order.lifecycle.approvals import request_approval
from domain.order.lifecycle.closing import close
from domain.order.parts import Approval
from domain.order.turn import Turn, require_attachments, require_signatures
from domain.refusal import Code, Refused
from domain.words import ApprovalKind, Outcome


def appeal(turn: Turn, command: Appeal) -> None:
    """Request an appeal with evidence, at any time while the unit is involved."""
    rule = turn.order.regime.appeals
    assignment = turn.acting(command.unit)
    if not rule.grounds:
        raise Refused(Code.NOT_ALLOWED, "本地办法没有规定申诉", rule.clause)
    if command.ground not in rule.grounds:
        raise Refused(Code.INVALID, f"申诉事由不在规定之列：{command.ground}", rule.clause)
    for signatures in rule.signed_by:
        require_signatures(signatures.roles, command.signed_by, command.by, rule.clause)
    require_attachments(command.attachments, rule.attachments.at_least, rule.clause)
    request_approval(
        turn,
        ApprovalKind.APPEAL,
        assignment.unit,
        ground=command.ground,
        reason=command.text,
        signed_by=command.signed_by,
        attachments=command.attachments,
    )


def settle_appeal(turn: Turn, approval: Approval, granted: bool) -> None:
    """Granted: closed as not counted. Refused: the order goes on."""
    assert approval.unit is not None
    if granted:
        turn.emit(AppealGranted(unit=approval.unit, ground=approval.ground))
        close(turn, Outcome.NOT_COUNTED)
    else:
        turn.emit(AppealRefused(unit=approval.unit))
