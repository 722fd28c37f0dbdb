"""Intake: opening, answering at once, and transfer to an emergency line (GT-03, GT-04, RG-03, HK-01)."""

from domain.order.clocks import set_clock
from domain.order.commands import AcknowledgeTransfer, AnswerAtIntake, TransferOut
from domain.order.events import AnsweredAtIntake, OrderOpened, TransferAcknowledged, TransferredOut
from domain.order.internal_commands import OpenOrder
from domain.order.lifecycle.closing import close
from domain.order.order import Order
from domain.order.turn import Turn, require_text
from domain.refusal import Code, Refused
from domain.words import ClockName, Outcome, Stage


def open_order(turn: Turn, command: OpenOrder) -> None:
    """Open the order, and start the centre's own window if there is one (HK-01)."""
    order = turn.order
    if order.opened_at is not None:
        raise Refused(Code.ALREADY_DONE, "工单已受理")
    turn.emit(
        OrderOpened(
            regime=order.regime_id,
            policy_hash=order.policy_hash,
            category=order.category,
            grade=order.grade,
            source=order.source,
            marks=tuple(sorted(order.marks)),
        )
    )
    rule = order.regime.intake.centre_sign_off
    if rule is not None and order.fits(rule.when):
        set_clock(turn, ClockName.SIGN_OFF, limit=rule.within, clause=rule.clause)


def answer_at_intake(turn: Turn, command: AnswerAtIntake) -> None:
    """Answer a consultation at once and close it without dispatch (GT-04)."""
    rule = turn.order.regime.intake
    turn.require_stage(Stage.INTAKE)
    if turn.order.category not in rule.answer:
        raise Refused(Code.NOT_ALLOWED, "此类诉求应派单办理，不能当场答复办结", rule.clause)
    turn.emit(AnsweredAtIntake(text=require_text(command.text, "答复内容 text", rule.clause)))
    close(turn, Outcome.ANSWERED)


def transfer_out(turn: Turn, command: TransferOut) -> None:
    """Transfer to an emergency line; the record stays here (GT-03)."""
    turn.require_stage(Stage.INTAKE)
    turn.emit(TransferredOut(line=command.line, reason=command.reason))
    rule = turn.order.regime.emergency
    if rule.acknowledge_within is not None and turn.order.fits(rule.when):
        set_clock(turn, ClockName.ACKNOWLEDGEMENT, limit=rule.acknowledge_within, clause=rule.clause)
    close(turn, Outcome.TRANSFERRED)


def acknowledge_transfer(turn: Turn, command: AcknowledgeTransfer) -> None:
    """Record the confirmation by the line; a late one is possible until the order is archived."""
    line = turn.order.facts.line
    if line is None or turn.order.archived:
        raise Refused(Code.WRONG_STAGE, "工单没有待确认的转出", turn.order.regime.emergency.clause)
    if turn.order.facts.acknowledged:
        raise Refused(Code.ALREADY_DONE, "该转出已经确认", turn.order.regime.emergency.clause)
    turn.emit(TransferAcknowledged(line=line, reference=command.reference))


def transferred_out(order: Order, event: TransferredOut) -> Order:
    """Store the line."""
    return order.with_facts(line=event.line)


def transfer_acknowledged(order: Order, event: TransferAcknowledged) -> Order:
    """Store the confirmation and meet its clock."""
    order = order.with_facts(acknowledged=True)
    return order.with_clocks_stopped("met", names=frozenset({ClockName.ACKNOWLEDGEMENT}))


def order_opened(order: Order, event: OrderOpened) -> Order:
    """Open; the citizen of this order is the first party."""
    return order.but(opened_at=event.at, parties=(order.no,))
