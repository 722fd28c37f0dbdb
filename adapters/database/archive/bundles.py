"""The places of archived bundles in the object store."""

from sqlalchemy import union
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from adapters.database.engine import Database
from adapters.database.tables import Archive, AuditEntry, WorkOrder
from domain.archive.bundles import StoredBundle

ARCHIVED = "order_archived"
"""The trail's event for an archived order, with its `bundle` and `sha256`."""


class ArchivedBundles:
    """Bundles by order; an order is archived once."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def record(self, order_no: str, bundle: str, sha256: str) -> StoredBundle:
        """Store an order's bundle, or return the one that was stored first."""
        add = insert(Archive).values(order_no=order_no, bundle=bundle, sha256=sha256)
        async with self.database.begin() as session:
            await session.execute(add.on_conflict_do_nothing())
            found = await session.scalars(select(Archive).where(Archive.order_no == order_no))
            return _bundle(found.one())

    async def get(self, order_no: str) -> StoredBundle | None:
        """The bundle of an order."""
        async with self.database.session() as session:
            row = await session.scalar(select(Archive).where(Archive.order_no == order_no))
        return None if row is None else _bundle(row)

    async def numbers(self, after: str = "", limit: int = 500) -> list[str]:
        """Numbers of archived real orders, in order, after `after`.

        Includes orders that only their trail calls archived: deleting the row here must not hide the order.
        """
        told = select(AuditEntry.order_no).where(AuditEntry.event == ARCHIVED)
        each = union(select(Archive.order_no), told).subquery()
        found = (
            select(each.c.order_no)
            .join(WorkOrder, col(WorkOrder.no) == each.c.order_no)
            .where(WorkOrder.realm == "", each.c.order_no > after)
            .order_by(each.c.order_no)
            .limit(limit)
        )
        async with self.database.session() as session:
            return list(await session.scalars(found))


def _bundle(row: Archive) -> StoredBundle:
    return StoredBundle(row.order_no, row.bundle, row.sha256, row.created_at, row.erased_at)
