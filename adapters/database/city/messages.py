"""City platform messages: stored first, then carried out by one process at a time, and never deleted.

Sequence: `keep`, which also claims a new one; `begin` for one that was postponed; then `finish`.
"""

from datetime import datetime, timedelta
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter
from sqlalchemy import func, or_, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from adapters.database.access.confidentiality import Reader, open_to
from adapters.database.engine import Database
from adapters.database.paging import Name, Page, from_cursor, to_cursor
from adapters.database.tables import CityCursor, CityMessage

WAITING, TAKEN, REFUSED = "waiting", "taken", "refused"
WEBHOOK, OUTBOX = "webhook", "outbox"
LEASE = timedelta(minutes=2)
"""The time after which a claimed message may be claimed again, as its process is lost."""

PLACE = TypeAdapter(tuple[AwareDatetime, Name])


class MessageReused(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The id belongs to a message with another body."""


def digested(body: str) -> str:
    """The text from which a message's digest is computed."""
    return f"city:{body}"


class CityMessageRow(BaseModel):
    """A message in clear. `state`: `waiting`, `taken` or `refused`; `body` is the JSON text as it was received.

    `code`, `reason` and `clause` explain why it was refused, or why it waits.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    type: str
    via: str
    state: str
    regime: str | None
    order_no: str | None
    city_no: str | None
    approval: str | None
    body: str
    code: str | None
    reason: str | None
    clause: str | None
    attempts: int
    told: bool
    receipt_refused: str | None
    received_at: datetime
    updated_at: datetime


class CityMessages:
    """Messages by the platform's id, and the position in its outbox."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def keep(self, id_: str, type_: str, body: str, via: str) -> tuple[CityMessageRow, bool]:
        """Store a message once; True if it is new, and then it is claimed too. Raises MessageReused."""
        keyring = self.database.keyring
        digests = keyring.blind_indexes(digested(body))
        values = {
            "id": id_,
            "type": type_,
            "via": via,
            "state": WAITING,
            "body": keyring.encrypt(body),
            "digest": digests[0],
            "attempts": 1,
            "claimed_at": func.now(),
        }
        write = insert(CityMessage).values(values).on_conflict_do_nothing().returning(col(CityMessage.id))
        async with self.database.begin() as session:
            new = await session.scalar(write) is not None
            row = (await session.scalars(select(CityMessage).where(CityMessage.id == id_))).one()
        if row.digest not in digests:
            raise MessageReused(id_)
        return self._clear(row), new

    async def begin(self, id_: str, *, refused_too: bool = False) -> CityMessageRow | None:
        """Claim a waiting message (with `refused_too` also a refused one); None if it cannot be claimed.

        Of any number of processes one gets it.
        """
        states = (WAITING, REFUSED) if refused_too else (WAITING,)
        change = (
            update(CityMessage)
            .where(
                col(CityMessage.id) == id_,
                col(CityMessage.state).in_(states),
                or_(col(CityMessage.claimed_at).is_(None), col(CityMessage.claimed_at) < func.now() - LEASE),
            )
            .values(claimed_at=func.now(), attempts=CityMessage.attempts + 1)
            .returning(CityMessage)
        )
        async with self.database.begin() as session:
            row = await session.scalar(change)
            return None if row is None else self._clear(row)

    async def about(self, id_: str, **found: str | None) -> None:
        """Store the subject of a message (`regime`, `order_no`, `city_no`, `approval`) before it is carried out."""
        await self._change(id_, **found)

    async def finish(
        self,
        id_: str,
        state: str,
        *,
        code: str | None = None,
        reason: str | None = None,
        clause: str | None = None,
    ) -> CityMessageRow:
        """Store the result and release the claim; its receipt is due again."""
        sealed = None if reason is None else self.database.keyring.encrypt(reason)
        untold = {"told": False, "receipt_refused": None, "claimed_at": None}
        return self._clear(await self._change(id_, state=state, code=code, reason=sealed, clause=clause, **untold))

    async def told(self, ids: list[str]) -> None:
        """Mark these results as reported to the platform."""
        async with self.database.begin() as session:
            await session.execute(
                update(CityMessage).where(col(CityMessage.id).in_(ids)).values(told=True, receipt_refused=None)
            )

    async def receipt_refused(self, id_: str, answer: str) -> None:
        """Store that the platform rejected this receipt: none is sent until the message has another result."""
        await self._change(id_, receipt_refused=answer)

    async def get(self, id_: str) -> CityMessageRow | None:
        """One message."""
        async with self.database.session() as session:
            row = await session.scalar(select(CityMessage).where(CityMessage.id == id_))
        return None if row is None else self._clear(row)

    async def waiting(self, limit: int = 200) -> list[str]:
        """Ids of waiting messages that no process has claimed: fewest tries first, then the oldest."""
        found = (
            select(CityMessage.id)
            .where(
                CityMessage.state == WAITING,
                or_(col(CityMessage.claimed_at).is_(None), col(CityMessage.claimed_at) < func.now() - LEASE),
            )
            .order_by(col(CityMessage.attempts), col(CityMessage.received_at), col(CityMessage.id))
            .limit(limit)
        )
        async with self.database.session() as session:
            return list(await session.scalars(found))

    async def untold(self, limit: int = 200) -> list[CityMessageRow]:
        """Finished messages whose receipt was neither delivered nor rejected, the oldest first."""
        found = (
            select(CityMessage)
            .where(
                ~col(CityMessage.told), col(CityMessage.receipt_refused).is_(None), col(CityMessage.state) != WAITING
            )
            .order_by(col(CityMessage.received_at), col(CityMessage.id))
            .limit(limit)
        )
        async with self.database.session() as session:
            return [self._clear(row) for row in await session.scalars(found)]

    async def of_order(self, order_no: str) -> list[CityMessageRow]:
        """Messages about an order, the oldest first."""
        found = select(CityMessage).where(col(CityMessage.order_no) == order_no)
        async with self.database.session() as session:
            rows = await session.scalars(found.order_by(col(CityMessage.received_at), col(CityMessage.id)))
            return [self._clear(row) for row in rows]

    async def list(
        self,
        *,
        state: str | None = None,
        regime: str | None = None,
        order_no: str | None = None,
        reader: Reader | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[CityMessageRow]:
        """Messages, the newest first; those about confidential orders only for a `reader` who may see them.

        Raises BadCursor.
        """
        place = (col(CityMessage.received_at), col(CityMessage.id))
        found = select(CityMessage).where(open_to(CityMessage.order_no, reader))
        for column, value in (
            (CityMessage.state, state),
            (CityMessage.regime, regime),
            (CityMessage.order_no, order_no),
        ):
            if value is not None:
                found = found.where(column == value)
        if cursor is not None:
            found = found.where(tuple_(*place) < tuple_(*from_cursor(cursor, PLACE)))
        async with self.database.session() as session:
            rows = list(await session.scalars(found.order_by(*(c.desc() for c in place)).limit(limit + 1)))
        items = tuple(self._clear(row) for row in rows[:limit])
        if len(rows) <= limit:
            return Page(items, None)
        return Page(items, to_cursor(items[-1].received_at, items[-1].id))

    async def cursor(self, peer: str) -> str | None:
        """The position up to which a platform's outbox was read; None means its beginning."""
        async with self.database.session() as session:
            return await session.scalar(select(CityCursor.cursor).where(CityCursor.peer == peer))

    async def move(self, peer: str, cursor: str) -> None:
        """Store the position up to which all messages are stored."""
        write = insert(CityCursor).values(peer=peer, cursor=cursor)
        write = write.on_conflict_do_update(index_elements=["peer"], set_={"cursor": cursor, "updated_at": func.now()})
        async with self.database.begin() as session:
            await session.execute(write)

    async def _change(self, id_: str, **values: Any) -> Any:
        change = update(CityMessage).where(col(CityMessage.id) == id_).values(**values, updated_at=func.now())
        async with self.database.begin() as session:
            return (await session.scalars(change.returning(CityMessage))).one()

    def _clear(self, row: CityMessage) -> CityMessageRow:
        opened = self.database.keyring.decrypt
        return CityMessageRow(
            **row.model_dump(exclude={"body", "reason", "digest", "claimed_at"}),
            body=opened(row.body),
            reason=None if row.reason is None else opened(row.reason),
        )
