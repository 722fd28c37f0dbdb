"""Notes acts of people on the installation's audit trail.

A read of personal data is noted before it is answered: without its act it is not shown.
"""

import asyncio
import logging
from collections.abc import Iterable
from typing import Any, Final, NamedTuple, Protocol

from adapters.auth.tokens import Identity
from adapters.database.audit.acts import Acts
from adapters.errors import TRANSIENT_ERRORS
from domain.access.acts import Act, Deed

log = logging.getLogger(__name__)

PATIENCE: Final = 5.0
"""Seconds that the answer to a refused request waits for its act."""


class Origin(NamedTuple):
    """The origin of a request, as an act names it.

    `source`: a keyed digest of the network address, equal for equal addresses. `request`: the id of the request.
    """

    source: str
    request: str


class ActNeeds(Protocol):
    """Needed to note an act."""

    acts: Acts


async def note(services: ActNeeds, origin: Origin, user: Identity | None, deed: Deed, **said: Any) -> None:
    """Note an act of this person, None for one who need not sign in; `said` are fields of `Act`.

    Raises the errors of the database, so that the request fails.
    """
    await services.acts.note(act(origin, user, deed, **said))


async def note_list(
    services: ActNeeds, origin: Origin, user: Identity, deed: Deed, orders: Iterable[str], *, revealed: bool
) -> None:
    """Note the reading of a list: one act an order where people were shown unmasked (`revealed`), else one for all.

    Raises the errors of the database.
    """
    numbers = list(dict.fromkeys(orders))
    seen: list[dict[str, Any]] = [{"order_no": no, "data": {"revealed": True}} for no in numbers] if revealed else []
    each = seen or [{"data": {"revealed": revealed, "count": len(numbers)}}]
    await services.acts.note(*(act(origin, user, deed, **said) for said in each))


async def try_to_note(services: ActNeeds, origin: Origin, user: Identity | None, deed: Deed, **said: Any) -> None:
    """Note a refused act; while the database is away it is logged instead."""
    try:
        async with asyncio.timeout(PATIENCE):
            await services.acts.note(act(origin, user, deed, **said))
    except TRANSIENT_ERRORS as error:
        log.error("an act could not be noted: %s by %s: %s", deed, user.sub if user else "?", type(error).__name__)


def act(origin: Origin, user: Identity | None, deed: Deed, **said: Any) -> Act:
    """The act with the origin of the request. Without `regime` it belongs to the person's county."""
    if user is not None:
        said = {"person": user.sub, "role": user.role.value} | said
        said["regime"] = said.get("regime") or user.regime
    return Act(deed=deed, source=origin.source, request=origin.request, **said)
