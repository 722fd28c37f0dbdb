"""Users: who may sign in, and with which role."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, TypeAdapter, model_validator
from sqlalchemy import func, or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from adapters.database.accounts.password_hashes import hashed
from adapters.database.accounts.sessions import revoke_all
from adapters.database.audit.acts import append
from adapters.database.engine import Database
from adapters.database.paging import Name, Page, from_cursor, to_cursor
from adapters.database.tables import User
from domain.access.acts import Act

FEDERATED: Final = "oidc:"
"""Prefix of the names of users from the identity provider; the name of a local account has no colon."""

USERNAME: Final = re.compile(r"[^\W_][\w.@-]{0,63}")
"""Pattern of local usernames: letters of any script, digits, `_ . @ -`."""

_PLACE: Final = TypeAdapter(tuple[Name])


class Account(BaseModel):
    """A user. Without `regime` they serve every regime, without `unit` they belong to no unit."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    username: str
    role: str
    unit: str | None = None
    regime: str | None = None
    display: str


class Card(Account):
    """A user with their sign-in method. `temporary`: the password must be changed first."""

    temporary: bool = False
    second_factor: bool = False
    federated: bool = False
    disabled_at: datetime | None = None
    created_at: datetime | None = None
    version: int = 0

    def has_role_of(self, account: Account) -> bool:
        """Whether the user has exactly the account's role, unit and regime."""
        return self.model_dump(include=set(Account.model_fields)) == account.model_dump()

    @model_validator(mode="before")
    @classmethod
    def _from_row(cls, data: Any) -> Any:
        if not isinstance(data, User):
            return data
        told = {name: getattr(data, name) for name in cls.model_fields if hasattr(data, name)}
        return told | {"second_factor": data.totp_secret is not None, "federated": data.password_hash is None}


class UsernameTaken(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """Another user has that name."""


class Users:
    """Users by name."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def create(
        self, account: Account, password: str, *, temporary: bool = False, noting: Sequence[Act] = ()
    ) -> None:
        """Add an account. `noting` are acts recorded with it. Raises UsernameTaken."""
        if not await self._add([account], await hashed(password), temporary=temporary, noting=noting):
            raise UsernameTaken(account.username)

    async def ensure(self, accounts: list[Account], password: str) -> None:
        """Add missing accounts; existing ones stay as they are, their password too."""
        await self._add(accounts, await hashed(password))

    async def get(self, username: str) -> Card | None:
        """A user by name."""
        async with self.database.session() as session:
            row = await session.scalar(select(User).where(User.username == username))
        return Card.model_validate(row) if row else None

    async def listed(self, *, regime: str | None = None, cursor: str | None = None, limit: int = 50) -> Page[Card]:
        """Users by name, all or those of a regime. Raises BadCursor."""
        found = select(User).order_by(col(User.username)).limit(limit + 1)
        if regime is not None:
            found = found.where(User.regime == regime)
        if cursor is not None:
            found = found.where(col(User.username) > from_cursor(cursor, _PLACE)[0])
        async with self.database.session() as session:
            rows = [Card.model_validate(row) for row in await session.scalars(found)]
        items = tuple(rows[:limit])
        return Page(items, to_cursor(items[-1].username) if len(rows) > limit else None)

    async def change(self, username: str, noting: Sequence[Act] = (), **values: Any) -> bool:
        """Set `role`, `unit`, `regime`, `display`, `disabled` or remove the second factor (`totp_secret` None).

        Ends the user's sessions, as their tokens state the old values. `noting` are acts recorded with it. False if
        there is no such user.
        """
        if "disabled" in values:
            values["disabled_at"] = func.now() if values.pop("disabled") else None
        if "totp_secret" in values:
            values["totp_pending"] = values["totp_secret"]
        change = update(User).where(col(User.username) == username).values(values)
        async with self.database.begin() as session:
            changed = await session.scalar(change.returning(col(User.username)))
            await revoke_all(session, username)
            await append(session, noting if changed else ())
        return changed is not None

    async def set_password(
        self,
        username: str,
        password: str,
        *,
        temporary: bool = False,
        keep: str | None = None,
        noting: Sequence[Act] = (),
    ) -> bool:
        """Replace the password, and end all sessions but `keep`. False if there is no such account.

        An offered second factor that was not confirmed is withdrawn, as somebody with the old password may know it.
        `noting` are acts recorded with it.
        """
        values = {"password_hash": await hashed(password), "temporary": temporary, "totp_pending": None}
        ours = update(User).where(col(User.username) == username, col(User.password_hash).is_not(None))
        async with self.database.begin() as session:
            changed = await session.scalar(ours.values(values).returning(col(User.username)))
            await revoke_all(session, username, keep)
            await append(session, noting if changed else ())
        return changed is not None

    async def assign_role(self, account: Account, at: datetime, noting: Sequence[Act] = ()) -> bool:
        """Store the role of a user of the identity provider, as stated `at` that moment; returns whether they may act.

        False for a user whom an administrator has disabled, and if the provider has since stated something newer.
        `noting` are acts recorded with it.
        """
        values = account.model_dump() | {"seat_at": at}
        newer = or_(col(User.seat_at).is_(None), col(User.seat_at) <= at)
        put = insert(User).values(values).on_conflict_do_update(index_elements=["username"], set_=values, where=newer)
        async with self.database.begin() as session:
            taken = (await session.execute(put.returning(col(User.disabled_at)))).one_or_none()
            await append(session, noting if taken else ())
        return taken is not None and taken.disabled_at is None

    async def _add(
        self, accounts: Sequence[Account], password_hash: str, *, temporary: bool = False, noting: Sequence[Act] = ()
    ) -> int:
        given = {"password_hash": password_hash, "temporary": temporary}
        rows = [account.model_dump() | given for account in accounts]
        add = insert(User).values(rows).on_conflict_do_nothing().returning(col(User.username))
        async with self.database.begin() as session:
            added = len((await session.scalars(add)).all())
            await append(session, noting if added else ())
            return added
