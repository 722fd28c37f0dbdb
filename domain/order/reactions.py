"""Reactions: the consequences of an event that a rule book lists (ADR 4).

Notices, supervision, escalation and accountability differ from county to county; the events that cause them do not.
"""

from domain.order.events import (
    AccountabilityRecorded,
    Escalated,
    Event,
    ExtensionGranted,
    OrderDispatched,
    SentToCity,
    TallyAsked,
)
from domain.order.lifecycle.supervision import supervise
from domain.order.notices import notify
from domain.order.order import Order
from domain.order.turn import Turn
from domain.policy.rule_book import Reaction
from domain.words import UNIT_ROLES


def react(turn: Turn, event: Event) -> None:
    """Carry out every reaction of the order's rule book to this event."""
    for reaction in turn.order.regime.reactions:
        if reaction.on == event.event and _applies(turn.order, reaction, event):
            for unit in _units(turn.order, event):
                _carry_out(turn, reaction, event, unit)


def _applies(order: Order, reaction: Reaction, event: Event) -> bool:
    if not order.fits(reaction.when):
        return False
    if any(order.count(name) < least for name, least in reaction.at_least.items()):
        return False
    for field, wanted in reaction.where.items():
        found = getattr(event, field, None)
        if found not in (wanted if isinstance(wanted, tuple) else (wanted,)):
            return False
    return True


def _units(order: Order, event: Event) -> tuple[str | None, ...]:
    """The units of an event: its own, all that are dispatched to or get more time, else the leads, else none."""
    if isinstance(event, OrderDispatched):
        return tuple(unit.unit for unit in event.units)
    if isinstance(event, ExtensionGranted):
        return (event.unit, *event.with_units)
    if (unit := getattr(event, "unit", None)) is not None:
        return (unit,)
    return tuple(lead.unit for lead in order.leads) or (None,)


def _carry_out(turn: Turn, reaction: Reaction, event: Event, unit: str | None) -> None:
    reason = reaction.reason or event.event
    first = unit == _units(turn.order, event)[0]
    for notice in reaction.notify:
        # One text to the citizen, the centre or the county, whatever the number of units.
        if notice.to in UNIT_ROLES:
            if unit is not None:
                notify(turn, notice.template, notice.to, unit, reaction.clause)
        elif first:
            notify(turn, notice.template, notice.to, None, reaction.clause)
    if reaction.supervise is not None and unit is not None:
        supervise(turn, unit, reaction.supervise, reason=reason, clause=reaction.clause)
    if reaction.escalate is not None:
        turn.emit(Escalated(to_role=reaction.escalate, unit=unit, reason=reason, clause=reaction.clause))
    if reaction.account is not None:
        turn.emit(
            AccountabilityRecorded(
                unit=unit,
                kind=reaction.account,
                reason=reason,
                handler=turn.order.facts.handlers.get(unit, "") if unit else "",
                clause=reaction.clause,
            )
        )
    if reaction.send_city is not None and first:
        turn.emit(SentToCity(what=reaction.send_city, unit=unit))
    if reaction.tally is not None and unit is not None:
        turn.emit(TallyAsked(unit=unit))
