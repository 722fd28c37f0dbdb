"""What is known of uploaded files; the bytes are in the object store."""

import secrets
from collections.abc import Collection
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from adapters.database.engine import Database
from adapters.database.tables import Attachment


class NewFile(BaseModel):
    """A file that was put into the object store under `object_key`; `size` in bytes."""

    model_config = ConfigDict(frozen=True)

    order_no: str | None = None
    name: str
    media_type: str
    size: int
    sha256: str
    object_key: str
    uploaded_by: str


class File(NewFile):
    """A file that is known here."""

    id: str
    created_at: datetime


class Attachments:
    """Files by id."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def add(self, file: NewFile, *, file_id: str | None = None) -> str:
        """Make a file known and return its id, a random one unless given; with an id it may be repeated."""
        values = file.model_dump() | {
            "id": file_id or f"att-{secrets.token_urlsafe(15)}",
            "name": self.database.keyring.encrypt(file.name),
        }
        async with self.database.begin() as session:
            await session.execute(insert(Attachment).values(values).on_conflict_do_nothing())
        return str(values["id"])

    async def get(self, file_id: str) -> File | None:
        """A file by id."""
        async with self.database.session() as session:
            row = await session.scalar(select(Attachment).where(Attachment.id == file_id))
        return None if row is None else self._clear(row)

    async def of_order(self, order_no: str) -> list[File]:
        """The files of an order, the oldest first."""
        found = select(Attachment).where(Attachment.order_no == order_no)
        async with self.database.session() as session:
            rows = await session.scalars(found.order_by(col(Attachment.created_at), col(Attachment.id)))
            return [self._clear(row) for row in rows]

    async def bind(self, order_no: str, file_ids: Collection[str]) -> set[str]:
        """Give files to an order, and return the ids that are unknown or another order's; may be repeated."""
        free = col(Attachment.order_no).is_(None) | (col(Attachment.order_no) == order_no)
        take = update(Attachment).where(col(Attachment.id).in_(file_ids), free).values(order_no=order_no)
        async with self.database.begin() as session:
            return set(file_ids) - set(await session.scalars(take.returning(col(Attachment.id))))

    def _clear(self, row: Attachment) -> File:
        return File(**row.model_dump(exclude={"name"}), name=self.database.keyring.decrypt(row.name))
