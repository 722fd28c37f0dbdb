"""Tables of what goes in and out: messages, calls, repeated requests, and the rules in force."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field

from adapters.database.tables.columns import Table, document, recorded, sealed


class Message(Table, table=True):
    """A text message, under the id of the notice that asked for it."""

    __tablename__ = "messages"

    key: str = Field(primary_key=True)
    order_no: str = Field(index=True)
    template: str
    to_phone: bytes = sealed()
    body: bytes = sealed()
    status: str
    provider_sid: str | None = Field(None, unique=True)
    attempts: int = Field(0, sa_column_kwargs={"server_default": text("0")})
    error: str | None = None
    created_at: datetime = recorded()
    updated_at: datetime = recorded()


class CallbackTask(Table, table=True):
    """A call to a citizen after a reply: which round of the order, and which of its citizens (`party`)."""

    __tablename__ = "callback_tasks"
    __table_args__ = (Index("ix_callback_tasks_open", "realm", "created_at", postgresql_where=text("status = 'open'")),)

    order_no: str = Field(primary_key=True)
    round: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    party: str = Field(primary_key=True)
    realm: str
    regime: str
    status: str
    attempts: int = Field(0, sa_column_kwargs={"server_default": text("0")})
    provider_sid: str | None = Field(None, unique=True)
    result: str | None = None
    created_at: datetime = recorded()
    updated_at: datetime = recorded()


class PolicySnapshot(Table, table=True):
    """The rules that orders were opened under, by the hash of their content."""

    __tablename__ = "policy_snapshots"

    hash: str = Field(primary_key=True)
    regime: str
    data: dict[str, Any] = document()
    created_at: datetime = recorded()


class IdempotencyKey(Table, table=True):
    """A request that must not take effect twice; without `status` it is still under way."""

    __tablename__ = "idempotency_keys"

    key: str = Field(primary_key=True)
    route: str = Field(primary_key=True)
    username: str = Field(primary_key=True)
    body_sha256: str
    status: int | None = None
    response: Any = document(None)
    created_at: datetime = recorded()
