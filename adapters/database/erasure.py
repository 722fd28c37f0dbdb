"""Erasing what the database holds of people, order by order; the figures and the trail stay (NA-06).

The order of things: `candidates` finds whose time may be over, `begin` notes that one is being erased, then its objects
are deleted, then `erase` blanks its columns. `begun` finds what a crash left between: it is finished whatever the rules
say by then, and nobody can hold what is half gone.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy import Table as TableOf

from adapters.database.acts import append
from adapters.database.chain import Content
from adapters.database.engine import Database, Session
from adapters.database.tables import Table
from adapters.database.trail import note
from domain.acts import Act, Deed
from domain.calendar import CST
from domain.words import Role

ERASED, HELD, RELEASED = "erased", "erasure_held", "erasure_released"
"""Rows of the trail that are no events of the workflow."""

_DEEDS = {ERASED: Deed.ARCHIVE_ERASED, HELD: Deed.ARCHIVE_HELD, RELEASED: Deed.ARCHIVE_RELEASED}
_T = Table.metadata.tables
_BLANK: dict[str, tuple[str, ...]] = {
    "documents": ("text",),
    "messages": ("to_phone", "body"),
    "calls": ("to_phone",),
    "inbound_messages": ("from_phone", "body"),
    "city_messages": ("body",),
    "attachments": ("name",),
}
"""Sealed columns that cannot be empty: a seal of nothing takes their place."""

_EMPTY: dict[str, dict[str, Any]] = {
    "documents": {"fingerprint": ""},
    "messages": {"phone_index": "", "provider_sid": None},
    "calls": {"provider_sid": None},
    "inbound_messages": {"phone_index": ""},
    "city_messages": {"reason": None, "digest": ""},
    "attachments": {"note": None, "thumbnail_key": None},
    "call_tasks": {"note": None},
}
_ORDER_WORDS = ("title", "content")
_ORDER_NONE = (
    *("citizen_name", "citizen_phone", "citizen_address", "citizen_email", "citizen_account", "citizen_device"),
    *("location", "address_id", "lat", "long", "media_url", "answers", "phone_index", "intake_key"),
)
_UNLISTED = {"listed": False}
"""The public's door shows what is listed, and there is nothing left to show."""


class Kept(NamedTuple):
    """An archived order that still holds what it says of people."""

    no: str
    regime: str
    category: str
    grade: str
    marks: frozenset[str]
    source: str
    archived_at: datetime


class Erasure:
    """What may be erased, and the erasing itself; every call may be repeated."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def candidates(self, before: datetime, after: str = "", limit: int = 200) -> Sequence[Kept]:
        """Orders archived before then, neither held nor being erased, in the order of their numbers behind `after`."""
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
            return [Kept(*row[:4], frozenset(row[4]), *row[5:]) for row in rows]

    async def begin(self, no: str) -> bool:
        """Note that an order is being erased; False for one that is held or erased. From then on it cannot be held."""
        archives = _T["archives"]
        free = (archives.c.order_no == no, archives.c.held_at.is_(None), archives.c.erased_at.is_(None))
        begun = func.coalesce(archives.c.erasing_at, func.now())
        change = update(archives).where(*free).values(erasing_at=begun).returning(archives.c.order_no)
        async with self.database.begin() as session:
            return await session.scalar(change) is not None

    async def begun(self) -> list[str]:
        """Orders whose erasure was begun and did not end, the oldest first."""
        archives = _T["archives"]
        found = select(archives.c.order_no).where(archives.c.erasing_at.is_not(None), archives.c.erased_at.is_(None))
        async with self.database.session() as session:
            return list(await session.scalars(found.order_by(archives.c.erasing_at)))

    async def objects_of(self, no: str) -> list[str]:
        """The keys of everything that the object store has of an order, the bundle last."""
        files, archives = _T["attachments"], _T["archives"]
        async with self.database.session() as session:
            rows = (
                await session.execute(select(files.c.object_key, files.c.thumbnail_key).where(files.c.order_no == no))
            ).all()
            bundle = await session.scalar(select(archives.c.bundle).where(archives.c.order_no == no))
        return [key for row in rows for key in row if key] + ([bundle] if bundle else [])

    async def erase(self, no: str, person: str, now: datetime) -> bool:
        """Blank everything that speaks of a person, in one transaction; False if that was not begun, or is done.

        The objects have to be gone before: an order that is noted as erased is not looked at again.
        """
        archives, orders = _T["archives"], _T["work_orders"]
        nothing = self.database.keyring.encrypt("")
        begun = (archives.c.order_no == no, archives.c.erasing_at.is_not(None), archives.c.erased_at.is_(None))
        async with self.database.begin() as session:
            marked = update(archives).where(*begun).values(erased_at=func.now())
            if await session.scalar(marked.returning(archives.c.order_no)) is None:
                return False
            for table in _BLANK.keys() | _EMPTY.keys():
                blanks = dict.fromkeys(_BLANK.get(table, ()), nothing) | _EMPTY.get(table, {})
                await session.execute(update(_T[table]).where(_T[table].c.order_no == no).values(blanks))
            words = dict.fromkeys(_ORDER_WORDS, nothing) | dict.fromkeys(_ORDER_NONE) | _UNLISTED
            await session.execute(update(orders).where(orders.c.no == no).values(words))
            viewers = _T["order_viewers"]
            await session.execute(delete(viewers).where(viewers.c.order_no == no))
            content = _row(ERASED, person, now)
            await session.run_sync(lambda blocking: note(blocking, no, content))
            await self._account(session, ERASED, no, person)
        return True

    async def erase_stray_messages(self, before: datetime) -> int:
        """Blank the messages of the city that came before then and belong to no order; how many."""
        table = _T["city_messages"]
        return await self._erase_strays(table, table.c.received_at < before, table.c.digest != "")

    async def erase_stray_texts(self, before: datetime) -> int:
        """Blank the texts that came in before then and belong to no order; how many."""
        table = _T["inbound_messages"]
        return await self._erase_strays(table, table.c.created_at < before, table.c.phone_index != "")

    async def _erase_strays(self, table: TableOf, *which: ColumnElement[bool]) -> int:
        blanks = dict.fromkeys(_BLANK[table.name], self.database.keyring.encrypt("")) | _EMPTY[table.name]
        strays = update(table).where(table.c.order_no.is_(None), *which).values(blanks)
        async with self.database.begin() as session:
            return len((await session.scalars(strays.returning(table.c.order_no))).all())

    async def hold(self, no: str, person: str, reason: str, now: datetime) -> bool:
        """Keep an order whatever its age; False for one that is not archived, or whose erasure has begun.

        Stands on its trail.
        """
        sealed = self.database.keyring.encrypt(reason)
        return await self._set(no, _row(HELD, person, now), held_at=func.now(), hold_reason=sealed)

    async def release(self, no: str, person: str, now: datetime) -> bool:
        """Let it go its way again."""
        return await self._set(no, _row(RELEASED, person, now), held_at=None, hold_reason=None)

    async def _set(self, no: str, row: Content, **values: Any) -> bool:
        archives = _T["archives"]
        change = update(archives).where(archives.c.order_no == no, archives.c.erasing_at.is_(None)).values(**values)
        async with self.database.begin() as session:
            if await session.scalar(change.returning(archives.c.order_no)) is None:
                return False
            await session.run_sync(lambda blocking: note(blocking, no, row))
            await self._account(session, row.event, no, row.data["person"])
        return True

    async def _account(self, session: Session, event: str, no: str, person: str) -> None:
        """Put it among the installation's acts, which tell who runs it."""
        orders = _T["work_orders"]
        regime = await session.scalar(select(orders.c.regime).where(orders.c.no == no))
        said = Act(deed=_DEEDS[event], person=person, role=Role.ADMIN, regime=regime, order_no=no)
        await append(session, [said])


def blanked() -> set[tuple[str, str]]:
    """Table and column of everything that is erased."""
    of_orders = {("work_orders", name) for name in (*_ORDER_WORDS, *_ORDER_NONE)}
    return of_orders | {(table, name) for part in (_BLANK, _EMPTY) for table, names in part.items() for name in names}


def _row(event: str, person: str, now: datetime) -> Content:
    at = now.astimezone(CST).replace(microsecond=0)
    return Content(None, at, event, Role.ADMIN.value, {"person": person})
