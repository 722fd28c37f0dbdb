"""Which orders a person sees, and for which unit they act."""

from collections.abc import Collection

from adapters.auth.tokens import Identity
from adapters.database.orders.orders import ListedOrder, StoredOrder
from application.orders.actor import reader_of
from application.orders.commands import FindOrderNeeds, find_order
from domain.order.read_model import OrderView
from domain.permissions import Relation, reaches, require
from domain.refusal import Code, Refused


def within(user: Identity, act: str, regime: str | None, units: Collection[str | None] = ()) -> bool:
    """Whether what the person may do reaches what belongs to this regime and these units."""
    return reaches(act, user.role, regime=user.regime, unit=user.unit, of_regime=regime, of_units=units)


def narrowed(user: Identity, act: str) -> str | None:
    """The unit to whose orders the person's list is narrowed, '' for somebody of none; None for all of the regime."""
    return user.unit or "" if require(act, user.role) is Relation.UNIT else None


async def visible(services: FindOrderNeeds, user: Identity, no: str) -> tuple[StoredOrder, OrderView | None]:
    """An order and where it stands, None as long as nothing is recorded.

    Raises Refused(unknown_order), also for one that is another county's, was never this unit's, or is confidential
    and not for this person, so that the answer does not tell that it exists.
    """
    order = await find_order(services, no, reader_of(user))
    view = await services.orders.view(no)
    units = {*view.units, *(deadline.unit for deadline in view.deadlines)} if view is not None else set()
    if order.realm or not within(user, "see_order", order.regime, units):
        raise Refused(Code.UNKNOWN_ORDER, f"没有编号为 {no[:60]} 的工单")
    return order, view


async def is_visible(services: FindOrderNeeds, user: Identity, no: str) -> bool:
    """Whether there is such an order for this person."""
    try:
        await visible(services, user, no)
    except Refused:
        return False
    return True


def shielded(user: Identity, order: StoredOrder | ListedOrder) -> bool:
    """Whether the person belongs to the unit that the order complains of, which never learns who complained (HK-17)."""
    return user.of_unit and order.complained_of is not None and order.complained_of == user.unit


def acting_unit(user: Identity, named: object) -> object:
    """The unit that acts: the person's own, whatever the body says. Raises Refused(not_permitted) for another."""
    if not user.of_unit:
        return named
    if named not in (None, user.unit):
        raise Refused(Code.NOT_PERMITTED, "只能代表本单位办理")
    return user.unit
