"""Pending approvals: who may decide each, and until when."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter
from sqlalchemy import ARRAY, Text, cast, tuple_
from sqlmodel import col, select

from adapters.database.access.confidentiality import Reader, open_to
from adapters.database.engine import Database
from adapters.database.paging import Name, Page, from_cursor, to_cursor
from adapters.database.tables import Approval, OrderViewRow

OPEN = "open"
PLACE = TypeAdapter(tuple[int, AwareDatetime, Name])


class ApprovalRow(BaseModel):
    """An approval with its order; `key` is its external id, `<order_no>:<id>`."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    key: str
    order_no: str
    id: str
    realm: str
    regime: str
    kind: str
    stage: str
    by_roles: tuple[str, ...]
    unit: str | None
    status: str
    opened_at: datetime
    due_at: datetime | None


class Approvals:
    """Reads approvals; `Trail.record` writes them with the view that they belong to."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def get(self, key: str) -> ApprovalRow | None:
        """An approval by its external id."""
        async with self.database.session() as session:
            row = await session.scalar(select(Approval).where(Approval.key == key))
        return None if row is None else ApprovalRow.model_validate(row)

    async def waiting(
        self,
        roles: Sequence[str],
        *,
        unit: str | None = None,
        regime: str | None = None,
        realm: str = "",
        reader: Reader | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[ApprovalRow]:
        """Pending approvals that one of `roles` may decide: by falling priority of the order (DL-04), then the oldest.

        `unit` excludes those of other units. Those of confidential orders are returned only to a `reader`
        who may see them. Raises BadCursor.
        """
        place = (col(OrderViewRow.rank), col(Approval.opened_at), col(Approval.key))
        found = (
            select(Approval, place[0])
            .join(OrderViewRow, col(OrderViewRow.no) == col(Approval.order_no))
            .where(
                Approval.realm == realm,
                Approval.status == OPEN,
                col(Approval.by_roles).op("&&")(cast(list(roles), ARRAY(Text))),
                open_to(Approval.order_no, reader),
            )
        )
        if unit is not None:
            found = found.where(col(Approval.unit).is_(None) | (col(Approval.unit) == unit))
        if regime is not None:
            found = found.where(Approval.regime == regime)
        if cursor is not None:
            found = found.where(tuple_(*place) > tuple_(*from_cursor(cursor, PLACE)))
        async with self.database.session() as session:
            rows = (await session.execute(found.order_by(*place).limit(limit + 1))).all()
        items = tuple(ApprovalRow.model_validate(row) for row, _ in rows[:limit])
        if len(rows) <= limit:
            return Page(items, None)
        last, rank = rows[limit - 1]
        return Page(items, to_cursor(rank, last.opened_at, last.key))
