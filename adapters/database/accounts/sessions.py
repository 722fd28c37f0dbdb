"""Sessions: the tokens that were issued, so that one can be revoked before it expires.

Each request checks its token's session by primary key and without a cache: a session that was ended is
over in every process at once.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, insert, update
from sqlmodel import col, delete, select

from adapters.database.audit.acts import append
from adapters.database.engine import Database
from adapters.database.engine import Session as Transaction
from adapters.database.tables import SignInSession, User
from domain.access.acts import Act

SEEN_EVERY = timedelta(minutes=1)
"""Precision of the last use of a session; a write at every request would cost too much."""

KEPT_FOR = timedelta(days=7)
"""The time for which an ended session can still be looked up."""


class SessionCard(BaseModel):
    """An active session; `id` is its token's `jti` and grants nothing by itself."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: str
    issued_at: datetime
    seen_at: datetime
    expires_at: datetime


class Sessions:
    """Sessions by id. A session unused for `idle` is over; without `idle` it lasts until it expires."""

    def __init__(self, database: Database, idle: timedelta | None = None) -> None:
        self.database = database
        self.idle = idle

    async def open(self, username: str, version: int, life: timedelta) -> str | None:
        """Begin a session of length `life` by the database's clock, and return its id.

        None if the user has been changed since `version` was read: they have to sign in again. Otherwise a
        sign-in that is under way would outlive the change that ends all sessions.
        """
        same = select(User.username).where(User.username == username, User.version == version)
        new = {"id": secrets.token_hex(16), "username": username, "expires_at": func.now() + life}
        async with self.database.begin() as session:
            if await session.scalar(same.with_for_update(read=True)) is None:
                return None
            await session.execute(insert(SignInSession).values(new))
        return str(new["id"])

    async def holds(self, id_: str, username: str) -> bool:
        """Whether the session is this user's, not revoked and not over; it counts as used now."""
        unseen = col(SignInSession.seen_at) < func.now() - SEEN_EVERY
        found = select(unseen).where(*self._holding(username), SignInSession.id == id_)
        async with self.database.session() as session:
            due = await session.scalar(found)
        if due:
            async with self.database.begin() as session:
                seen = update(SignInSession).where(col(SignInSession.id) == id_)
                await session.execute(seen.values(seen_at=func.now()))
        return due is not None

    async def of(self, username: str) -> list[SessionCard]:
        """The user's active sessions, the latest first."""
        found = select(SignInSession).where(*self._holding(username)).order_by(col(SignInSession.issued_at).desc())
        async with self.database.session() as session:
            return [SessionCard.model_validate(row) for row in await session.scalars(found)]

    async def revoke(self, id_: str, username: str, noting: Sequence[Act] = ()) -> bool:
        """End a session; False if the user has none of that id. `noting` are acts recorded with it."""
        end = update(SignInSession).where(*_holding(username), col(SignInSession.id) == id_)
        async with self.database.begin() as session:
            ended = await session.scalar(end.values(revoked_at=func.now()).returning(col(SignInSession.id)))
            await append(session, noting if ended else ())
        return ended is not None

    async def revoke_others(self, username: str, but: str | None, noting: Sequence[Act] = ()) -> None:
        """End a user's other sessions, and sign-ins that are under way; `noting` as in `revoke`. May be repeated."""
        async with self.database.begin() as session:
            await revoke_all(session, username, but)
            await append(session, noting)

    async def forget(self, older_than: timedelta = KEPT_FOR) -> int:
        """Delete sessions that have been over for so long, and return how many."""
        old = delete(SignInSession).where(col(SignInSession.expires_at) < func.now() - older_than)
        async with self.database.begin() as session:
            return len((await session.scalars(old.returning(col(SignInSession.id)))).all())

    def _holding(self, username: str) -> tuple[Any, ...]:
        used = () if self.idle is None else (col(SignInSession.seen_at) > func.now() - self.idle,)
        return (*_holding(username), *used)


async def revoke_all(session: Transaction, username: str, but: str | None = None) -> None:
    """End a user's sessions, in the transaction that changes the user; `but` is one to keep."""
    await session.execute(update(User).where(col(User.username) == username).values(version=col(User.version) + 1))
    end = update(SignInSession).where(*_holding(username), col(SignInSession.id) != (but or ""))
    await session.execute(end.values(revoked_at=func.now()))


def _holding(username: str) -> tuple[Any, ...]:
    return (
        col(SignInSession.username) == username,
        col(SignInSession.revoked_at).is_(None),
        col(SignInSession.expires_at) > func.now(),
    )
