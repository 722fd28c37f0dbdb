"""Sign-off: the unit has seen the order (GT-06, DL-02, RG-08, HK-01)."""

from domain.order.clocks import key_of, set_clock
from domain.order.commands import Sign
from domain.order.events import OrderSigned, SignOffMissed
from domain.order.order import Order
from domain.order.parts import Clock
from domain.order.turn import Turn
from domain.refusal import Code, Refused
from domain.words import ClockName


def sign(turn: Turn, command: Sign) -> None:
    """Sign once; a late sign-off is possible and recorded as late."""
    assignment = turn.acting(command.unit)
    clause = turn.order.regime.sign_off.clause if turn.order.regime.sign_off else None
    if assignment.signed_at is not None or assignment.status != "dispatched":
        raise Refused(Code.ALREADY_DONE, "本单位已签收", clause)
    clock = turn.order.clocks.get(key_of(ClockName.SIGN_OFF, assignment.unit))
    turn.emit(OrderSigned(unit=assignment.unit, late=clock is not None and turn.now > clock.due_at))
    returns = turn.order.regime.returns
    if returns.window_from == "sign_off":
        set_clock(turn, ClockName.RETURN, unit=assignment.unit, limit=returns.window, clause=returns.clause)


def sign_off_missed(turn: Turn, clock: Clock) -> None:
    """Record that the window has passed: the unit's, or the centre's own if the clock has no unit."""
    turn.emit(SignOffMissed(unit=clock.unit, due_at=clock.due_at))


def order_signed(order: Order, event: OrderSigned) -> Order:
    """Begin the handling, and meet the window."""
    order = order.with_assignment(event.unit, status="handling", signed_at=event.at)
    if order.facts.signed_in_time is None or event.late:
        order = order.with_facts(signed_in_time=not event.late)
    order = order.with_facts(handlers=order.facts.handlers | {event.unit: event.person})
    return order.with_clock(key_of(ClockName.SIGN_OFF, event.unit), status="met")


def sign_off_clock_missed(order: Order, event: SignOffMissed) -> Order:
    """Mark the window as missed; the order still waits for the sign-off."""
    order = order.with_facts(signed_in_time=False)
    return order.with_clock(key_of(ClockName.SIGN_OFF, event.unit), status="missed")
