"""Telephone numbers that opted out of texts."""

from sqlalchemy import ColumnElement, delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from adapters.database.encryption import phone_index, phone_indexes
from adapters.database.engine import Database
from adapters.database.tables import OptOut


class OptOuts:
    """Opt-outs by telephone number, found by its blind index; each call may be repeated."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def add(self, phone: str) -> None:
        """Opt a number out of texts."""
        if await self.holds(phone):
            return
        keyring = self.database.keyring
        values = {"phone_index": phone_index(keyring, phone), "phone": keyring.encrypt(phone)}
        async with self.database.begin() as session:
            await session.execute(insert(OptOut).values(values).on_conflict_do_nothing())

    async def remove(self, phone: str) -> None:
        """Opt a number in again."""
        async with self.database.begin() as session:
            await session.execute(delete(OptOut).where(self._is(phone)))

    async def holds(self, phone: str) -> bool:
        """Whether this number has opted out."""
        found = select(OptOut.phone_index).where(self._is(phone)).limit(1)
        async with self.database.session() as session:
            return await session.scalar(found) is not None

    def _is(self, phone: str) -> ColumnElement[bool]:
        return col(OptOut.phone_index).in_(phone_indexes(self.database.keyring, phone))
