"""Who asks, and which orders are theirs to see."""

from collections.abc import Collection
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer

from adapters.database.confidence import Reader
from adapters.database.orders import Listed, Order
from adapters.database.seats import seat_fault
from adapters.database.users import Account
from adapters.oidc_claims import TooWeak
from adapters.tokens import BadToken, Duty, Identity, read
from api import acts
from api.access import ASKED_LATER, act_of
from api.commanding import existing
from api.problems import ProblemError
from api.services import Services
from api.turned_away import BEARERS
from domain.acts import Deed
from domain.permissions import Relation, reaches, require, sees_every_confidential
from domain.refusal import Code, Refused
from domain.view import OrderView

INSUFFICIENT: Final = "insufficient_user_authentication"
TOKEN_URL = "token"  # noqa: S105 (an address)
_bearer = OAuth2PasswordBearer(TOKEN_URL, auto_error=False)


def services_of(request: Request) -> Services:
    """The services that the application's lifespan opened."""
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(services_of)]


async def signed_in(
    request: Request, services: ServicesDep, token: Annotated[str | None, Depends(_bearer)]
) -> Identity:
    """The bearer of the token, whatever they still have to do before they may act. Raises ProblemError(401)."""
    if token is None:
        raise _unknown("请先登录")
    known: dict[str, Identity] = request.scope.setdefault(BEARERS, {})
    if token not in known:
        try:
            known[token] = await bearer(request, services, token)
        except TooWeak as weak:
            raise _too_weak(weak) from None
        except BadToken as bad:
            raise _unknown(f"{bad}，请重新登录") from None
    return known[token]


def identify(user: Annotated[Identity, Depends(signed_in)]) -> Identity:
    """The bearer of the token, who may act. Raises ProblemError, 401 or 403 with what has to be done first."""
    if user.duty is not None:
        raise ProblemError(403, *DUTIES[user.duty])
    return user


SignedIn = Annotated[Identity, Depends(signed_in)]


def permitted(request: Request, user: Annotated[Identity, Depends(identify)]) -> Identity:
    """The bearer of the token, if the act of this route is theirs to do. Raises Refused(not_permitted)."""
    act = act_of(request)
    if act not in ASKED_LATER:
        require(act, user.role)
    return user


User = Annotated[Identity, Depends(permitted)]

DUTIES: Final = {
    Duty.CHANGE_PASSWORD: ("这是他人设置的口令，请先修改口令（POST /account/password）", "password_change_required"),
    Duty.ENROL_TOTP: ("本岗位须使用动态口令，请先绑定（POST /account/totp）", "totp_enrolment_required"),
}
"""What is said to somebody who has a duty to do first, and its code."""


async def bearer(request: Request, services: Services, token: str) -> Identity:
    """Whom a token speaks of, whose session holds, or whom the identity provider vouches for. Raises BadToken.

    Costs one look-up by primary key. Raises ProviderAway when the provider would have to be asked and does not answer.
    """
    if services.provider.issued(token):
        return await _vouched(request, services, token)
    user = read(token, services.settings.secret_key)
    if user.session is None or not await services.sessions.holds(user.session, user.sub):
        raise BadToken
    return user


async def _vouched(request: Request, services: Services, token: str) -> Identity:
    """Whom the identity provider vouches for, in a seat that there is; noted when they first come as what they are.

    Raises as `bearer` does.
    """
    user, at = await services.provider.read(token)
    seat = user.model_dump(mode="json", include={"role", "unit", "regime"})
    account, known = Account(username=user.sub, display=user.sub, **seat), await services.users.get(user.sub)
    if known is not None and known.sits_as(account):
        if known.disabled_at is not None:
            raise BadToken
        return user
    if await seat_fault(services.catalogue, services.policies.ids, **seat):
        raise BadToken
    noting = [acts.act(request, services, user, Deed.SIGNED_IN, data={"provider": True, "unit": user.unit or ""})]
    if not await services.users.take_seat(account, at, noting):
        raise BadToken
    return user


def _unknown(detail: str) -> ProblemError:
    problem = ProblemError(401, detail)
    problem.headers = {"WWW-Authenticate": "Bearer"}
    return problem


def _too_weak(weak: TooWeak) -> ProblemError:
    """What is said to somebody who has to sign in more strongly at the provider (RFC 9470)."""
    wanted = (("acr", weak.acr), ("amr", weak.amr))
    said = "，".join(f"{claim} 应为 {' 或 '.join(values)}" for claim, values in wanted if values)
    problem = ProblemError(401, f"登录强度不够，请在统一身份认证以第二因素重新登录（{said}）", INSUFFICIENT)
    asked = f', acr_values="{" ".join(weak.acr)}"' if weak.acr else ""
    problem.headers = {"WWW-Authenticate": f'Bearer error="{INSUFFICIENT}"{asked}'}
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


def shielded(user: Identity, order: Order | Listed) -> bool:
    """Whether the person belongs to the unit that the order complains of, which never learns who complained (HK-17)."""
    return user.of_unit and order.complained_of is not None and order.complained_of == user.unit


def acting_unit(user: Identity, named: object) -> object:
    """The unit that acts: the person's own, whatever the body says. Raises Refused(not_permitted) for another."""
    if not user.of_unit:
        return named
    if named not in (None, user.unit):
        raise Refused(Code.NOT_PERMITTED, "只能代表本单位办理")
    return user.unit
