"""Failed sign-ins by name: every so many failures lock the name, each time for longer.

One statement counts a try before the password is compared, so that concurrent tries are not more than
tries one after another. Names that do not exist count like any other, so that a lock reveals nothing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import case, func, or_, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, delete, select

from adapters.database.audit.acts import append
from adapters.database.engine import Database, Session
from adapters.database.tables import SignInFailure
from domain.access.acts import Act

LOCK: Final = timedelta(minutes=15)
MOST_DOUBLINGS: Final = 6
"""Limit on doubling: the longest lock is 16 hours."""

FORGOTTEN_AFTER: Final = timedelta(days=1)
"""Failures that far apart are slips, not an attack; measured from the last one, or from the end of its lock."""


class Locked(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The name is locked for so many seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"{seconds} s")
        self.seconds = seconds


class SignInFailures:
    """Failures by name; every `tries`-th in a row locks it.

    While keys are being rotated a count may be stored under any key of the ring. Each change moves it to the first
    key, so that a rotation loses neither counts nor locks.
    """

    def __init__(self, database: Database, tries: int) -> None:
        self.database = database
        self.tries = tries

    async def count(self, username: str) -> datetime:
        """Count a try as failed until it is forgiven; returns when the current count began.

        Raises Locked, and then the try must not be made.
        """
        table = SignInFailure
        over = func.now() - FORGOTTEN_AFTER > func.greatest(col(table.last_at), col(table.locked_until))
        number: Any = case((over, 1), else_=col(table.failed) + 1)
        locks = number % self.tries == 0
        length = LOCK * func.power(2, func.least(number / self.tries - 1, MOST_DOUBLINGS))
        first = {"failed": 1, "locked_until": func.now() + LOCK if self.tries == 1 else None}
        later = {
            "failed": number,
            "locked_until": case((locks, func.now() + length), else_=None),
            "since": case((over, func.now()), else_=col(table.since)),
            "last_at": func.now(),
        }
        free = or_(col(table.locked_until).is_(None), col(table.locked_until) <= func.now())
        async with self.database.begin() as session:
            digest = await self._merge_counts(session, username)
            claim = insert(table).values(first | {"name_digest": digest})
            claim = claim.on_conflict_do_update(index_elements=["name_digest"], set_=later, where=free)
            since: datetime | None = await session.scalar(claim.returning(col(table.since)))
        if since is None:
            raise Locked(await self._seconds(digest))
        return since

    async def take_back(self, username: str, since: datetime) -> None:
        """Uncount a try that was right but incomplete (no second factor yet); earlier failures stay counted.

        `since` is the value that `count` returned. If that count was forgiven meanwhile, nothing is taken back: a lock
        earned since then stays. A lock of the same count was made with this try among the failures, as nothing is
        counted during a lock, so it is lifted with the try.
        """
        async with self.database.begin() as session:
            digest = await self._merge_counts(session, username)
            same = col(SignInFailure.name_digest) == digest, col(SignInFailure.since) == since
            fewer = {"failed": func.greatest(col(SignInFailure.failed) - 1, 0), "locked_until": None}
            await session.execute(update(SignInFailure).where(*same).values(fewer))

    async def forgive(self, username: str, noting: Sequence[Act] = ()) -> None:
        """Reset the count after a success, or by an administrator. `noting` are acts recorded with it."""
        async with self.database.begin() as session:
            digest = await self._merge_counts(session, username)
            await session.execute(delete(SignInFailure).where(col(SignInFailure.name_digest) == digest))
            await append(session, noting)

    async def locks(self, usernames: Sequence[str]) -> dict[str, datetime]:
        """The end of the lock for each of these names that is locked."""
        names = {digest: username for username in usernames for digest in self._digests(username)}
        found = (
            select(SignInFailure.name_digest, SignInFailure.locked_until)
            .where(col(SignInFailure.name_digest).in_(names), col(SignInFailure.locked_until) > func.now())
            .order_by(col(SignInFailure.locked_until))
        )
        async with self.database.session() as session:
            return {names[digest]: until for digest, until in await session.execute(found) if until}

    async def forget(self) -> int:
        """Delete counts that no longer matter, and return how many."""
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

    async def _merge_counts(self, session: Session, username: str) -> str:
        """Move the name's count to the digest of the first key, and return that digest.

        Counts under older keys are merged, the strictest wins. Concurrent changes of the same count wait.
        """
        digest, *older = digests = self._digests(username)
        if older:
            await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(min(digests), 0))))
            await session.execute(_BRING, {"digest": digest, "older": older})
        return digest

    def _digests(self, username: str) -> list[str]:
        return self.database.keyring.blind_indexes(f"sign-in {username}")


_BRING = text("""
    WITH older AS (DELETE FROM sign_in_failures WHERE name_digest = ANY(:older) RETURNING *)
    INSERT INTO sign_in_failures AS there (name_digest, failed, locked_until, since, last_at)
    SELECT :digest, max(failed), max(locked_until), max(since), max(last_at) FROM older HAVING count(*) > 0
    ON CONFLICT (name_digest) DO UPDATE SET
        failed = greatest(there.failed, excluded.failed),
        locked_until = greatest(there.locked_until, excluded.locked_until),
        since = greatest(there.since, excluded.since),
        last_at = greatest(there.last_at, excluded.last_at)
""")
