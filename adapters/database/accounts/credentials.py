"""Sign-in: checks password and second factor, and limits failed tries.

A user who is unknown, disabled, or signs in elsewhere gets the same answer as a wrong password, after the same time.
"""

import asyncio
from datetime import datetime
from enum import StrEnum
from typing import Final
from weakref import WeakValueDictionary

from sqlmodel import col, select, update

from adapters.database.accounts.password_hashes import hashed, matches, outdated
from adapters.database.accounts.second_factor import SecondFactor
from adapters.database.accounts.sign_in_failures import Locked, SignInFailures
from adapters.database.accounts.users import Card
from adapters.database.engine import Database
from adapters.database.tables import User


class RejectionReason(StrEnum):
    """The reason why a sign-in was rejected. A caller cannot distinguish the first three; the trail may."""

    UNKNOWN = "unknown"
    DISABLED = "disabled"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 (a word)
    LOCKED = "locked"
    TOTP_REQUIRED = "totp_required"
    WRONG_TOTP = "wrong_totp"


class SignInRejected(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The sign-in was rejected; `seconds` is how long the name is locked."""

    def __init__(self, why: RejectionReason, seconds: int = 0) -> None:
        super().__init__(why)
        self.why: Final = why
        self.seconds: Final = seconds


class Credentials:
    """Checks passwords and second factors."""

    def __init__(self, database: Database, tries: int) -> None:
        self.database = database
        self.failures = SignInFailures(database, tries)
        self.second_factor = SecondFactor(database)
        self._busy: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def prove(self, username: str, password: str, totp: str | None) -> Card:
        """The user, if the password is right, and the code too where there is a second factor. Raises SignInRejected.

        Tries of one name queue within a process: many people who sign in correctly with a shared account at one moment
        do not lock it. Across processes the count alone decides.
        """
        async with self._busy.setdefault(username, asyncio.Lock()):
            try:
                counted = await self.failures.count(username)
            except Locked as locked:
                raise SignInRejected(RejectionReason.LOCKED, locked.seconds) from None
            async with self.database.session() as session:
                row = await session.scalar(select(User).where(User.username == username))
            usable = row is not None and row.disabled_at is None
            right = await matches(password, row.password_hash if row and usable else None)
            if row is None or not right:
                raise SignInRejected(_why_not(row))
            if row.totp_secret is not None:
                await self._second(row.username, row.totp_secret, totp, counted)
            await self.failures.forgive(username)
            if row.password_hash and outdated(row.password_hash):
                await self._renew(username, row.password_hash, await hashed(password))
            return Card.model_validate(row)

    async def _second(self, username: str, secret: bytes, totp: str | None, counted: datetime) -> None:
        if not totp:
            # Not forgiven: otherwise a try without a code would erase the count of wrong codes before it.
            await self.failures.take_back(username, counted)
            raise SignInRejected(RejectionReason.TOTP_REQUIRED)
        if not await self.second_factor.spend(username, secret, totp):
            raise SignInRejected(RejectionReason.WRONG_TOTP)

    async def _renew(self, username: str, old: str, new: str) -> None:
        """Store the digest at today's cost, unless the password was changed meanwhile."""
        same = update(User).where(col(User.username) == username, col(User.password_hash) == old)
        async with self.database.begin() as session:
            await session.execute(same.values(password_hash=new))


def _why_not(row: User | None) -> RejectionReason:
    if row is None or row.password_hash is None:
        return RejectionReason.UNKNOWN
    return RejectionReason.DISABLED if row.disabled_at else RejectionReason.WRONG_PASSWORD
