"""Rework: repeated handling for a dissatisfied citizen, up to the final reply (GT-13, RG-06, HK-12)."""

from domain.order.clocks import set_clock
from domain.order.events import LightChanged, PanelDecided, PanelOpened, ReworkOpened
from domain.order.lifecycle.approvals import request_approval
from domain.order.lifecycle.closing import close
from domain.order.lifecycle.dispatch import warning
from domain.order.order import Order
from domain.order.parts import Approval
from domain.order.turn import Turn
from domain.words import ApprovalKind, ClockName, Light, Outcome


def after_dissatisfaction(turn: Turn) -> None:
    """Open a rework; after the last one, or a final reply, open the panel or the final decision."""
    rule = turn.order.regime.rework
    if not turn.order.final_reply and turn.order.reworks < rule.final_after:
        open_rework(turn)
    elif rule.panel and not turn.order.panel_done:
        approval = request_approval(turn, ApprovalKind.PANEL, None)
        turn.emit(PanelOpened(approval=approval))
    else:
        request_approval(turn, ApprovalKind.FINAL_REPLY, None)


def open_rework(turn: Turn) -> None:
    """Send the order back to the leads, with the limit of a rework."""
    rule = turn.order.regime.rework
    number = turn.order.reworks + 1
    for lead in turn.order.leads:
        turn.emit(ReworkOpened(unit=lead.unit, round=number))
        set_clock(
            turn,
            ClockName.REWORK,
            unit=lead.unit,
            limit=rule.within,
            clause=rule.clause,
            warn_before=warning(turn.order, rule.within),
        )
        if lead.light is not Light.GREEN:
            turn.emit(LightChanged(unit=lead.unit, light=Light.GREEN))


def settle_panel(turn: Turn, approval: Approval, granted: bool) -> None:
    """Granted: the panel upholds the unit, which may appeal. Refused: the demand is reasonable (HK-12)."""
    finding = "unit_upheld" if granted else "demand_reasonable"
    turn.emit(PanelDecided(approval=approval.id, finding=finding))
    if granted:
        request_approval(turn, ApprovalKind.FINAL_REPLY, None)
    else:
        open_rework(turn)


def settle_final_reply(turn: Turn, approval: Approval, granted: bool) -> None:
    """Granted: the order is closed. Refused: one more rework."""
    if granted:
        close(turn, Outcome.DISSATISFIED_FINAL)
    else:
        open_rework(turn)


def rework_opened(order: Order, event: ReworkOpened) -> Order:
    """Return to handling; the reply is no longer final."""
    order = order.with_assignment(event.unit, status="handling").with_facts(reworks=event.round)
    return order.but(calling=False, reworks=event.round, final_reply=False)


def panel_decided(order: Order, event: PanelDecided) -> Order:
    """Note that the panel has met: an order has one."""
    return order.but(panel_done=True)
