"""Who asks, and which orders are theirs to see."""

from collections.abc import Collection
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer

from adapters.database.confidence import Reader
from adapters.database.orders import Order
from adapters.tokens import BadToken, Identity, read
from api.access import ASKED_LATER, act_of
from api.commanding import existing
from api.problems import ProblemError
from api.services import Services
from domain.permissions import Relation, reaches, require, sees_every_confidential
from domain.refusal import Code, Refused
from domain.view import OrderView

TOKEN_URL = "token"  # noqa: S105 (an address)
_bearer = OAuth2PasswordBearer(TOKEN_URL, auto_error=False)


def services_of(request: Request) -> Services:
    """The services that the application's lifespan opened."""
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(services_of)]


def identify(services: ServicesDep, token: Annotated[str | None, Depends(_bearer)]) -> Identity:
    """The bearer of the token. Raises ProblemError(401)."""
    if token is None:
        raise _unknown("请先登录")
    try:
        return read(token, services.settings.secret_key)
    except BadToken as bad:
        raise _unknown(f"{bad}，请重新登录") from None


def permitted(request: Request, user: Annotated[Identity, Depends(identify)]) -> Identity:
    """The bearer of the token, if the act of this route is theirs to do. Raises Refused(not_permitted)."""
    act = act_of(request)
    if act not in ASKED_LATER:
        require(act, user.role)
    return user


User = Annotated[Identity, Depends(permitted)]


def _unknown(detail: str) -> ProblemError:
    problem = ProblemError(401, detail)
    problem.headers = {"WWW-Authenticate": "Bearer"}
    return problem


def reader_of(user: Identity) -> Reader:
    """The person as one who wants to see orders, some of which are confidential (NA-07)."""
    return Reader(user.sub, sees_every_confidential(user.role))


def within(user: Identity, act: str, regime: str | None, units: Collection[str | None] = ()) -> bool:
    """Whether what the person may do reaches what belongs to this regime and these units."""
    return reaches(act, user.role, regime=user.regime, unit=user.unit, of_regime=regime, of_units=units)


def narrowed(user: Identity, act: str) -> str | None:
    """The unit to whose orders the person's list is narrowed, '' for somebody of none; None for all of the regime."""
    return user.unit or "" if require(act, user.role) is Relation.UNIT else None


async def visible(services: Services, user: Identity, no: str) -> tuple[Order, OrderView | None]:
    """An order and where it stands, None as long as nothing is recorded.

    Raises Refused(unknown_order), also for one that is another county's, was never this unit's, or is confidential
    and not for this person, so that the answer does not tell that it exists.
    """
    order = await existing(services, no, reader_of(user))
    view = await services.orders.view(no)
    units = {*view.units, *(deadline.unit for deadline in view.deadlines)} if view is not None else set()
    if order.realm or not within(user, "see_order", order.regime, units):
        raise Refused(Code.UNKNOWN_ORDER, f"没有编号为 {no[:60]} 的工单")
    return order, view


async def is_visible(services: Services, user: Identity, no: str) -> bool:
    """Whether there is such an order for this person."""
    try:
        await visible(services, user, no)
    except Refused:
        return False
    return True


def acting_unit(user: Identity, named: object) -> object:
    """The unit that acts: the person's own, whatever the body says. Raises Refused(not_permitted) for another."""
    if not user.of_unit:
        return named
    if named not in (None, user.unit):
        raise Refused(Code.NOT_PERMITTED, "只能代表本单位办理")
    return user.unit
