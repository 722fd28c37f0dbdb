"""Texts that people wrote on orders, sealed; workflows carry only ids (docs/architecture.md#what-is-stored-where)."""

import secrets

from sqlalchemy import ColumnElement, case, false, func, or_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from adapters.database.engine import Database
from adapters.database.tables import Document, OrderViewRow, WorkOrder
from domain.order.records import StoredText
from domain.text import normalised


def fingerprinted(text: str) -> str:
    """The string from which a text's fingerprint is computed."""
    return f"text:{normalised(text)}"


class Documents:
    """Texts of all orders, by document id."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def save(self, order_no: str, realm: str, kind: str, field: str, text: str) -> str:
        """Store a text and return its id: random, of `[A-Za-z0-9_-]`, revealing nothing of the text.

        A repetition stores a second copy under another id, which nothing refers to.
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
        """All texts of an order, in the order of writing."""
        found = select(Document).where(Document.order_no == order_no)
        async with self.database.session() as session:
            rows = await session.scalars(found.order_by(col(Document.created_at), col(Document.id)))
            return [
                StoredText(row.id, row.kind, row.field, self.database.keyring.decrypt(row.text), row.created_at)
                for row in rows
            ]

    async def same_text(
        self,
        realm: str,
        text: str,
        kind: str,
        *,
        regime: str | None = None,
        order_no: str = "",
        unit: str | None = None,
    ) -> str | None:
        """The first order with a text of that kind that is equal when `normalised`; None if there is none (DL-10).

        Returns its number if it is `order_no` itself, the order being written on, or if `unit` has or had it and it is
        not confidential; if only others match, returns '' (NA-07). Without a unit, the units of `order_no` count. Texts
        without a word never match.
        """
        if not normalised(text):
            return None
        fingerprints = self.database.keyring.blind_indexes(fingerprinted(text))
        units = [unit] if unit is not None else await self._units(order_no)
        theirs = or_(false(), *(_has_had(each) for each in units))
        told = or_(col(Document.order_no) == order_no, ~col(WorkOrder.confidential) & theirs)
        told = func.coalesce(told, false())
        found = (
            select(case((told, col(Document.order_no)), else_=""))
            .outerjoin(WorkOrder, col(WorkOrder.no) == col(Document.order_no))
            .outerjoin(OrderViewRow, col(OrderViewRow.no) == col(Document.order_no))
            .where(Document.realm == realm, col(Document.fingerprint).in_(fingerprints), Document.kind == kind)
        )
        if regime is not None:
            found = found.where(WorkOrder.regime == regime)
        first = found.order_by(told.desc(), col(Document.created_at), col(Document.id)).limit(1)
        async with self.database.session() as session:
            number: str | None = await session.scalar(first)
            return number

    async def _units(self, order_no: str) -> list[str]:
        found = select(OrderViewRow.units).where(OrderViewRow.no == order_no)
        async with self.database.session() as session:
            return list(await session.scalar(found) or ())


def _has_had(unit: str) -> ColumnElement[bool]:
    """SQL condition: an order is or was a unit's, as in `application.orders.visibility.visible`."""
    deadlines = col(OrderViewRow.view)["deadlines"]
    return or_(col(OrderViewRow.units).contains([unit]), deadlines.contains([{"unit": unit}]))
