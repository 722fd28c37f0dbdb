"""The orders that a person may see, and the unit for which they act."""

from collections.abc import Collection

from adapters.auth.tokens import Identity
from adapters.database.orders.orders import ListedOrder
from application.orders.actor import reader_of
from application.orders.commands import FindOrderNeeds, find_order
from domain.order.read_model import OrderView
from domain.order.records import StoredOrder
from domain.permissions import Relation, reaches, require
from domain.refusal import Code, Refused


def is_within_reach(user: Identity, act: str, regime: str | None, units: Collection[str | None] = ()) -> bool:
    """Whether the person's permission for the act covers this regime and these units."""
    return reaches(act, user.role, regime=user.regime, unit=user.unit, of_regime=regime, of_units=units)


def unit_limit(user: Identity, act: str) -> str | None:
    """The unit that the person's list is limited to, '' for somebody without one; None for all of the regime."""
    return user.unit or "" if require(act, user.role) is Relation.UNIT else None


async def visible(services: FindOrderNeeds, user: Identity, no: str) -> tuple[StoredOrder, OrderView | None]:
    """An order and its view, None as long as nothing is recorded.

    Raises Refused(unknown_order), also for an order of another county, one that this unit never had, and a confidential
    one that is not open to this person, so that the answer does not reveal that it exists.
    """
    order = await find_order(services, no, reader_of(user))
    view = await services.orders.view(no)
    units = {*view.units, *(deadline.unit for deadline in view.deadlines)} if view is not None else set()
    if order.realm or not is_within_reach(user, "see_order", order.regime, units):
        raise Refused(Code.UNKNOWN_ORDER, f"没有编号为 {no[:60]} 的工单")
    return order, view


async def is_visible(services: FindOrderNeeds, user: Identity, no: str) -> bool:
    """Whether the order exists and the person may see it."""
    try:
        await visible(services, user, no)
    except Refused:
        return False
    return True


def is_shielded_from(user: Identity, order: StoredOrder | ListedOrder) -> bool:
    """Whether the person belongs to the unit complained of, from which the citizen is hidden (HK-17)."""
    return user.of_unit and order.complained_of is not None and order.complained_of == user.unit


def acting_unit(user: Identity, named: object) -> object:
    """The unit that acts: the person's own, else the one named. Raises Refused(not_permitted) for another unit."""
    if not user.of_unit:
        return named
    if named not in (None, user.unit):
        raise Refused(Code.NOT_PERMITTED, "只能代表本单位办理")
    return user.unit
