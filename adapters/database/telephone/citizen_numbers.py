"""Citizens' telephone numbers, for the callback staff's queues."""

from collections.abc import Collection

from sqlmodel import col, select

from adapters.database.access.confidentiality import Reader, open_to
from adapters.database.engine import Database
from adapters.database.tables import WorkOrder


class Citizens:
    """Citizens by the number of their order."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def phones(self, nos: Collection[str], reader: Reader | None = None) -> dict[str, str]:
        """Telephone numbers in clear, by order, for orders that have one and that the reader may see."""
        found = select(WorkOrder.no, WorkOrder.citizen_phone).where(
            col(WorkOrder.no).in_(nos), col(WorkOrder.citizen_phone).is_not(None), open_to(WorkOrder.no, reader)
        )
        async with self.database.session() as session:
            rows = await session.execute(found)
            return {no: self.database.keyring.decrypt(sealed) for no, sealed in rows if sealed is not None}
