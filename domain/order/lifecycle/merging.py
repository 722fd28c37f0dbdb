"""Merging: repeated demands about one matter become one order; every citizen gets an answer (NA-01)."""

from domain.order.commands import Join, Merge
from domain.order.events import OrderJoined, OrderMerged
from domain.order.lifecycle.closing import close
from domain.order.lifecycle.ladder import next_attempt
from domain.order.order import Order
from domain.order.turn import Turn
from domain.refusal import Code, Refused
from domain.words import Outcome, Stage

CLAUSE = "NA-01"


def merge(turn: Turn, command: Merge) -> None:
    """Close this order in favour of another, which its citizen has joined before."""
    turn.require_stage(Stage.INTAKE, clause=CLAUSE)
    if command.into == turn.order.no:
        raise Refused(Code.INVALID, "工单不能并入自身", CLAUSE)
    turn.emit(OrderMerged(into=command.into))
    close(turn, Outcome.MERGED)


def join(turn: Turn, command: Join) -> None:
    """Add a citizen to this order.

    Refused while the final reply is being decided: the callbacks are over, and this citizen would get none.
    """
    turn.require_open()
    turn.require_stage(*(stage for stage in Stage if stage is not Stage.FINAL), clause=CLAUSE)
    if command.order in turn.order.parties:
        raise Refused(Code.ALREADY_DONE, "该工单已并入本工单", CLAUSE)
    turn.emit(OrderJoined(order=command.order))
    if turn.order.calling:
        next_attempt(turn, command.order)


def order_joined(order: Order, event: OrderJoined) -> Order:
    """Add the citizen to the parties."""
    return order.but(parties=(*order.parties, event.order))
