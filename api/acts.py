"""What people do, put on the installation's audit trail as it is asked for over HTTP.

A look at what speaks of citizens is noted before it is answered: one that cannot be accounted for is not given.
"""

import asyncio
import logging
from collections.abc import Iterable
from typing import Any, Final
from uuid import uuid4

from fastapi import Request

from adapters.outages import OUTAGES
from adapters.tokens import Identity
from api.door.addresses import address_of
from api.services import Services
from domain.acts import Act, Deed

log = logging.getLogger(__name__)

SOURCE_DIGITS: Final = 32
PATIENCE: Final = 5.0
"""Seconds that an answer which is a refusal anyway waits for its act."""


async def note(request: Request, services: Services, user: Identity | None, deed: Deed, **said: Any) -> None:
    """Note that this person, None for one who need not sign in, did so; `said` are fields of `Act`.

    Raises what the database raises, so that the request fails.
    """
    await services.acts.note(act(request, services, user, deed, **said))


async def note_list(
    request: Request, services: Services, user: Identity, deed: Deed, orders: Iterable[str], *, revealed: bool
) -> None:
    """Note a look at a list: one act an order where people were shown as they are, else one for all.

    Raises what the database raises.
    """
    numbers = list(dict.fromkeys(orders))
    seen: list[dict[str, Any]] = [{"order_no": no, "data": {"revealed": True}} for no in numbers] if revealed else []
    each = seen or [{"data": {"revealed": revealed, "count": len(numbers)}}]
    await services.acts.note(*(act(request, services, user, deed, **said) for said in each))


async def try_to_note(request: Request, services: Services, user: Identity | None, deed: Deed, **said: Any) -> None:
    """Note what is refused anyway: while the database is away a line in the log has to do."""
    try:
        async with asyncio.timeout(PATIENCE):
            await services.acts.note(act(request, services, user, deed, **said))
    except OUTAGES as error:
        log.error("an act could not be noted: %s by %s: %s", deed, user.sub if user else "?", type(error).__name__)


def act(request: Request, services: Services, user: Identity | None, deed: Deed, **said: Any) -> Act:
    """The act with what the request tells of its origin. Without `regime` it is the person's county's."""
    if user is not None:
        said = {"person": user.sub, "role": user.role.value} | said
        said["regime"] = said.get("regime") or user.regime
    return Act(deed=deed, source=source_of(request, services), request=request_id(request), **said)


def source_of(request: Request, services: Services) -> str:
    """A digest of the network address that says nothing without the installation's key; equal for equal addresses.

    Behind proxies of ours it is the caller's, not the proxy's.
    """
    address = address_of(request, services.settings.trusted_proxies)
    return services.database.keyring.blind_index(f"address:{address}")[:SOURCE_DIGITS]


def request_id(request: Request) -> str:
    """The id of this request, made when it is first asked for."""
    known: str | None = getattr(request.state, "request_id", None)
    if known is None:
        known = request.state.request_id = uuid4().hex
    return known
