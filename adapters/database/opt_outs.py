"""Numbers that want no more texts."""

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from adapters.database.engine import Database
from adapters.database.phones import phone_index
from adapters.database.tables import OptOut


class OptOuts:
    """By telephone number, of which only the blind index is kept; each call may be repeated."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def add(self, phone: str) -> None:
        """No more texts to this number."""
        async with self.database.begin() as session:
            await session.execute(insert(OptOut).values(phone_index=self._index(phone)).on_conflict_do_nothing())

    async def remove(self, phone: str) -> None:
        """Texts are welcome again."""
        async with self.database.begin() as session:
            await session.execute(delete(OptOut).where(col(OptOut.phone_index) == self._index(phone)))

    async def holds(self, phone: str) -> bool:
        """Whether this number wants no texts."""
        found = select(OptOut.phone_index).where(OptOut.phone_index == self._index(phone))
        async with self.database.session() as session:
            return await session.scalar(found) is not None

    def _index(self, phone: str) -> str:
        return phone_index(self.database.keyring, phone)
