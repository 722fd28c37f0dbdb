"""The origin of a request, as the acts on the audit trail name it."""

from typing import Annotated, Final
from uuid import uuid4

from fastapi import Depends, Request

from api.middleware.client_address import address_of
from application.audit.acts import Origin
from application.services import Services

SOURCE_DIGITS: Final = 32


def origin_of(request: Request) -> Origin:
    """The keyed digest of the network address, and the id of the request.

    Behind trusted proxies the address is the caller's, not the proxy's.
    """
    services: Services = request.app.state.services
    address = address_of(request, services.settings.trusted_proxies)
    return Origin(services.database.keyring.blind_index(f"address:{address}")[:SOURCE_DIGITS], _request_id(request))


OriginDep = Annotated[Origin, Depends(origin_of)]


def _request_id(request: Request) -> str:
    """The id of this request, made at its first use."""
    known: str | None = getattr(request.state, "request_id", None)
    if known is None:
        known = request.state.request_id = uuid4().hex
    return known
