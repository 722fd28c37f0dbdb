"""Reviews: the hotline checks a reply, then the city if the order is the city's (HJ-12, RG-16, HK-10)."""

from domain.order.events import CallbackDue, LightChanged, ReplyAccepted, ReplySentBack, SentToCity
from domain.order.lifecycle.approvals import request_approval
from domain.order.lifecycle.ladder import begin_ladder
from domain.order.order import Order
from domain.order.parts import Approval
from domain.order.turn import Turn
from domain.words import ApprovalKind, Light, Part


def settle_review(turn: Turn, approval: Approval, granted: bool) -> None:
    """Granted: on to the city if the order is the city's. Refused: back to the unit, same limit."""
    assert approval.unit is not None
    if not granted:
        send_back(turn, approval)
    elif turn.order.from_city and ApprovalKind.CITY_REVIEW in turn.order.regime.approvals:
        turn.emit(SentToCity(what="result", unit=approval.unit, approval=approval.id))
        request_approval(turn, ApprovalKind.CITY_REVIEW, approval.unit)
    else:
        accept(turn, approval.unit)


def settle_city_review(turn: Turn, approval: Approval, granted: bool) -> None:
    """Granted: the reply is accepted. Refused: back to the unit, same limit."""
    assert approval.unit is not None
    if granted:
        accept(turn, approval.unit)
    else:
        send_back(turn, approval)


def accept(turn: Turn, unit: str) -> None:
    """Accept the reply; once every lead's is accepted, the callbacks begin."""
    turn.emit(ReplyAccepted(unit=unit))
    if turn.order.assignments[unit].light is not Light.GREEN:
        turn.emit(LightChanged(unit=unit, light=Light.GREEN))
    begin_callbacks(turn)


def begin_callbacks(turn: Turn) -> None:
    """Begin the callbacks once the reply of every lead is accepted."""
    if turn.order.leads and all(lead.status == "accepted" for lead in turn.order.leads):
        turn.emit(CallbackDue(round=turn.order.reworks))
        begin_ladder(turn)


def send_back(turn: Turn, approval: Approval) -> None:
    """Send the reply back; the unit corrects it within the same limit (HJ-12)."""
    assert approval.unit is not None
    turn.emit(ReplySentBack(unit=approval.unit, by_role=approval.by_role, desk=approval.desk))


def reply_accepted(order: Order, event: ReplyAccepted) -> Order:
    """Meet the held clocks; an overdue order stays not in time."""
    order = order.with_assignment(event.unit, status="accepted")
    order = order.with_clocks_stopped("met", unit=event.unit)
    return order.with_facts(on_time=True) if order.facts.on_time is None else order


def reply_sent_back(order: Order, event: ReplySentBack) -> Order:
    """Return to handling; the same limit runs on."""
    order = order.with_assignment(event.unit, status="handling").counted("sent_back")
    return order.with_clocks_stopped("running", unit=event.unit, only=frozenset({"held"}))


def callback_due(order: Order, event: CallbackDue) -> Order:
    """Begin a round of callbacks; assistants without a reply are released."""
    order = order.but(calling=True, called={}, tries={}, tried={}, rungs={})
    for assignment in order.active:
        if assignment.part is Part.ASSIST and assignment.status != "accepted":
            order = order.with_assignment(assignment.unit, status="released")
            order = order.with_clocks_stopped("stopped", unit=assignment.unit)
            order = order.with_voided(unit=assignment.unit)
    return order
