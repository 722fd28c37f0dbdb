"""Tables of the audit: the chain of acts, and the daily anchors over it and over the orders' chains.

The server rejects changes and deletions of their rows.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, String, text
from sqlmodel import Field

from adapters.database.tables.columns import Table, document, moment, recorded


class ActRow(Table, table=True):
    """An act (`domain.access.acts.Act`) as a link of the chain of all acts; `at` never falls along the chain."""

    __tablename__ = "acts"
    __table_args__ = (
        Index("ix_acts_order_no", "order_no", "position", postgresql_where=text("order_no IS NOT NULL")),
        Index("ix_acts_person", "person", "position"),
        Index("ix_acts_deed", "deed", "position"),
        Index("ix_acts_at", "at"),
    )

    position: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    at: datetime = moment()
    deed: str
    person: str
    role: str
    regime: str | None = None
    order_no: str | None = None
    about: str | None = None
    outcome: str
    code: str | None = None
    source: str | None = None
    request: str | None = None
    data: dict[str, Any] = document()
    previous_hash: str
    hash: str


class AnchorRow(Table, table=True):
    """The anchor of a day in +08:00: `body` is the text that `signature` (hex) signs, byte for byte."""

    __tablename__ = "anchors"

    day: date = Field(primary_key=True)
    body: str
    signature: str
    created_at: datetime = recorded()


class AnchoredHead(Table, table=True):
    """A leaf of a day's anchor: the head of an order's chain at the end of that day.

    Leaves are ordered by the bytes of the numbers, so that no root depends on a server's locale.
    """

    __tablename__ = "anchored_heads"
    __table_args__ = (Index("ix_anchored_heads_order_no", "order_no", "day"),)

    day: date = Field(primary_key=True)
    order_no: str = Field(sa_column=Column(String(collation="C"), primary_key=True))
    position: int
    hash: str
