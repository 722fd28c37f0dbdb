"""Inbound texts; each is stored, whatever its result."""

from datetime import datetime, timedelta
from typing import NamedTuple

from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter
from sqlalchemy import and_, func, or_, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from adapters.database.access.confidentiality import Reader, open_to
from adapters.database.encryption import phone_index, phone_indexes
from adapters.database.engine import Database
from adapters.database.paging import Name, Page, from_cursor, to_cursor
from adapters.database.tables import InboundMessage, WorkOrder

RECEIVED = "received"
PLACE = TypeAdapter(tuple[AwareDatetime, Name])


class NewInbound(NamedTuple):
    """A text as received, and the order and citizen (by order number) that it was matched to."""

    sid: str
    from_phone: str
    body: str
    order_no: str | None
    party: str | None


class Inbound(BaseModel):
    """A stored text in clear; `state` is its result."""

    model_config = ConfigDict(frozen=True)

    sid: str
    from_phone: str
    body: str
    state: str
    order_no: str | None
    party: str | None
    created_at: datetime


class InboundMessages:
    """Inbound texts by the provider's id."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def keep(self, new: NewInbound) -> Inbound:
        """Store a text as `received`, or return the existing one: the provider may post a text twice."""
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

    async def about(self, sid: str, order_no: str, party: str) -> None:
        """Store the order and the citizen that a text is about; the last call wins."""
        change = update(InboundMessage).where(col(InboundMessage.sid) == sid)
        async with self.database.begin() as session:
            await session.execute(change.values(order_no=order_no, party=party))

    async def mark(self, sid: str, state: str) -> str:
        """Store the result of a text; the first one is kept. Returns the stored one."""
        change = update(InboundMessage).where(
            col(InboundMessage.sid) == sid, col(InboundMessage.state).in_((RECEIVED, state))
        )
        async with self.database.begin() as session:
            await session.execute(change.values(state=state))
            stands: str = (await session.scalars(select(InboundMessage.state).where(InboundMessage.sid == sid))).one()
            return stands

    async def of_order(self, order_no: str) -> list[Inbound]:
        """Texts about an order, the oldest first."""
        found = select(InboundMessage).where(InboundMessage.order_no == order_no)
        async with self.database.session() as session:
            rows = await session.scalars(found.order_by(col(InboundMessage.created_at), col(InboundMessage.sid)))
            return [self._clear(row) for row in rows]

    async def made_of(self, order_no: str, party: str, since: datetime) -> list[str]:
        """States of the texts that came from this citizen since a moment, the oldest first."""
        found = select(InboundMessage.state).where(
            InboundMessage.order_no == order_no, InboundMessage.party == party, col(InboundMessage.created_at) >= since
        )
        async with self.database.session() as session:
            return list(await session.scalars(found.order_by(col(InboundMessage.created_at))))

    async def recent(self, phone: str, within: timedelta) -> int:
        """Number of texts from this telephone number in that time."""
        found = select(func.count()).where(
            col(InboundMessage.phone_index).in_(phone_indexes(self.database.keyring, phone)),
            col(InboundMessage.created_at) > func.now() - within,
        )
        async with self.database.session() as session:
            return await session.scalar(found) or 0

    async def unread(self, older_than: timedelta, limit: int = 100) -> list[Inbound]:
        """Texts that have been without a result for so long, the oldest first."""
        found = select(InboundMessage).where(
            InboundMessage.state == RECEIVED, col(InboundMessage.created_at) <= func.now() - older_than
        )
        async with self.database.session() as session:
            rows = await session.scalars(found.order_by(col(InboundMessage.created_at)).limit(limit))
            return [self._clear(row) for row in rows]

    async def in_state(
        self,
        state: str | None,
        *,
        realm: str = "",
        regime: str | None = None,
        reader: Reader | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Inbound]:
        """Texts of one state, or of any, the oldest first; with a `regime` also texts that belong to no order.

        Those about confidential orders only for a `reader` who may see them.
        Raises BadCursor.
        """
        place = (col(InboundMessage.created_at), col(InboundMessage.sid))
        theirs = [col(WorkOrder.realm) == realm]
        if regime is not None:
            theirs.append(col(WorkOrder.regime) == regime)
        found = (
            select(InboundMessage)
            .outerjoin(WorkOrder, col(WorkOrder.no) == col(InboundMessage.order_no))
            .where(or_(col(WorkOrder.no).is_(None), and_(*theirs)), open_to(InboundMessage.order_no, reader))
        )
        if state is not None:
            found = found.where(InboundMessage.state == state)
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
