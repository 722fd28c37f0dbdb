"""How often somebody may try a name: every so many failures lock it, each time for longer.

A try is counted before the password is compared, in one statement, so that any number of them at once are not more
tries than one after another. It counts names that nobody has like any other, so that a lock tells nothing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import case, func, or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, delete, select

from adapters.database.acts import append
from adapters.database.engine import Database
from adapters.database.tables import SignInFailure
from domain.acts import Act

LOCK: Final = timedelta(minutes=15)
MOST_DOUBLINGS: Final = 6
"""The longest lock is 16 hours."""

FORGOTTEN_AFTER: Final = timedelta(days=1)
"""Failures that lie so far apart are slips, not an attack; counted from the last, or from the end of its lock."""


class Locked(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The name is locked for so many seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"{seconds} s")
        self.seconds = seconds


class SignInFailures:
    """Failures by name; every `tries`-th in a row locks it."""

    def __init__(self, database: Database, tries: int) -> None:
        self.database = database
        self.tries = tries

    async def count(self, username: str) -> datetime | None:
        """Count a try, which is one that failed until it is forgiven; until when it locks the name, if it does.

        Raises Locked, and then it may not be made.
        """
        table, digest = SignInFailure, self._digest(username)
        over = func.now() - FORGOTTEN_AFTER > func.greatest(col(table.last_at), col(table.locked_until))
        number: Any = case((over, 1), else_=col(table.failed) + 1)
        locks = number % self.tries == 0
        length = LOCK * func.power(2, func.least(number / self.tries - 1, MOST_DOUBLINGS))
        first = {"name_digest": digest, "failed": 1, "locked_until": func.now() + LOCK if self.tries == 1 else None}
        later = {
            "failed": number,
            "locked_until": case((locks, func.now() + length), else_=None),
            "last_at": func.now(),
        }
        free = or_(col(table.locked_until).is_(None), col(table.locked_until) <= func.now())
        claim = (
            insert(table).values(first).on_conflict_do_update(index_elements=["name_digest"], set_=later, where=free)
        )
        async with self.database.begin() as session:
            counted = (await session.execute(claim.returning(col(table.failed), col(table.locked_until)))).one_or_none()
        if counted is None:
            raise Locked(await self._seconds(digest))
        lock: datetime | None = counted.locked_until
        return lock

    async def take_back(self, username: str, lock: datetime | None) -> None:
        """The try was none: what was right is not enough yet, and what was counted before stays.

        `lock` is what `count` gave. A lock that another try has set meanwhile, in another process, stays too: or else
        whoever knows the password could lift the locks that wrong codes set.
        """
        table = SignInFailure
        undone: dict[str, Any] = {"failed": func.greatest(col(table.failed) - 1, 0)}
        if lock is not None:
            undone["locked_until"] = case((col(table.locked_until) == lock, None), else_=col(table.locked_until))
        again = update(table).where(col(table.name_digest) == self._digest(username))
        async with self.database.begin() as session:
            await session.execute(again.values(undone))

    async def forgive(self, username: str, noting: Sequence[Act] = ()) -> None:
        """The try succeeded, or an administrator says so: the count begins anew. `noting` are acts written with it."""
        async with self.database.begin() as session:
            await session.execute(delete(SignInFailure).where(col(SignInFailure.name_digest) == self._digest(username)))
            await append(session, noting)

    async def locks(self, usernames: Sequence[str]) -> dict[str, datetime]:
        """Until when those of these names are locked that are."""
        names = {self._digest(username): username for username in usernames}
        found = select(SignInFailure.name_digest, SignInFailure.locked_until).where(
            col(SignInFailure.name_digest).in_(names), col(SignInFailure.locked_until) > func.now()
        )
        async with self.database.session() as session:
            return {names[digest]: until for digest, until in await session.execute(found) if until}

    async def forget(self) -> int:
        """Drop what no longer counts, and return how many."""
        old = delete(SignInFailure).where(
            func.greatest(col(SignInFailure.last_at), col(SignInFailure.locked_until)) < func.now() - FORGOTTEN_AFTER
        )
        async with self.database.begin() as session:
            return len((await session.scalars(old.returning(col(SignInFailure.name_digest)))).all())

    async def _seconds(self, digest: str) -> int:
        left = func.extract("epoch", col(SignInFailure.locked_until) - func.now())
        async with self.database.session() as session:
            seconds = await session.scalar(select(left).where(col(SignInFailure.name_digest) == digest))
        return max(1, int(seconds or 0))

    def _digest(self, username: str) -> str:
        return self.database.keyring.blind_index(f"sign-in {username}")
