"""Confidential orders: who may see one, and the condition that every list of orders applies (NA-07).

Open to the named viewers, to the agent who took the order in, and to readers with `sees_all`. A new list of orders must
apply `open_to`; without a reader it excludes confidential orders, so that a mistake shows too few orders, not too many.
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
    """Someone who wants to see orders; `sees_all` if their role may see every confidential one."""

    username: str
    sees_all: bool = False


class Entry(NamedTuple):
    """The person who changes confidentiality, their role, and the moment by the order's clock."""

    person: str
    role: str
    at: datetime

    def content(self, event: str, **data: Any) -> Content:
        """The audit trail entry: a row without a number, as it changes no state of the workflow."""
        return Content(None, self.at, event, self.role, {"person": self.person, **data})


def open_to(no: Any, reader: Reader | None) -> ColumnElement[bool]:
    """SQL condition: the order whose number is in column `no` is not confidential, or `reader` may see it."""
    if reader is not None and reader.sees_all:
        return true()
    order = aliased(WorkOrder)
    hidden = exists().where(col(order.no) == no, col(order.confidential))
    if reader is not None:
        named = exists().where(col(OrderViewer.order_no) == col(order.no), col(OrderViewer.username) == reader.username)
        hidden = hidden.where(col(order.taken_by).is_distinct_from(reader.username), ~named)
    return ~hidden


def mark(session: Session, order_no: str, viewers: Sequence[str], entry: Entry) -> None:
    """Name the viewers of an order that is being opened as confidential, and record that on its trail."""
    for username in viewers:
        session.execute(insert(OrderViewer).values(order_no=order_no, username=username).on_conflict_do_nothing())
    note(session, order_no, entry.content(MARKED, viewers=sorted(viewers)))


class Viewers:
    """Named viewers by order. Each change and its row on the audit trail are one transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def may_see(self, order_no: str, reader: Reader | None) -> bool:
        """Whether a reader may see an order; also true for a number that no order has."""
        async with self.database.session() as session:
            return bool(await session.scalar(select(open_to(order_no, reader))))

    async def named(self, order_no: str) -> list[str]:
        """The usernames of the named viewers, sorted."""
        found = select(col(OrderViewer.username)).where(col(OrderViewer.order_no) == order_no)
        async with self.database.session() as session:
            return list(await session.scalars(found.order_by(col(OrderViewer.username))))

    async def add(self, order_no: str, username: str, entry: Entry) -> bool:
        """Add a viewer; False, and nothing is written, if they are named already."""
        values = {"order_no": order_no, "username": username}
        change = insert(OrderViewer).values(values).on_conflict_do_nothing().returning(col(OrderViewer.username))
        return await self._change(order_no, change, entry.content(ADDED, viewer=username))

    async def remove(self, order_no: str, username: str, entry: Entry) -> bool:
        """Remove a viewer; False, and nothing is written, if they are not named."""
        gone = delete(OrderViewer).where(col(OrderViewer.order_no) == order_no, col(OrderViewer.username) == username)
        change = gone.returning(col(OrderViewer.username))
        return await self._change(order_no, change, entry.content(REMOVED, viewer=username))

    async def _change(self, order_no: str, change: Any, content: Content) -> bool:
        async with self.database.begin() as session:
            if (await session.execute(change)).first() is None:
                return False
            await session.run_sync(lambda blocking: note(blocking, order_no, content))
            return True
