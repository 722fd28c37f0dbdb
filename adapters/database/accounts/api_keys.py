"""API keys of applications that submit demands: shown once, stored as a hash, bound to a county and a channel.

A key is `<prefix>_<secret>`. The secret is long and random, so a plain SHA-256 of the key is safe to store.
"""

import hmac
import math
import secrets
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict
from sqlalchemy import case, extract, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from adapters.database.audit.acts import append
from adapters.database.engine import Database
from adapters.database.tables import ApiKey
from domain.access.acts import INSTALLATION, Act, Deed
from domain.words import Role

PREFIX_BYTES, SECRET_BYTES = 5, 24
NOBODY = "0" * 64
"""A hash that no key has: comparing with it takes as long as comparing with a real one."""


class KeyCard(BaseModel):
    """A key without its secret. `per_minute`: requests in each minute of the clock."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    prefix: str
    regime: str
    source: str
    name: str
    per_minute: int
    revoked_at: datetime | None = None
    created_at: datetime | None = None


class TooMany(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The key has used up its requests of this minute; `seconds` remain of it."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"{seconds} s")
        self.seconds = seconds


class NewKey(NamedTuple):
    """A key in clear text; it cannot be shown again."""

    prefix: str
    text: str


def new_key() -> NewKey:
    """Generate a key."""
    prefix = secrets.token_hex(PREFIX_BYTES)
    return NewKey(prefix, f"{prefix}_{secrets.token_urlsafe(SECRET_BYTES)}")


class ApiKeys:
    """API keys by prefix."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def add(
        self, key: str, *, regime: str, source: str, name: str, per_minute: int, by: str = INSTALLATION
    ) -> str:
        """Store a key and return its prefix; may be repeated, and a prefix that exists stays unchanged.

        The audit trail names `by`, in the same transaction.
        """
        prefix = key.partition("_")[0]
        card = KeyCard(prefix=prefix, regime=regime, source=source, name=name, per_minute=per_minute)
        values = card.model_dump(exclude_none=True) | {"key_sha256": _hash(key)}
        async with self.database.begin() as session:
            new = insert(ApiKey).values(values).on_conflict_do_nothing().returning(col(ApiKey.prefix))
            if await session.scalar(new) is not None:
                data = {"channel": source, "per_minute": per_minute}
                said = Act(deed=Deed.KEY_ADDED, person=by, role=Role.ADMIN, regime=regime, about=prefix, data=data)
                await append(session, [said])
        return prefix

    async def cards(self) -> list[KeyCard]:
        """All keys, revoked ones too, by county and age."""
        found = select(ApiKey).order_by(col(ApiKey.regime), col(ApiKey.created_at), col(ApiKey.prefix))
        async with self.database.session() as session:
            return [KeyCard.model_validate(row) for row in await session.scalars(found)]

    async def revoke(self, prefix: str, by: str = INSTALLATION) -> bool:
        """Revoke a key; False if there is no active one. The audit trail names `by`."""
        end = update(ApiKey).where(col(ApiKey.prefix) == prefix, col(ApiKey.revoked_at).is_(None))
        async with self.database.begin() as session:
            regime = await session.scalar(end.values(revoked_at=func.now()).returning(col(ApiKey.regime)))
            if regime is None:
                return False
            said = Act(deed=Deed.KEY_REVOKED, person=by, role=Role.ADMIN, regime=regime, about=prefix)
            await append(session, [said])
        return True

    async def verify(self, key: str) -> KeyCard | None:
        """The card of an active key, or None; compares in constant time."""
        usable = key.isascii() and key.isprintable()
        found = select(ApiKey).where(col(ApiKey.prefix) == (key.partition("_")[0] if usable else ""))
        async with self.database.session() as session:
            row = await session.scalar(found)
        right = hmac.compare_digest(_hash(key), row.key_sha256 if row else NOBODY)
        return KeyCard.model_validate(row) if row and right and row.revoked_at is None else None

    async def use(self, card: KeyCard) -> None:
        """Count a request. Raises TooMany when the minute's limit, shared by all processes, is used up."""
        this: Any = func.date_trunc("minute", func.now())
        counted = case((col(ApiKey.minute) == this, col(ApiKey.used) + 1), else_=1)
        count = update(ApiKey).where(col(ApiKey.prefix) == card.prefix).values(minute=this, used=counted)
        async with self.database.begin() as session:
            used, seconds = (
                await session.execute(count.returning(col(ApiKey.used), 60 - extract("second", func.now())))
            ).one()
        if used > card.per_minute:
            raise TooMany(max(1, math.ceil(seconds)))


def _hash(key: str) -> str:
    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
