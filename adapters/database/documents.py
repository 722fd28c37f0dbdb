"""Texts that people wrote on orders, sealed; the workflow carries their ids only (design §5)."""

import secrets
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from adapters.database.engine import Database
from adapters.database.tables import Document, WorkOrder
from domain.text import normalised


def fingerprinted(text: str) -> str:
    """What the fingerprint of a text is made of."""
    return f"text:{normalised(text)}"


class StoredText(NamedTuple):
    """A text in clear; `kind` is the command it came with, `field` its place there."""

    id: str
    kind: str
    field: str
    text: str
    created_at: datetime


class Documents:
    """The words of every order."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def save(self, order_no: str, realm: str, kind: str, field: str, text: str) -> str:
        """Keep a text and return its id: random, of `[A-Za-z0-9_-]`, saying nothing of the text.

        A repetition keeps a second copy under another id, which nobody refers to.
        """
        document_id = f"doc-{secrets.token_urlsafe(15)}"
        document = {
            "id": document_id,
            "order_no": order_no,
            "realm": realm,
            "kind": kind,
            "field": field,
            "text": self.database.keyring.encrypt(text),
            "fingerprint": self.database.keyring.blind_index(fingerprinted(text)),
        }
        async with self.database.begin() as session:
            await session.execute(insert(Document).values(document))
        return document_id

    async def text(self, document_id: str) -> str | None:
        """The text in clear."""
        async with self.database.session() as session:
            sealed = await session.scalar(select(Document.text).where(Document.id == document_id))
        return None if sealed is None else self.database.keyring.decrypt(sealed)

    async def of_order(self, order_no: str) -> list[StoredText]:
        """All that was written on an order, in the order of writing."""
        found = select(Document).where(Document.order_no == order_no)
        async with self.database.session() as session:
            rows = await session.scalars(found.order_by(col(Document.created_at), col(Document.id)))
            return [
                StoredText(row.id, row.kind, row.field, self.database.keyring.decrypt(row.text), row.created_at)
                for row in rows
            ]

    async def same_text(
        self, realm: str, text: str, kind: str, *, regime: str | None = None, except_order: str | None = None
    ) -> str | None:
        """The number of the first order with a text of that kind that is the same when `normalised` (DL-10).

        `except_order` is the order that is being written on. Texts without a word never match.
        """
        if not normalised(text):
            return None
        fingerprints = self.database.keyring.blind_indexes(fingerprinted(text))
        found = select(Document.order_no).where(
            Document.realm == realm, col(Document.fingerprint).in_(fingerprints), Document.kind == kind
        )
        if except_order is not None:
            found = found.where(Document.order_no != except_order)
        if regime is not None:
            same_regime = select(WorkOrder.no).where(WorkOrder.regime == regime)
            found = found.where(col(Document.order_no).in_(same_regime))
        async with self.database.session() as session:
            first = found.order_by(col(Document.created_at), col(Document.id)).limit(1)
            return await session.scalar(first)
