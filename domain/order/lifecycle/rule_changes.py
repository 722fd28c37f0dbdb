"""Rule changes: an order keeps its rule book and calendar until it adopts others (docs/architecture.md#time)."""

from domain.order.clocks import LIMIT_CLOCKS, recompute_clocks
from domain.order.events import CalendarAdopted, PolicyAdopted
from domain.order.internal_commands import AdoptCalendar, AdoptPolicy
from domain.order.lifecycle.dispatch import move_results_due
from domain.order.lifecycle.handling import reset_light
from domain.order.order import Order
from domain.order.turn import Turn
from domain.words import ClockName


def adopt_policy(turn: Turn, command: AdoptPolicy) -> None:
    """Adopt a rule book from now on; running clocks keep their limits. The same rule book changes nothing."""
    order = turn.order
    same = command.policy_hash == order.policy_hash
    if same or order.closed or order.grade not in command.policy.grades:
        return
    turn.emit(PolicyAdopted(policy_hash=command.policy_hash, policy=command.policy.for_order()))


def adopt_calendar(turn: Turn, command: AdoptCalendar) -> None:
    """Adopt a calendar and compute every open due moment again."""
    if turn.order.closed or command.calendar == turn.order.calendar:
        return
    turn.emit(CalendarAdopted(calendar=command.calendar))
    earlier = turn.order.clocks
    recompute_clocks(turn, frozenset(ClockName) - {ClockName.RESULT})
    for key, clock in tuple(turn.order.clocks.items()):
        moved = clock.due_at != earlier[key].due_at
        if moved and clock.name in LIMIT_CLOCKS and clock.status in ("running", "held") and clock.unit is not None:
            if clock.name is ClockName.HANDLING:
                move_results_due(turn, clock.unit, clock.due_at)
            reset_light(turn, clock.unit, clock.due_at)


def policy_adopted(order: Order, event: PolicyAdopted) -> Order:
    """Replace the rule book."""
    return order.but(regime=event.policy, policy_hash=event.policy_hash)


def calendar_adopted(order: Order, event: CalendarAdopted) -> Order:
    """Replace the calendar."""
    return order.but(calendar=event.calendar)
