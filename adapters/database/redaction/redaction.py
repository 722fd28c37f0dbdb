"""Erases personal data from the database, order by order; statistics and the audit trail stay (NA-06).

Sequence: `candidates` finds orders whose retention may be over, `begin` marks one, its objects are deleted, then
`erase` blanks its columns. `begun` finds erasures that a crash interrupted: they are finished whatever the rules say
by then, and cannot be put on hold. Database triggers mark data written about an erased order later; `late` finds those
orders, which are erased again.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, func, select, update

from adapters.database.audit.acts import append
from adapters.database.audit.trail import note
from adapters.database.engine import Database, Session
from adapters.database.redaction.personal_columns import (
    PERSONAL_COLUMNS,
    blank_statement,
    count_queries,
    has_personal_data,
    of_order,
)
from adapters.database.tables import Table
from domain.access.acts import Act, Deed
from domain.calendar.business_calendar import CST
from domain.order.audit_chain import Content
from domain.words import Role

ERASED, HELD, RELEASED = "erased", "erasure_held", "erasure_released"
"""Trail entries that are no workflow events."""

TEXTS, CITY = "inbound_messages", "city_messages"
"""Tables of inbound data, whose rows may belong to no order."""

EVIDENCE, THUMBNAIL, BUNDLE = "evidence", "thumbnail", "bundle"
"""Kinds of objects in the object store."""

_DEEDS = {ERASED: Deed.ARCHIVE_ERASED, HELD: Deed.ARCHIVE_HELD, RELEASED: Deed.ARCHIVE_RELEASED}
_T = Table.metadata.tables
_CAME: Final = {TEXTS: "created_at", CITY: "received_at"}


class StoredObject(NamedTuple):
    """An object of an order: its kind, and its key in the store."""

    kind: str
    key: str


class UnerasedRows(NamedTuple):
    """Unerased personal data of an order: number of rows by table, without empty tables."""

    archived_at: datetime
    rows: Mapping[str, int]


class FilesLeft(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The order has files whose objects have not been deleted yet."""


class ErasureCandidate(NamedTuple):
    """An archived order that still has personal data."""

    no: str
    regime: str
    category: str
    grade: str
    marks: frozenset[str]
    source: str
    archived_at: datetime


class Redaction:
    """Finds what may be erased, and erases it; every call may be repeated."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def candidates(self, before: datetime, after: str = "", limit: int = 200) -> Sequence[ErasureCandidate]:
        """Orders archived before `before`, neither on hold nor being erased, by number after `after`."""
        archives, orders = _T["archives"], _T["work_orders"]
        found = (
            select(
                orders.c.no,
                orders.c.regime,
                orders.c.category,
                orders.c.grade,
                orders.c.marks,
                orders.c.source,
                archives.c.created_at,
            )
            .join(archives, archives.c.order_no == orders.c.no)
            .where(
                archives.c.created_at < before,
                archives.c.erased_at.is_(None),
                archives.c.erasing_at.is_(None),
                archives.c.held_at.is_(None),
                orders.c.realm == "",
                orders.c.no > after,
            )
            .order_by(orders.c.no)
            .limit(limit)
        )
        async with self.database.session() as session:
            rows = await session.execute(found)
            return [ErasureCandidate(*row[:4], frozenset(row[4]), *row[5:]) for row in rows]

    async def begin(self, no: str) -> bool:
        """Mark an order as being erased, after which it cannot be held; False if it is on hold or erased."""
        archives = _T["archives"]
        free = (archives.c.order_no == no, archives.c.held_at.is_(None), archives.c.erased_at.is_(None))
        begun = func.coalesce(archives.c.erasing_at, func.now())
        change = update(archives).where(*free).values(erasing_at=begun).returning(archives.c.order_no)
        async with self.database.begin() as session:
            return await session.scalar(change) is not None

    async def begun(self) -> list[str]:
        """Orders whose erasure has begun and not ended, the oldest first."""
        archives = _T["archives"]
        found = select(archives.c.order_no).where(archives.c.erasing_at.is_not(None), archives.c.erased_at.is_(None))
        async with self.database.session() as session:
            return list(await session.scalars(found.order_by(archives.c.erasing_at)))

    async def late(self, before: datetime) -> list[str]:
        """Erased orders with data written again before `before`, the oldest first."""
        archives = _T["archives"]
        found = select(archives.c.order_no).where(archives.c.late_at < before, archives.c.erased_at.is_not(None))
        async with self.database.session() as session:
            return list(await session.scalars(found.order_by(archives.c.late_at)))

    async def objects_of(self, no: str) -> list[StoredObject]:
        """All objects of an order, the bundle last; for an erased order those that came later."""
        async with self.database.session() as session:
            return await self._objects_of(session, no)

    async def _objects_of(self, session: Session, no: str) -> list[StoredObject]:
        files, archives = _T["attachments"], _T["archives"]
        noted = select(archives.c.bundle, archives.c.erased_at).where(archives.c.order_no == no)
        archive = (await session.execute(noted)).one_or_none()
        erased = archive is not None and archive.erased_at is not None
        which = of_order("attachments", no) if erased else files.c.order_no == no
        rows = (await session.execute(select(files.c.object_key, files.c.thumbnail_key).where(which))).all()
        found = [
            StoredObject(kind, key) for row in rows for kind, key in zip((EVIDENCE, THUMBNAIL), row, strict=True) if key
        ]
        return found if archive is None or erased else [*found, StoredObject(BUNDLE, archive.bundle)]

    async def left(self, no: str) -> UnerasedRows:
        """Rows with personal data that an erasure of an archived order would blank now."""
        archives = _T["archives"]
        counts = [query.label(name) for name, query in count_queries(no).items()]
        async with self.database.session() as session:
            asked = select(archives.c.created_at, *counts).where(archives.c.order_no == no)
            archived_at, *rows = (await session.execute(asked)).one()
        return UnerasedRows(
            archived_at, {name: count for name, count in zip(PERSONAL_COLUMNS, rows, strict=True) if count}
        )

    async def erase(self, no: str, person: str, now: datetime, gone: Collection[str]) -> bool:
        """Blank all personal data in one transaction; False if the erasure was not begun, or is done.

        The objects must be deleted first, and their keys be in `gone`: a blanked row names no object any more.
        Raises FilesLeft, and then nothing is changed. For an erased order, later data is blanked.
        """
        archives = _T["archives"]
        begun = select(archives.c.erased_at, archives.c.late_at).where(
            archives.c.order_no == no, archives.c.erasing_at.is_not(None)
        )
        async with self.database.begin() as session:
            # Concurrent writers about this order wait here, and their data is then marked as late.
            archive = (await session.execute(begun.with_for_update(key_share=True))).one_or_none()
            if archive is None or (archive.erased_at is not None and archive.late_at is None):
                return False
            if any(each.key not in gone for each in await self._objects_of(session, no)):
                raise FilesLeft(no)
            erased = {"erased_at": func.coalesce(archives.c.erased_at, func.now()), "late_at": None}
            await session.execute(update(archives).where(archives.c.order_no == no).values(erased))
            rows = {name: await self._blank(session, name, of_order(name, no)) for name in PERSONAL_COLUMNS}
            counts = {name: many for name, many in rows.items() if many}
            late = archive.erased_at is not None
            if late and not counts:
                return False
            content = _row(ERASED, person, now, **({"late": True} if late else {}))
            await session.run_sync(lambda blocking: note(blocking, no, content))
            await self._record_act(session, ERASED, no, person, **counts)
        return True

    async def erase_strays(self, table: str, before: datetime) -> int:
        """Blank rows received before `before` that belong to no order; returns how many. `table` is TEXTS or CITY."""
        async with self.database.begin() as session:
            return await self._blank(session, table, *_is_stray(table, before))

    async def count_strays(self, table: str, before: datetime) -> int:
        """Count the rows that `erase_strays` would blank."""
        async with self.database.session() as session:
            asked = select(func.count()).select_from(_T[table]).where(*_is_stray(table, before))
            return (await session.execute(asked)).scalar_one()

    async def _blank(self, session: Session, name: str, *which: ColumnElement[bool]) -> int:
        statement = blank_statement(name, self.database.keyring.encrypt(""), *which)
        return len((await session.execute(statement)).all())

    async def hold(self, no: str, person: str, reason: str, now: datetime) -> bool:
        """Put an order on hold, so that it is kept at any age; False if it is not archived, or its erasure has begun.

        Recorded on its trail.
        """
        sealed = self.database.keyring.encrypt(reason)
        return await self._set(no, _row(HELD, person, now), held_at=func.now(), hold_reason=sealed)

    async def release(self, no: str, person: str, now: datetime) -> bool:
        """Release an order from its hold, so that it can be erased again."""
        return await self._set(no, _row(RELEASED, person, now), held_at=None, hold_reason=None)

    async def _set(self, no: str, row: Content, **values: Any) -> bool:
        archives = _T["archives"]
        change = update(archives).where(archives.c.order_no == no, archives.c.erasing_at.is_(None)).values(**values)
        async with self.database.begin() as session:
            if await session.scalar(change.returning(archives.c.order_no)) is None:
                return False
            await session.run_sync(lambda blocking: note(blocking, no, row))
            await self._record_act(session, row.event, no, row.data["person"])
        return True

    async def _record_act(self, session: Session, event: str, no: str, person: str, **data: int) -> None:
        """Record it among the installation's acts too, under the administrator."""
        orders = _T["work_orders"]
        regime = await session.scalar(select(orders.c.regime).where(orders.c.no == no))
        said = Act(deed=_DEEDS[event], person=person, role=Role.ADMIN, regime=regime, order_no=no, data=data)
        await append(session, [said])


def _is_stray(name: str, before: datetime) -> tuple[ColumnElement[bool], ...]:
    table = _T[name]
    return table.c.order_no.is_(None), table.c[_CAME[name]] < before, has_personal_data(name)


def _row(event: str, person: str, now: datetime, **data: bool) -> Content:
    at = now.astimezone(CST).replace(microsecond=0)
    return Content(None, at, event, Role.ADMIN.value, {"person": person, **data})
