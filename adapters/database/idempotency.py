"""Idempotency keys: the first request is carried out, repetitions get its stored answer."""

import json
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from adapters.database.engine import Database
from adapters.database.tables import IdempotencyKey

ABANDONED_AFTER = timedelta(minutes=1)
"""A request without an answer for so long has lost its process, and a repetition may carry it out.

The work must tolerate that: an intake passes the same key to `Orders.open`.
"""


class Replay(NamedTuple):
    """The answer to the first request."""

    status: int
    response: Any


class KeyReused(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The key belongs to a request with another body."""


class KeyInFlight(Exception):  # noqa: N818
    """The first request is still being carried out."""


class Idempotency:
    """Idempotency keys by route and user."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def begin(self, key: str, route: str, user: str, body_sha256: str) -> Replay | None:
        """Claim a key: None means carry the request out, then `finish` or `release` it; a Replay is the stored answer.

        Of any number of concurrent requests exactly one gets None. Raises KeyReused or KeyInFlight. The body's digest
        is stored keyed: a plain digest of a short body, such as a telephone number alone, would reveal the body.
        """
        digests = self.database.keyring.blind_indexes(f"request:{body_sha256}")
        claim = insert(IdempotencyKey).values(key=key, route=route, username=user, body_sha256=digests[0])
        claim = claim.on_conflict_do_update(
            index_elements=["key", "route", "username"],
            set_={"created_at": func.now()},
            where=col(IdempotencyKey.status).is_(None)
            & (col(IdempotencyKey.body_sha256).in_(digests))
            & (col(IdempotencyKey.created_at) < func.now() - ABANDONED_AFTER),
        )
        async with self.database.begin() as session:
            if await session.scalar(claim.returning(col(IdempotencyKey.key))) is not None:
                return None
            row = await session.scalar(select(IdempotencyKey).where(*_is(key, route, user)))
        if row is not None and row.body_sha256 not in digests:
            raise KeyReused(key)
        if row is None or row.status is None:
            raise KeyInFlight(key)
        kept = row.response
        return Replay(row.status, None if kept is None else json.loads(self.database.keyring.decrypt(kept)))

    async def finish(self, key: str, route: str, user: str, status: int, response: Any) -> None:
        """Store the answer, sealed; a second answer is ignored."""
        kept = None if response is None else self.database.keyring.encrypt(json.dumps(response, ensure_ascii=False))
        answer = update(IdempotencyKey).where(*_is(key, route, user), col(IdempotencyKey.status).is_(None))
        async with self.database.begin() as session:
            await session.execute(answer.values(status=status, response=kept))

    async def release(self, key: str, route: str, user: str) -> None:
        """Release the key for another try, as nothing took effect."""
        unanswered = delete(IdempotencyKey).where(*_is(key, route, user), col(IdempotencyKey.status).is_(None))
        async with self.database.begin() as session:
            await session.execute(unanswered)

    async def forget(self, older_than: timedelta) -> int:
        """Delete keys of that age, and return how many."""
        old = delete(IdempotencyKey).where(col(IdempotencyKey.created_at) < func.now() - older_than)
        async with self.database.begin() as session:
            return len((await session.scalars(old.returning(col(IdempotencyKey.key)))).all())


def _is(key: str, route: str, user: str) -> tuple[Any, ...]:
    wanted = {IdempotencyKey.key: key, IdempotencyKey.route: route, IdempotencyKey.username: user}
    return tuple(col(column) == value for column, value in wanted.items())
