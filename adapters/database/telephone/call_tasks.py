"""Call tasks: people whom callback staff must telephone because no text reached them."""

from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter
from sqlalchemy import func, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from adapters.database.access.confidentiality import Reader, open_to
from adapters.database.engine import Database
from adapters.database.paging import Name, Page, from_cursor, to_cursor
from adapters.database.tables import CallTask

PLACE = TypeAdapter(tuple[AwareDatetime, Name])


class TelephoneTask(BaseModel):
    """A notice to be given by telephone: its template, and the role, unit or citizen (by order number) to call."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    key: str
    order_no: str
    realm: str
    regime: str
    template: str
    to_role: str
    unit: str | None
    party: str | None
    done_by: str | None
    done_at: datetime | None
    created_at: datetime


class CallTasks:
    """Call tasks by key."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def open(
        self,
        key: str,
        order_no: str,
        *,
        realm: str,
        regime: str,
        template: str,
        to_role: str,
        unit: str | None,
        party: str | None,
    ) -> None:
        """Add a task to the queue; an existing one, done or not, stays unchanged."""
        about = {"template": template, "to_role": to_role, "unit": unit, "party": party}
        add = insert(CallTask).values(key=key, order_no=order_no, realm=realm, regime=regime, **about)
        async with self.database.begin() as session:
            await session.execute(add.on_conflict_do_nothing())

    async def done(self, key: str, person: str, note: str | None) -> TelephoneTask | None:
        """Mark a task as done; the first call wins. None if there is no such task."""
        sealed = self.database.keyring.encrypt(note) if note else None
        finish = (
            update(CallTask)
            .where(col(CallTask.key) == key, col(CallTask.done_at).is_(None))
            .values(done_by=person, done_at=func.now(), note=sealed)
        )
        async with self.database.begin() as session:
            await session.execute(finish)
            row = await session.scalar(select(CallTask).where(CallTask.key == key))
            return None if row is None else TelephoneTask.model_validate(row)

    async def get(self, key: str) -> TelephoneTask | None:
        """A task by key."""
        async with self.database.session() as session:
            row = await session.scalar(select(CallTask).where(CallTask.key == key))
        return None if row is None else TelephoneTask.model_validate(row)

    async def of_order(self, order_no: str) -> list[tuple[TelephoneTask, str | None]]:
        """The tasks of an order, the oldest first, each with the note made when it was done."""
        found = select(CallTask).where(CallTask.order_no == order_no)
        async with self.database.session() as session:
            rows = await session.scalars(found.order_by(col(CallTask.created_at), col(CallTask.key)))
            opened = self.database.keyring.decrypt
            return [(TelephoneTask.model_validate(row), opened(row.note) if row.note else None) for row in rows]

    async def waiting(
        self,
        *,
        realm: str = "",
        regime: str | None = None,
        reader: Reader | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[TelephoneTask]:
        """Open tasks, the oldest first; those of confidential orders only for a `reader` who may see them.

        Raises BadCursor.
        """
        place = (col(CallTask.created_at), col(CallTask.key))
        found = select(CallTask).where(
            CallTask.realm == realm, col(CallTask.done_at).is_(None), open_to(CallTask.order_no, reader)
        )
        if regime is not None:
            found = found.where(CallTask.regime == regime)
        if cursor is not None:
            found = found.where(tuple_(*place) > tuple_(*from_cursor(cursor, PLACE)))
        async with self.database.session() as session:
            rows = (await session.scalars(found.order_by(*place).limit(limit + 1))).all()
        items = tuple(TelephoneTask.model_validate(row) for row in rows[:limit])
        return Page(items, to_cursor(rows[limit - 1].created_at, rows[limit - 1].key) if len(rows) > limit else None)
