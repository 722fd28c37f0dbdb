"""The person or installation that acts on an order."""

from typing import NamedTuple

from adapters.auth.tokens import Identity
from adapters.database.access.confidentiality import Reader
from domain.permissions import sees_every_confidential
from domain.words import Role


class Actor(NamedTuple):
    """A role and the name of the person in it, '' where there is none.

    `unit` is the unit that the person works in. `reader` decides which confidential orders a command may name; without
    one it may name none.
    """

    role: Role
    person: str = ""
    unit: str | None = None
    reader: Reader | None = None


def reader_of(user: Identity) -> Reader:
    """The person as a reader of orders, some of which are confidential (NA-07)."""
    return Reader(user.sub, sees_every_confidential(user.role))


def actor_of(user: Identity) -> Actor:
    """The signed-in person as an actor."""
    return Actor(user.role, user.sub, user.unit, reader_of(user))
