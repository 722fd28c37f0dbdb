"""Records on the order's trail who read a citizen's data in full (NA-06), and stores the unit complained of."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import update
from sqlmodel import col

from adapters.database.access.confidentiality import Entry
from adapters.database.audit.trail import note
from adapters.database.engine import Database
from adapters.database.tables import WorkOrder
from domain.privacy import Occasion, Personal
from domain.text import Text

READ, NAMED = "personal_data_read", "complained_of_named"


class PersonalData:
    """Trail entries written before personal data is shown; every call may be repeated."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def reads(
        self, order_no: str, entry: Entry, fields: Iterable[Personal], occasion: Occasion, reason: Text | None = None
    ) -> None:
        """Record that somebody is about to read these fields; `reason` is a reference to a sealed text."""
        said: dict[str, Any] = {"fields": sorted(fields), "occasion": occasion.value}
        if reason is not None:
            said["reason"] = reason.model_dump(mode="json")
        async with self.database.begin() as session:
            await session.run_sync(lambda blocking: note(blocking, order_no, entry.content(READ, **said)))

    async def set_complained_of(self, order_no: str, unit: str | None, entry: Entry) -> bool:
        """Store and record the unit that the order complains of; False, and nothing is written, if it is unchanged."""
        change = (
            update(WorkOrder)
            .where(col(WorkOrder.no) == order_no, col(WorkOrder.complained_of).is_distinct_from(unit))
            .values(complained_of=unit)
            .returning(col(WorkOrder.no))
        )
        async with self.database.begin() as session:
            if (await session.execute(change)).first() is None:
                return False
            await session.run_sync(lambda blocking: note(blocking, order_no, entry.content(NAMED, unit=unit)))
            return True
