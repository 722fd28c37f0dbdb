"""Telephone numbers of a notice: one contact for each role of its route, in order, each number once."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from activities.ports import OrdersPort, UnitDirectoryPort
from domain.order.effects import NotifyEffect
from domain.order.records import StoredOrder
from domain.words import UNIT_ROLES, Role


async def numbers_to_try(
    effect: NotifyEffect, order: StoredOrder, rules: Mapping[str, Any], orders: OrdersPort, catalogue: UnitDirectoryPort
) -> AsyncIterator[str]:
    """The numbers to try, in order, each read from the database when it is needed; a citizen has at most one.

    `rules` is the rule book as stored. A citizen is named by the order under which they called (`party`).
    """
    if effect.to_role is Role.CITIZEN:
        theirs = order if effect.party in (None, effect.order_no) else await orders.get(effect.party)
        if theirs and theirs.citizen.phone:
            yield theirs.citizen.phone
        return
    found: set[str] = set()
    for role in rules.get("messaging", {}).get("routing", {}).get(effect.to_role, (effect.to_role,)):
        unit = effect.unit if role in UNIT_ROLES else None
        contact = await catalogue.contact(role, regime=order.regime, unit=unit, realm=order.realm)
        if contact is not None and contact.phone not in found:
            found.add(contact.phone)
            yield contact.phone
