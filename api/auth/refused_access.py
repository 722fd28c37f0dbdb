"""Notes refusals of access on the installation's audit trail."""

import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

from fastapi import Request, Response

from adapters.auth.tokens import Identity
from api.auth.request_origin import origin_of
from application.audit import acts
from application.services import Services
from domain.access.acts import REFUSED, Deed
from domain.refusal import Code

IDENTITIES: Final = "jiesu.bearers"
"""The key in a request's scope of the identities by token."""

STATUSES: Final = frozenset({401, 403})
CODES: Final = frozenset({Code.UNKNOWN_ORDER.value})
"""Refusals too: an order that the person may not see is answered like one that does not exist."""

_ORDER_NO: Final = re.compile(r"\d{8}-\d{6,12}(?=$|:)", re.ASCII)


def with_refusals_noted(handle: Callable[..., Response]) -> Callable[[Request, Exception], Awaitable[Response]]:
    """An error handler that also notes the error on the audit trail if it is a refusal of access."""

    async def noting(request: Request, error: Exception) -> Response:
        response = handle(request, error)
        code = str(getattr(error, "code", "")) or Code.NOT_PERMITTED.value
        hidden = getattr(error, "order_no", None)
        if response.status_code in STATUSES or code in CODES or hidden is not None:
            await _note_refusal(request, response.status_code, code, hidden)
        return response

    return noting


async def _note_refusal(request: Request, status: int, code: str, order_no: str | None) -> None:
    if getattr(request.state, "refusal_noted", False):
        return
    services: Services | None = getattr(request.app.state, "services", None)
    if services is None:
        return
    request.state.refusal_noted = True
    bearers: dict[str, Identity] = request.scope.get(IDENTITIES, {})
    user = next(iter(bearers.values()), None)
    data: dict[str, Any] = {"status": status, "method": request.method, "route": _route(request)}
    if user is None:
        left_out = services.anonymous_act_limit.count()
        if left_out is None:
            return
        data |= {"left_out": left_out} if left_out else {}
    said = {"order_no": order_no or _order_no(request), "outcome": REFUSED, "code": code, "data": data}
    await acts.try_to_note(services, origin_of(request), user, Deed.REFUSED, **said)


def _route(request: Request) -> str:
    """The pattern of the address, without the values in it, which may be anything."""
    return str(getattr(request.scope.get("route"), "path_format", ""))


def _order_no(request: Request) -> str | None:
    """The number of the order in the address, or of the approval's order; None if it does not look like one."""
    for name in ("no", "id"):
        if found := _ORDER_NO.match(str(request.path_params.get(name, ""))):
            return found[0]
    return None
