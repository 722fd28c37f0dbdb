"""Tables of messages, calls, idempotency keys and rule books."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field

from adapters.database.tables.columns import Table, document, moment, recorded, sealed


class Message(Table, table=True):
    """A text message to one contact; the messages of one `notice` of an order are sorted by `rank`."""

    __tablename__ = "messages"
    __table_args__ = (
        Index("ix_messages_notice", "order_no", "notice", "rank"),
        Index("ix_messages_phone_index_attempted_at", "phone_index", "attempted_at"),
        Index("ix_messages_underway", "updated_at", postgresql_where=text("settled_at IS NULL")),
    )

    key: str = Field(primary_key=True)
    order_no: str = Field(index=True)
    notice: str
    rank: int = Field(1, sa_column_kwargs={"server_default": text("1")})
    template: str
    to_role: str
    unit: str | None = None
    party: str | None = None
    phone_index: str
    to_phone: bytes = sealed()
    body: bytes = sealed()
    status: str
    provider_sid: str | None = Field(None, unique=True)
    attempts: int = Field(0, sa_column_kwargs={"server_default": text("0")})
    error: str | None = None
    segments: int = Field(1, sa_column_kwargs={"server_default": text("1")})
    attempted_at: datetime | None = moment(required=False)
    settled_at: datetime | None = moment(required=False)
    """When the message was finished: delivered, rejected, or reported to its order as undelivered."""
    created_at: datetime = recorded()
    updated_at: datetime = recorded()


class CallbackTask(Table, table=True):
    """A call to a citizen by callback staff: the order's `round`, and which of its citizens (`party`)."""

    __tablename__ = "callback_tasks"
    __table_args__ = (Index("ix_callback_tasks_realm_created_at", "realm", "created_at"),)

    order_no: str = Field(primary_key=True)
    round: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    party: str = Field(primary_key=True)
    realm: str
    regime: str
    attempts: int = Field(0, sa_column_kwargs={"server_default": text("0")})
    due_at: datetime | None = moment(required=False)
    created_at: datetime = recorded()
    updated_at: datetime = recorded()


class Call(Table, table=True):
    """An automatic call to a citizen, keyed by the effect that requested it; `id` is part of its URLs."""

    __tablename__ = "calls"

    key: str = Field(primary_key=True)
    id: str = Field(unique=True)
    order_no: str = Field(index=True)
    round: int
    party: str
    attempt: int
    to_phone: bytes = sealed()
    status: str
    provider_sid: str | None = Field(None, unique=True)
    attempts: int = Field(0, sa_column_kwargs={"server_default": text("0")})
    error: str | None = None
    handling_rating: int | None = None
    intake_rating: int | None = None
    created_at: datetime = recorded()
    updated_at: datetime = recorded()


class CallTask(Table, table=True):
    """A person whom callback staff must telephone because no text reached them."""

    __tablename__ = "call_tasks"
    __table_args__ = (Index("ix_call_tasks_open", "created_at", "key", postgresql_where=text("done_at IS NULL")),)

    key: str = Field(primary_key=True)
    order_no: str = Field(index=True)
    realm: str
    regime: str
    template: str
    to_role: str
    unit: str | None = None
    party: str | None = None
    done_by: str | None = None
    done_at: datetime | None = moment(required=False)
    note: bytes | None = sealed(required=False)
    created_at: datetime = recorded()


class OptOut(Table, table=True):
    """A number that opted out of texts; the sealed number is kept to recompute its index after a key rotation."""

    __tablename__ = "opt_outs"

    phone_index: str = Field(primary_key=True)
    phone: bytes | None = sealed(required=False)
    created_at: datetime = recorded()


class InboundMessage(Table, table=True):
    """An inbound text, keyed by the provider's id. `state` is its result (`domain.citizen.survey.Fate`)."""

    __tablename__ = "inbound_messages"
    __table_args__ = (Index("ix_inbound_messages_created_at", "created_at", "sid"),)

    sid: str = Field(primary_key=True)
    phone_index: str = Field(index=True)
    from_phone: bytes = sealed()
    body: bytes = sealed()
    state: str
    order_no: str | None = Field(None, index=True)
    party: str | None = None
    created_at: datetime = recorded()


class PolicySnapshot(Table, table=True):
    """The rules under which orders were opened, by the hash of their content."""

    __tablename__ = "policy_snapshots"

    hash: str = Field(primary_key=True)
    regime: str
    data: dict[str, Any] = document()
    created_at: datetime = recorded()


class IdempotencyKey(Table, table=True):
    """A request that must take effect once; without `status` it is still being carried out."""

    __tablename__ = "idempotency_keys"

    key: str = Field(primary_key=True)
    route: str = Field(primary_key=True)
    username: str = Field(primary_key=True)
    body_sha256: str
    status: int | None = None
    response: bytes | None = sealed(required=False)
    """The answer as JSON, sealed because it may contain personal data from the request."""
    created_at: datetime = recorded()
