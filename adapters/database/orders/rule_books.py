"""The rules that orders were opened under, kept for as long as an order refers to them."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from adapters.database.engine import Database
from adapters.database.tables import PolicySnapshot
from domain.order.records import StoredRuleBook

REMEMBERED = 64
"""Snapshots that are kept in memory: a county has a few under which orders are open."""


class RuleBookHistory:
    """Snapshots by hash; one that is there never changes, so the ones last read are remembered."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._read: dict[str, StoredRuleBook] = {}

    async def put(self, snapshot: StoredRuleBook) -> None:
        """Keep a snapshot; may be repeated."""
        add = insert(PolicySnapshot).values(**snapshot._asdict()).on_conflict_do_nothing()
        async with self.database.begin() as session:
            await session.execute(add)

    async def get(self, policy_hash: str) -> StoredRuleBook | None:
        """A snapshot by its hash; its data are shared by all who read it and not to be changed."""
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
        """The hashes of a regime's snapshots, the newest first."""
        found = select(PolicySnapshot.hash).where(PolicySnapshot.regime == regime)
        async with self.database.session() as session:
            return list(await session.scalars(found.order_by(col(PolicySnapshot.created_at).desc())))

    async def latest(self, hashes: Iterable[str]) -> datetime | None:
        """When the last of these came to be known here."""
        found = select(func.max(PolicySnapshot.created_at)).where(col(PolicySnapshot.hash).in_(list(hashes)))
        async with self.database.session() as session:
            return await session.scalar(found)
