"""Texts that came in: each is kept, whatever is made of it."""

from datetime import datetime
from typing import NamedTuple

from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter
from sqlalchemy import tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from adapters.database.engine import Database
from adapters.database.paging import Name, Page, from_cursor, to_cursor
from adapters.database.phones import phone_index
from adapters.database.tables import InboundMessage

RECEIVED = "received"
PLACE = TypeAdapter(tuple[AwareDatetime, Name])


class NewInbound(NamedTuple):
    """A text as it came in, and the order and citizen (by order number) that it is taken to be about."""

    sid: str
    from_phone: str
    body: str
    order_no: str | None
    party: str | None


class Inbound(BaseModel):
    """A text in clear; `state` says what was made of it."""

    model_config = ConfigDict(frozen=True)

    sid: str
    from_phone: str
    body: str
    state: str
    order_no: str | None
    party: str | None
    created_at: datetime


class InboundMessages:
    """Texts by the provider's id."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def keep(self, new: NewInbound) -> Inbound:
        """Write it down as `received`, or find it as it was left: the provider may post one twice."""
        seal = self.database.keyring.encrypt
        values = new._asdict() | {
            "from_phone": seal(new.from_phone),
            "body": seal(new.body),
            "phone_index": phone_index(self.database.keyring, new.from_phone),
            "state": RECEIVED,
        }
        async with self.database.begin() as session:
            await session.execute(insert(InboundMessage).values(values).on_conflict_do_nothing())
            found = await session.scalars(select(InboundMessage).where(InboundMessage.sid == new.sid))
            return self._clear(found.one())

    async def mark(self, sid: str, state: str) -> None:
        """Say what was made of it."""
        change = update(InboundMessage).where(col(InboundMessage.sid) == sid).values(state=state)
        async with self.database.begin() as session:
            await session.execute(change)

    async def of_order(self, order_no: str) -> list[Inbound]:
        """What was answered to an order, the oldest first."""
        found = select(InboundMessage).where(InboundMessage.order_no == order_no)
        async with self.database.session() as session:
            rows = await session.scalars(found.order_by(col(InboundMessage.created_at), col(InboundMessage.sid)))
            return [self._clear(row) for row in rows]

    async def in_state(self, state: str, *, cursor: str | None = None, limit: int = 50) -> Page[Inbound]:
        """Texts of one state, the oldest first. Raises BadCursor."""
        place = (col(InboundMessage.created_at), col(InboundMessage.sid))
        found = select(InboundMessage).where(InboundMessage.state == state)
        if cursor is not None:
            found = found.where(tuple_(*place) > tuple_(*from_cursor(cursor, PLACE)))
        async with self.database.session() as session:
            rows = (await session.scalars(found.order_by(*place).limit(limit + 1))).all()
        items = tuple(self._clear(row) for row in rows[:limit])
        return Page(items, to_cursor(rows[limit - 1].created_at, rows[limit - 1].sid) if len(rows) > limit else None)

    def _clear(self, row: InboundMessage) -> Inbound:
        opened = self.database.keyring.decrypt
        return Inbound(
            **row.model_dump(exclude={"from_phone", "body", "phone_index"}),
            from_phone=opened(row.from_phone),
            body=opened(row.body),
        )
