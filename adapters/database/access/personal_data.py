"""Readings of a citizen's data in full, on the order's own trail (NA-06), and the unit that an order complains of."""

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
    """What is written before somebody reads; every call may be repeated."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def reads(
        self, order_no: str, entry: Entry, fields: Iterable[Personal], occasion: Occasion, reason: Text | None = None
    ) -> None:
        """Put on the trail that somebody is about to read these; of the reason, a sealed text, a record goes there."""
        said: dict[str, Any] = {"fields": sorted(fields), "occasion": occasion.value}
        if reason is not None:
            said["reason"] = reason.model_dump(mode="json")
        async with self.database.begin() as session:
            await session.run_sync(lambda blocking: note(blocking, order_no, entry.content(READ, **said)))

    async def complains_of(self, order_no: str, unit: str | None, entry: Entry) -> bool:
        """Say of which unit the order complains, and put it on the trail; false, and nothing is written, if it did."""
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
