"""Metadata of uploaded files; the bytes are in the object store."""

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, delete, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, or_, select

from adapters.database.engine import Database, Session
from adapters.database.tables import Attachment


class NewFile(BaseModel):
    """Metadata of a file stored in the object store under `object_key`; `size` in bytes.

    `phase` is one of `domain.policy.evidence.Phase`, `scan` one of `adapters.files.virus_scan.Scan`. `unit` and
    `regime` are the uploader's.
    """

    model_config = ConfigDict(frozen=True)

    order_no: str | None = None
    realm: str = ""
    regime: str | None = None
    unit: str | None = None
    phase: str = "other"
    note: str | None = None
    captured_at: datetime | None = None
    scan: str = "off"
    thumbnail_key: str | None = None
    name: str
    media_type: str
    size: int
    sha256: str
    object_key: str
    uploaded_by: str


class File(NewFile):
    """The stored metadata of a file."""

    id: str
    created_at: datetime


class Claimant(NamedTuple):
    """The person who names files in a command, and the unit of a regime for which they act."""

    person: str
    regime: str
    unit: str | None


class Claim(NamedTuple):
    """Files named in a command. `fresh` were assigned to this order by it; `strange` are unknown or not allowed."""

    files: tuple[File, ...]
    fresh: frozenset[str]
    strange: tuple[str, ...]


class TooManyFiles(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The order or uploader would have more files than allowed; nothing was changed."""


class Attachments:
    """Files by id."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def add(self, file: NewFile, *, file_id: str | None = None) -> str:
        """Store a file's metadata and return its id, a random one unless given; with an id it may be repeated."""
        chosen = file_id or new_id()
        await self.add_all({chosen: file})
        return chosen

    async def add_all(self, files: dict[str, NewFile], *, at_most: int | None = None) -> None:
        """Store files under these ids, all or none; may be repeated.

        Raises TooManyFiles if their order (or, without one, their uploader) would have more than `at_most`.
        """
        rows = [self._sealed(file_id, file) for file_id, file in files.items()]
        first = next(iter(files.values()))
        async with self.database.begin() as session:
            if at_most is not None:
                # Files of an attempt whose answer was lost are counted already.
                there = set(await session.scalars(select(Attachment.id).where(col(Attachment.id).in_(files))))
                if more := files.keys() - there:
                    await self._require_room(session, at_most, len(more), first.order_no, first.uploaded_by)
            await session.execute(insert(Attachment).values(rows).on_conflict_do_nothing())

    async def get(self, file_id: str) -> File | None:
        """A file by id."""
        found = await self._where(col(Attachment.id) == file_id)
        return found[0] if found else None

    async def of_order(self, order_no: str) -> list[File]:
        """The files of an order, the oldest first."""
        return await self._where(col(Attachment.order_no) == order_no)

    async def loose(self, uploaded_by: str) -> list[File]:
        """The files that somebody uploaded and no order has yet, the oldest first."""
        return await self._where(col(Attachment.order_no).is_(None), col(Attachment.uploaded_by) == uploaded_by)

    async def bind(self, order_no: str, file_ids: Collection[str]) -> set[str]:
        """Bind files to an order for good, and return the ids that are unknown or another order's; may be repeated."""
        free = col(Attachment.order_no).is_(None) | (col(Attachment.order_no) == order_no)
        take = update(Attachment).where(col(Attachment.id).in_(file_ids), free).values(order_no=order_no, bound=True)
        async with self.database.begin() as session:
            return set(file_ids) - set(await session.scalars(take.returning(col(Attachment.id))))

    async def claim(self, order_no: str, file_ids: Sequence[str], by: Claimant, *, at_most: int) -> Claim:
        """Assign files to an order that somebody may name there: their own, their unit's, and the order's already.

        If one is not allowed, nothing is changed and `strange` lists it. May be repeated. Raises TooManyFiles.
        """
        theirs = col(Attachment.uploaded_by) == by.person
        if by.unit is not None:
            theirs = or_(theirs, (col(Attachment.unit) == by.unit) & (col(Attachment.regime) == by.regime))
        usable = or_(col(Attachment.order_no) == order_no, col(Attachment.order_no).is_(None) & theirs)
        found = select(Attachment).where(col(Attachment.id).in_(file_ids), col(Attachment.realm) == "", usable)
        async with self.database.begin() as session:
            await self._lock(session, order_no)
            rows = {row.id: row for row in await session.scalars(found.with_for_update())}
            strange = tuple(each for each in file_ids if each not in rows)
            fresh = frozenset(() if strange else (row.id for row in rows.values() if row.order_no is None))
            if fresh:
                await self._require_room(session, at_most, len(fresh), order_no, by.person)
                take = update(Attachment).where(col(Attachment.id).in_(fresh)).values(order_no=order_no)
                await session.execute(take)
        return Claim(tuple(self._clear(row) for row in rows.values()), fresh, strange)

    async def release(self, order_no: str, file_ids: Collection[str]) -> None:
        """Detach files from an order whose command was rejected; those that another command has bound to it stay."""
        ours = col(Attachment.id).in_(file_ids), col(Attachment.order_no) == order_no, ~col(Attachment.bound)
        async with self.database.begin() as session:
            await session.execute(update(Attachment).where(*ours).values(order_no=None))

    async def unknown_keys(self, keys: Collection[str]) -> set[str]:
        """The keys that no stored file uses for its bytes or its thumbnail."""
        known: set[str | None] = set()
        async with self.database.session() as session:
            for column in (Attachment.object_key, Attachment.thumbnail_key):
                known |= set(await session.scalars(select(column).where(col(column).in_(keys))))
        return {key for key in keys if key not in known}

    async def unused(self, older_than: timedelta, limit: int = 100) -> list[File]:
        """Files of that age without an order, the oldest first."""
        old = col(Attachment.created_at) < func.now() - older_than
        return await self._where(col(Attachment.order_no).is_(None), old, limit=limit)

    async def forget(self, file_id: str) -> bool:
        """Delete a file that no order has; returns whether there was one."""
        drop = delete(Attachment).where(col(Attachment.id) == file_id, col(Attachment.order_no).is_(None))
        async with self.database.begin() as session:
            return await session.scalar(drop.returning(col(Attachment.id))) is not None

    async def _where(self, *wanted: ColumnElement[bool], limit: int | None = None) -> list[File]:
        found = select(Attachment).where(*wanted).order_by(col(Attachment.created_at), col(Attachment.id)).limit(limit)
        async with self.database.session() as session:
            return [self._clear(row) for row in await session.scalars(found)]

    async def _require_room(self, session: Session, at_most: int, more: int, order_no: str | None, person: str) -> None:
        """Raise TooManyFiles if the limit would be exceeded. A lock serialises counts of the same files."""
        await self._lock(session, order_no if order_no is not None else f"loose:{person}")
        same: ColumnElement[bool] = col(Attachment.order_no) == order_no
        if order_no is None:
            same = col(Attachment.order_no).is_(None) & (col(Attachment.uploaded_by) == person)
        count = await session.scalar(select(func.count()).select_from(Attachment).where(same))
        if (count or 0) + more > at_most:
            raise TooManyFiles

    async def _lock(self, session: Session, of: str) -> None:
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"attachments:{of}", 0))))

    def _sealed(self, file_id: str, file: NewFile) -> dict[str, Any]:
        seal = self.database.keyring.encrypt
        note = None if file.note is None else seal(file.note)
        return file.model_dump() | {"id": file_id, "name": seal(file.name), "note": note}

    def _clear(self, row: Attachment) -> File:
        opened = self.database.keyring.decrypt
        note = None if row.note is None else opened(row.note)
        return File(**row.model_dump(exclude={"name", "note"}), name=opened(row.name), note=note)


def new_id() -> str:
    """A random id of `[A-Za-z0-9_-]` that reveals nothing of the file."""
    return f"att-{secrets.token_urlsafe(15)}"
