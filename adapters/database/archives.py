"""Where the bundles of archived orders are."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from adapters.database.engine import Database
from adapters.database.tables import Archive

PAGE = 500


class Bundle(NamedTuple):
    """An archive bundle: its key in the object store, and the SHA-256 of its bytes in hex.

    With `erased_at` it is gone, at the end of its retention.
    """

    order_no: str
    bundle: str
    sha256: str
    created_at: datetime
    erased_at: datetime | None = None


class Archives:
    """Bundles by order; an order is archived once."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def record(self, order_no: str, bundle: str, sha256: str) -> Bundle:
        """Note a bundle, or find the one that was noted first."""
        add = insert(Archive).values(order_no=order_no, bundle=bundle, sha256=sha256)
        async with self.database.begin() as session:
            await session.execute(add.on_conflict_do_nothing())
            found = await session.scalars(select(Archive).where(Archive.order_no == order_no))
            return _bundle(found.one())

    async def numbers(self) -> AsyncIterator[str]:
        """The numbers of all archived orders, in order."""
        last = ""
        while True:
            following = select(Archive.order_no).where(col(Archive.order_no) > last)
            async with self.database.session() as session:
                page = (await session.scalars(following.order_by(col(Archive.order_no)).limit(PAGE))).all()
            for no in page:
                yield no
            if len(page) < PAGE:
                return
            last = page[-1]

    async def get(self, order_no: str) -> Bundle | None:
        """The bundle of an order."""
        async with self.database.session() as session:
            row = await session.scalar(select(Archive).where(Archive.order_no == order_no))
        return None if row is None else _bundle(row)


def _bundle(row: Archive) -> Bundle:
    return Bundle(row.order_no, row.bundle, row.sha256, row.created_at, row.erased_at)
