"""Sessions: the tokens that were handed out, so that one can be taken back before it expires.

Whether a token still holds is asked at every request, by primary key and without a cache: a session that was ended is
over in every process at once.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, insert, update
from sqlmodel import col, delete, select

from adapters.database.engine import Database
from adapters.database.engine import Session as Transaction
from adapters.database.tables import SignInSession, User

KEPT_FOR = timedelta(days=7)
"""How long a session that is over can still be looked up."""


class SessionCard(BaseModel):
    """A session that holds; `id` stands in its token as `jti` and opens nothing by itself."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: str
    issued_at: datetime
    expires_at: datetime


class Sessions:
    """Sessions by id."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def open(self, username: str, version: int, life: timedelta) -> str | None:
        """Begin one that lasts so long, by the database's clock; its id.

        None if the user has been changed since that version was read: who they are has to be shown again. Otherwise a
        sign-in that was under way would outlive the change that ends all sessions.
        """
        same = select(User.username).where(User.username == username, User.version == version)
        new = {"id": secrets.token_hex(16), "username": username, "expires_at": func.now() + life}
        async with self.database.begin() as session:
            if await session.scalar(same.with_for_update(read=True)) is None:
                return None
            await session.execute(insert(SignInSession).values(new))
        return str(new["id"])

    async def holds(self, id_: str, username: str) -> bool:
        """Whether it is this user's, not revoked, and not over."""
        found = select(SignInSession.id).where(*_holding(username), SignInSession.id == id_)
        async with self.database.session() as session:
            return await session.scalar(found) is not None

    async def of(self, username: str) -> list[SessionCard]:
        """Those of a user that hold, the latest first."""
        found = select(SignInSession).where(*_holding(username)).order_by(col(SignInSession.issued_at).desc())
        async with self.database.session() as session:
            return [SessionCard.model_validate(row) for row in await session.scalars(found)]

    async def revoke(self, id_: str, username: str) -> bool:
        """End one; false if the user has none such."""
        end = update(SignInSession).where(*_holding(username), col(SignInSession.id) == id_)
        async with self.database.begin() as session:
            ended = await session.scalar(end.values(revoked_at=func.now()).returning(col(SignInSession.id)))
        return ended is not None

    async def forget(self, older_than: timedelta = KEPT_FOR) -> int:
        """Drop those that have been over for so long, and return how many."""
        old = delete(SignInSession).where(col(SignInSession.expires_at) < func.now() - older_than)
        async with self.database.begin() as session:
            return len((await session.scalars(old.returning(col(SignInSession.id)))).all())


async def revoke_all(session: Transaction, username: str, but: str | None = None) -> None:
    """End a user's sessions, in the transaction that changes the user; `but` one that goes on."""
    await session.execute(update(User).where(col(User.username) == username).values(version=col(User.version) + 1))
    end = update(SignInSession).where(*_holding(username), col(SignInSession.id) != (but or ""))
    await session.execute(end.values(revoked_at=func.now()))


def _holding(username: str) -> tuple[Any, ...]:
    return (
        col(SignInSession.username) == username,
        col(SignInSession.revoked_at).is_(None),
        col(SignInSession.expires_at) > func.now(),
    )
