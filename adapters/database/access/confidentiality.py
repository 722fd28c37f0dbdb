"""Confidential orders: who may see one, and how that is asked in every list (NA-07).

Those who were named, the one who took it in, and who sees all. Whoever adds a list of orders asks `open_to` in it;
without a reader it shows what is not confidential, so that a list that forgot tells too little, not too much.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, exists, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased
from sqlmodel import col, delete

from adapters.database.audit.trail import note
from adapters.database.engine import Database
from adapters.database.tables import OrderViewer, WorkOrder
from domain.order.audit_chain import Content

MARKED, ADDED, REMOVED = "made_confidential", "viewer_added", "viewer_removed"


class Reader(NamedTuple):
    """Someone who wants to see orders; `sees_all` whose office it is to see the confidential ones."""

    username: str
    sees_all: bool = False


class Entry(NamedTuple):
    """Who changes what is confidential, as which role, at what moment of the order's clock."""

    person: str
    role: str
    at: datetime

    def content(self, event: str, **data: Any) -> Content:
        """What the audit trail keeps of it: a row without a number, as it changes no state of the workflow."""
        return Content(None, self.at, event, self.role, {"person": self.person, **data})


def open_to(no: Any, reader: Reader | None) -> ColumnElement[bool]:
    """The condition that the order with the number in column `no` is not confidential, or may be seen by `reader`."""
    if reader is not None and reader.sees_all:
        return true()
    order = aliased(WorkOrder)
    hidden = exists().where(col(order.no) == no, col(order.confidential))
    if reader is not None:
        named = exists().where(col(OrderViewer.order_no) == col(order.no), col(OrderViewer.username) == reader.username)
        hidden = hidden.where(col(order.taken_by).is_distinct_from(reader.username), ~named)
    return ~hidden


def mark(session: Session, order_no: str, viewers: Sequence[str], entry: Entry) -> None:
    """Name those who may see an order that is being written down as confidential, and put that on its trail."""
    for username in viewers:
        session.execute(insert(OrderViewer).values(order_no=order_no, username=username).on_conflict_do_nothing())
    note(session, order_no, entry.content(MARKED, viewers=sorted(viewers)))


class Viewers:
    """Those who were named, by order. Every change and its row on the audit trail are one transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def may_see(self, order_no: str, reader: Reader | None) -> bool:
        """Whether an order is open to a reader; also true for a number that no order has."""
        async with self.database.session() as session:
            return bool(await session.scalar(select(open_to(order_no, reader))))

    async def named(self, order_no: str) -> list[str]:
        """The names, sorted."""
        found = select(col(OrderViewer.username)).where(col(OrderViewer.order_no) == order_no)
        async with self.database.session() as session:
            return list(await session.scalars(found.order_by(col(OrderViewer.username))))

    async def add(self, order_no: str, username: str, entry: Entry) -> bool:
        """Name somebody; false, and nothing is written, if they are named already."""
        values = {"order_no": order_no, "username": username}
        change = insert(OrderViewer).values(values).on_conflict_do_nothing().returning(col(OrderViewer.username))
        return await self._change(order_no, change, entry.content(ADDED, viewer=username))

    async def remove(self, order_no: str, username: str, entry: Entry) -> bool:
        """Take somebody off; false, and nothing is written, if they are not named."""
        gone = delete(OrderViewer).where(col(OrderViewer.order_no) == order_no, col(OrderViewer.username) == username)
        change = gone.returning(col(OrderViewer.username))
        return await self._change(order_no, change, entry.content(REMOVED, viewer=username))

    async def _change(self, order_no: str, change: Any, content: Content) -> bool:
        async with self.database.begin() as session:
            if (await session.execute(change)).first() is None:
                return False
            await session.run_sync(lambda blocking: note(blocking, order_no, content))
            return True
