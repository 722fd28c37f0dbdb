"""Authenticates requests: FastAPI dependencies that return the bearer of the token."""

from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer

from adapters.auth.oidc_claims import TooWeak
from adapters.auth.tokens import BadToken, Duty, Identity
from api.auth.refused_access import IDENTITIES
from api.auth.request_origin import origin_of
from api.auth.route_acts import CHECKED_AFTER_LOOKUP, act_of
from api.problems import ProblemError
from application.people.bearer import bearer
from application.services import Services
from domain.permissions import require

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
    """The bearer of the token, also one with a duty to do first. Raises ProblemError(401)."""
    if token is None:
        raise _unauthenticated("请先登录")
    known: dict[str, Identity] = request.scope.setdefault(IDENTITIES, {})
    if token not in known:
        try:
            known[token] = await bearer(services, origin_of(request), token)
        except TooWeak as weak:
            raise _too_weak(weak) from None
        except BadToken as bad:
            raise _unauthenticated(f"{bad}，请重新登录") from None
    return known[token]


def identify(user: Annotated[Identity, Depends(signed_in)]) -> Identity:
    """The bearer of the token, who has no duty to do first. Raises ProblemError, 401 or 403 with the duty."""
    if user.duty is not None:
        raise ProblemError(403, *DUTIES[user.duty])
    return user


SignedIn = Annotated[Identity, Depends(signed_in)]


def permitted(request: Request, user: Annotated[Identity, Depends(identify)]) -> Identity:
    """The bearer of the token, if their role permits the act of this route. Raises Refused(not_permitted)."""
    act = act_of(request)
    if act not in CHECKED_AFTER_LOOKUP:
        require(act, user.role)
    return user


User = Annotated[Identity, Depends(permitted)]

DUTIES: Final = {
    Duty.CHANGE_PASSWORD: ("这是他人设置的口令，请先修改口令（POST /account/password）", "password_change_required"),
    Duty.ENROL_TOTP: ("本岗位须使用动态口令，请先绑定（POST /account/totp）", "totp_enrolment_required"),
}
"""The answer to a person with a duty to do first, and its code."""


def _unauthenticated(detail: str) -> ProblemError:
    problem = ProblemError(401, detail)
    problem.headers = {"WWW-Authenticate": "Bearer"}
    return problem


def _too_weak(weak: TooWeak) -> ProblemError:
    """The answer to a token that needs a stronger sign-in at the provider (RFC 9470)."""
    wanted = (("acr", weak.acr), ("amr", weak.amr))
    said = "，".join(f"{claim} 应为 {' 或 '.join(values)}" for claim, values in wanted if values)
    problem = ProblemError(401, f"登录强度不够，请在统一身份认证以第二因素重新登录（{said}）", INSUFFICIENT)
    asked = f', acr_values="{" ".join(weak.acr)}"' if weak.acr else ""
    problem.headers = {"WWW-Authenticate": f'Bearer error="{INSUFFICIENT}"{asked}'}
    return problem
