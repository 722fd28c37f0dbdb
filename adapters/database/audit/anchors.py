"""Daily anchors: one signed text over the chain of acts and the chains of all orders that grew that day (ADR 23).

The text is canonical JSON: {"acts": {"count", "head", "last"}, "day", "orders": {"count", "root"}, "previous",
"version": 1}. `last` and `head` are position and hash of the last act of the day or before it, `count` is the number of
that day's acts. `root` is the Merkle root over the heads of the orders' chains at the end of the day, by order number;
a leaf is number, position and hash, separated by newlines. `previous` is the SHA-256 of the text before.
The signature is over `PREFIX` and the text.
"""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, Final, NamedTuple

from pydantic import TypeAdapter
from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from adapters.database.audit.acts import LOCK, day_begins
from adapters.database.audit.merkle import Merkle
from adapters.database.engine import Database, Session
from adapters.database.paging import Page, from_cursor, to_cursor
from adapters.database.tables import ActRow, AnchorRow, AuditEntry
from domain.calendar.business_calendar import CST
from domain.order.audit_chain import GENESIS

PREFIX: Final = b"jiesu-anchor-1\n"
"""Distinguishes signatures of anchors from those of bundles, as both use one key."""

GRACE: Final = timedelta(minutes=5)
"""No transaction lasts longer: one that began before midnight has committed by then, or never will."""

SECONDS: Final = 600
PAGE: Final = 1000
PLACE: Final = TypeAdapter(tuple[date])


class Anchor(NamedTuple):
    """A stored anchor; `signature` in hex."""

    day: date
    body: str
    signature: str

    @property
    def signed(self) -> bytes:
        """The bytes that are signed."""
        return PREFIX + self.body.encode()


class Head(NamedTuple):
    """An order's anchored head; `now` is the hash stored at that position today, None if there is none."""

    order_no: str
    position: int
    hash: str
    now: str | None = None

    @property
    def leaf(self) -> bytes:
        """The leaf's bytes in the Merkle tree."""
        return f"{self.order_no}\n{self.position}\n{self.hash}".encode()


class Anchors:
    """Anchors by day."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def find(self, *, cursor: str | None = None, limit: int = 50) -> Page[Anchor]:
        """Anchors, the latest first. Raises BadCursor."""
        found = select(AnchorRow).order_by(col(AnchorRow.day).desc()).limit(limit + 1)
        if cursor is not None:
            found = found.where(col(AnchorRow.day) < from_cursor(cursor, PLACE)[0])
        async with self.database.session() as session:
            rows = (await session.scalars(found)).all()
        items = tuple(Anchor(row.day, row.body, row.signature) for row in rows[:limit])
        return Page(items, to_cursor(items[-1].day) if len(rows) > limit else None)

    async def all(self) -> list[Anchor]:
        """Every anchor by day: a few hundred bytes each."""
        async with self.database.session() as session:
            rows = await session.scalars(select(AnchorRow).order_by(col(AnchorRow.day)))
            return [Anchor(row.day, row.body, row.signature) for row in rows]

    async def due(self, over_for: timedelta = GRACE) -> list[date]:
        """Days after the last anchor that ended at least `over_for` ago, the oldest first.

        Measured by the database's clock.
        """
        async with self.database.begin() as session:
            await session.execute(_AT_LENGTH)
            now: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
            last = await session.scalar(select(func.max(AnchorRow.day)))
            first = last + timedelta(days=1) if last else await _first_day(session)
        today = (now - over_for).astimezone(CST).date()
        return [] if first is None else [first + timedelta(days=each) for each in range((today - first).days)]

    async def make(self, day: date, sign: Callable[[bytes], bytes]) -> Anchor:
        """Make the anchor of a finished day, the next one after the last; its text depends on the stored rows alone.

        One transaction. Raises IntegrityError if another process was faster.
        """
        until = day_begins(day) + timedelta(days=1)
        async with self.database.begin() as session:
            # The holder of this lock may still write an act of that day; a later holder writes one of a later day.
            await session.execute(select(func.pg_advisory_xact_lock(LOCK)))
        async with self.database.begin() as session:
            await session.execute(_AT_LENGTH)
            before = await session.scalar(select(AnchorRow).order_by(col(AnchorRow.day).desc()).limit(1))
            since = day_begins(day) - timedelta(hours=1) if before else None
            await session.execute(_GROWN, {"day": day, "since": since, "until": until})
            tree = Merkle()
            async for head in _heads(session, day):
                tree.add(head.leaf)
            acts = await _acts(session, until, json.loads(before.body)["acts"]["last"] if before else 0)
            said = {
                "acts": acts,
                "day": day.isoformat(),
                "orders": {"count": tree.count, "root": tree.root},
                "previous": sha256(before.body.encode()).hexdigest() if before else GENESIS,
                "version": 1,
            }
            anchor = Anchor(day, json.dumps(said, sort_keys=True, separators=(",", ":")), "")
            anchor = anchor._replace(signature=sign(anchor.signed).hex())
            await session.execute(insert(AnchorRow).values(anchor._asdict()))
        return anchor

    async def heads(self, day: date) -> AsyncIterator[Head]:
        """The leaves of a day's anchor, each with the hash that the order's trail has there today."""
        async with self.database.session() as session:
            async for head in _heads(session, day):
                yield head

    async def added(self, orders: Sequence[str], until: datetime) -> list[tuple[str, int]]:
        """Rows of these orders' trails that were recorded by `until` but lie after everything that was anchored.

        The first one of each order: its number and the position.
        """
        async with self.database.session() as session:
            rows = await session.execute(_ADDED, {"orders": list(orders), "until": until})
            return [(row.order_no, row.position) for row in rows]


async def _first_day(session: Session) -> date | None:
    acts, trail = select(func.min(ActRow.at)), select(func.min(AuditEntry.recorded_at))
    moments = [each for each in (await session.scalar(acts), await session.scalar(trail)) if each is not None]
    return min(moments).astimezone(CST).date() if moments else None


async def _acts(session: Session, until: datetime, before: int) -> dict[str, Any]:
    place = col(ActRow.position)
    last = select(place, col(ActRow.hash)).where(col(ActRow.at) < until).order_by(place.desc()).limit(1)
    position, head = (await session.execute(last)).one_or_none() or (0, GENESIS)
    return {"count": position - before, "head": head, "last": position}


async def _heads(session: Session, day: date) -> AsyncIterator[Head]:
    after = ""
    while True:
        rows = (await session.execute(_HEADS, {"day": day, "after": after, "page": PAGE})).all()
        for row in rows:
            yield Head(*row)
        if len(rows) < PAGE:
            return
        after = rows[-1].order_no


_AT_LENGTH = text(f"SET LOCAL statement_timeout = '{SECONDS}s'")
_GROWN = text("""
    INSERT INTO anchored_heads (day, order_no, position, hash)
    SELECT :day, entry.order_no, entry.position, entry.hash
    FROM (
        SELECT order_no, max(position) AS position FROM audit_trail
        WHERE recorded_at < :until AND (CAST(:since AS timestamptz) IS NULL OR recorded_at >= :since)
        GROUP BY order_no
    ) AS grown
    JOIN audit_trail AS entry ON entry.order_no = grown.order_no AND entry.position = grown.position
    WHERE NOT EXISTS (
        SELECT FROM anchored_heads AS head
        WHERE head.order_no = entry.order_no COLLATE "C" AND head.position >= entry.position
    )
""")
# Each column is compared with the collation of the other's index.
_HEADS = text("""
    SELECT head.order_no, head.position, head.hash, entry.hash AS now
    FROM anchored_heads AS head
    LEFT JOIN audit_trail AS entry
        ON entry.order_no = head.order_no COLLATE "default" AND entry.position = head.position
    WHERE head.day = :day AND head.order_no > :after
    ORDER BY head.order_no LIMIT :page
""")
_ADDED = text("""
    SELECT entry.order_no, min(entry.position) AS position FROM audit_trail AS entry
    WHERE entry.order_no = ANY(:orders) AND entry.recorded_at < :until AND entry.position > coalesce(
        (SELECT max(head.position) FROM anchored_heads AS head WHERE head.order_no = entry.order_no COLLATE "C"), 0
    )
    GROUP BY entry.order_no ORDER BY entry.order_no
""")
