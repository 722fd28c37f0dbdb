"""The audit trail of the installation: acts, appended once, in one chain (ADR 23)."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final, NamedTuple

from pydantic import Field, TypeAdapter
from sqlalchemy import Connection, func, select, text, true
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from adapters.database.engine import Database, Session
from adapters.database.paging import Page, from_cursor, to_cursor
from adapters.database.tables import ActRow, Table
from domain.access.act_chain import ActLink, act_hash, fields_of
from domain.access.acts import Act
from domain.calendar.business_calendar import CST
from domain.order.audit_chain import GENESIS

LOCK: Final = 0x61637473
"""Key of a PostgreSQL advisory lock; its holder writes the next link of the chain."""

BATCH: Final = 500
SEARCH_SECONDS: Final = 300
PLACE: Final = TypeAdapter(tuple[Annotated[int, Field(ge=0, lt=2**63)]])


class ActFilter(NamedTuple):
    """Filter of a list of acts; None is any. `day` is one in +08:00; `regime` selects one county's acts only."""

    person: str | None = None
    order_no: str | None = None
    day: date | None = None
    deed: str | None = None
    outcome: str | None = None
    regime: str | None = None


Waiting = list[tuple[tuple[Act, ...], asyncio.Future[None]]]


class Acts:
    """The chain of acts. Concurrent writers of a process share a transaction: acts that arrive meanwhile join the next.

    So any number of concurrent requests costs one commit, and the chain's lock is held during no other work.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self._waiting: Waiting = []
        self._writer: asyncio.Task[None] | None = None

    async def note(self, *acts: Act) -> None:
        """Append these acts, consecutively and in this order; returns when they are durable.

        Raises the database's errors, and then none of them is stored: await this before handing out what the acts
        account for. Calling it again appends them again, which is true: it was tried again. An act whose request was
        cancelled meanwhile may still be written.
        """
        if not acts:
            return
        written = asyncio.get_running_loop().create_future()
        self._waiting.append((acts, written))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        await asyncio.shield(written)

    async def find(self, wanted: ActFilter, *, cursor: str | None = None, limit: int = 50) -> Page[ActLink]:
        """Acts, the latest first. Raises BadCursor."""
        place = col(ActRow.position)
        found = select(ActRow).order_by(place.desc()).limit(limit + 1)
        for column in ("person", "order_no", "deed", "outcome", "regime"):
            if (value := getattr(wanted, column)) is not None:
                found = found.where(getattr(ActRow, column) == value)
        if wanted.day is not None:
            start = day_begins(wanted.day)
            found = found.where(col(ActRow.at) >= start, col(ActRow.at) < start + timedelta(days=1))
        if cursor is not None:
            found = found.where(place < from_cursor(cursor, PLACE)[0])
        async with self.database.session() as session:
            rows = (await session.scalars(found)).all()
        items = tuple(map(_link, rows[:limit]))
        return Page(items, to_cursor(items[-1].position) if len(rows) > limit else None)

    async def links(self, after: int = 0, until: int | None = None, page: int = 1000) -> AsyncIterator[ActLink]:
        """The chain after one position, up to and including another; `page` rows in memory at a time."""
        while True:
            found = select(ActRow).where(col(ActRow.position) > after).order_by(col(ActRow.position)).limit(page)
            if until is not None:
                found = found.where(col(ActRow.position) <= until)
            async with self.database.session() as session:
                links = [_link(row) for row in await session.scalars(found)]
            for link in links:
                yield link
            if len(links) < page:
                return
            after = links[-1].position

    async def position_of(self, digest: str) -> int | None:
        """The position of the act with this hash. Scans the whole table: an index would serve audits alone."""
        async with self.database.begin() as session:
            await session.execute(text(f"SET LOCAL statement_timeout = '{SEARCH_SECONDS}s'"))
            found: int | None = await session.scalar(select(_ACTS.c.position).where(_ACTS.c.hash == digest).limit(1))
            return found

    async def hash_at(self, position: int) -> str | None:
        """The hash of the act at a position."""
        async with self.database.session() as session:
            found: str | None = await session.scalar(select(_ACTS.c.hash).where(_ACTS.c.position == position))
            return found

    async def _write(self) -> None:
        while self._waiting:
            batch = self._taken()
            try:
                async with self.database.begin() as session:
                    await append(session, [act for acts, _ in batch for act in acts])
            except BaseException as error:
                for _, written in batch:
                    if not written.done():
                        written.set_exception(error)
                        written.exception()  # marks the error as retrieved, in case the waiting caller is gone
                if not isinstance(error, Exception):
                    raise
            else:
                for _, written in batch:
                    if not written.done():
                        written.set_result(None)

    def _taken(self) -> Waiting:
        """Take the acts that have waited longest, about `BATCH` of them."""
        count = size = 0
        for acts, _ in self._waiting:
            if count and size + len(acts) > BATCH:
                break
            count, size = count + 1, size + len(acts)
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch


async def append(session: Session, acts: Sequence[Act]) -> None:
    """Append acts in the caller's transaction, as its last statement.

    Other writers wait from here until it ends; a transaction that did more work after it could deadlock with one of
    them. Without acts it does nothing.
    """
    if acts:
        await session.run_sync(lambda blocking: write(blocking.connection(), acts))


def write(connection: Connection, acts: Sequence[Act]) -> None:
    """Append acts on a blocking connection; otherwise as `append`."""
    connection.execute(_LOCK)
    # A separate statement, so that it sees what the previous writer committed.
    end = connection.execute(_END).one()
    position, previous = end.position or 0, end.hash or GENESIS
    rows = []
    for act in acts:
        position += 1
        digest = act_hash(position, end.now, act, previous)
        chained = {"position": position, "at": end.now, "previous_hash": previous, "hash": digest}
        rows.append(fields_of(act) | chained)
        previous = digest
    connection.execute(_APPEND, rows)


def day_begins(day: date) -> datetime:
    """The first moment of a day in +08:00."""
    return datetime(day.year, day.month, day.day, tzinfo=CST)


def _link(row: Any) -> ActLink:
    # Not validated: a row that was tampered with must be shown as it is.
    act = Act.model_construct(**{name: getattr(row, name) for name in Act.model_fields})
    return ActLink(row.position, row.at, act, row.previous_hash, row.hash)


_ACTS = Table.metadata.tables["acts"]
_LOCK = select(func.pg_advisory_xact_lock(LOCK))
_LAST = select(_ACTS.c.position, _ACTS.c.at, _ACTS.c.hash).order_by(_ACTS.c.position.desc()).limit(1).subquery()
_NOW = select(func.clock_timestamp().label("now")).subquery()
# `at` never falls along the chain: if a clock was set back, a row of yesterday must not follow one of today.
_END = select(func.greatest(_NOW.c.now, _LAST.c.at).label("now"), _LAST.c.position, _LAST.c.hash).select_from(
    _NOW.outerjoin(_LAST, true())
)
_APPEND = insert(_ACTS)
