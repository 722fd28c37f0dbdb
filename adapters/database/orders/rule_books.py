"""Rule books under which orders were opened, stored while an order refers to them."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from adapters.database.engine import Database
from adapters.database.tables import PolicySnapshot
from domain.order.records import StoredRuleBook

REMEMBERED = 64
"""Number of rule books cached in memory: a county has few with open orders."""


class RuleBookHistory:
    """Rule books by hash; a stored one never changes, so the most recently read are cached."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._read: dict[str, StoredRuleBook] = {}

    async def put(self, snapshot: StoredRuleBook) -> None:
        """Store a rule book; may be repeated."""
        add = insert(PolicySnapshot).values(**snapshot._asdict()).on_conflict_do_nothing()
        async with self.database.begin() as session:
            await session.execute(add)

    async def get(self, policy_hash: str) -> StoredRuleBook | None:
        """A rule book by its hash; its data are shared by all readers and must not be changed."""
        if policy_hash in self._read:
            return self._read[policy_hash]
        async with self.database.session() as session:
            row = await session.scalar(select(PolicySnapshot).where(PolicySnapshot.hash == policy_hash))
        if row is None:
            return None
        if len(self._read) >= REMEMBERED:
            del self._read[next(iter(self._read))]
        self._read[policy_hash] = StoredRuleBook(row.hash, row.regime, row.data)
        return self._read[policy_hash]

    async def hashes(self, regime: str) -> list[str]:
        """The hashes of a regime's rule books, the newest first."""
        found = select(PolicySnapshot.hash).where(PolicySnapshot.regime == regime)
        async with self.database.session() as session:
            return list(await session.scalars(found.order_by(col(PolicySnapshot.created_at).desc())))

    async def latest(self, hashes: Iterable[str]) -> datetime | None:
        """When the latest of these was stored."""
        found = select(func.max(PolicySnapshot.created_at)).where(col(PolicySnapshot.hash).in_(list(hashes)))
        async with self.database.session() as session:
            return await session.scalar(found)
