"""Tables of the city platform: its messages, and the position up to which its outbox was read."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field

from adapters.database.tables.columns import Table, moment, recorded, sealed


class CityMessage(Table, table=True):
    """A message of the city platform, stored before it is carried out, and its result.

    `digest` is keyed and distinguishes bodies; `approval` is the approval that a decision was matched to before it
    went to the order; `claimed_at` marks a message that a process is carrying out; `told` means that the platform has
    the receipt, `receipt_refused` is the answer with which it rejected the receipt.
    """

    __tablename__ = "city_messages"
    __table_args__ = (
        Index("ix_city_messages_list", "received_at", "id"),
        Index("ix_city_messages_waiting", "received_at", postgresql_where=text("state = 'waiting'")),
        Index("ix_city_messages_untold", "received_at", postgresql_where=text("NOT told AND receipt_refused IS NULL")),
    )

    id: str = Field(primary_key=True)
    type: str
    via: str
    state: str
    regime: str | None = None
    order_no: str | None = Field(None, index=True)
    city_no: str | None = None
    approval: str | None = None
    body: bytes = sealed()
    digest: str
    code: str | None = None
    reason: bytes | None = sealed(required=False)
    clause: str | None = None
    attempts: int = Field(0, sa_column_kwargs={"server_default": text("0")})
    told: bool = Field(False, sa_column_kwargs={"server_default": text("false")})
    receipt_refused: str | None = None
    claimed_at: datetime | None = moment(required=False)
    received_at: datetime = recorded()
    updated_at: datetime = recorded()


class CityCursor(Table, table=True):
    """Position up to which an outbox was read, by the platform's address."""

    __tablename__ = "city_cursors"

    peer: str = Field(primary_key=True)
    cursor: str
    updated_at: datetime = recorded()
