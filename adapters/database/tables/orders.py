"""Tables of an order: intake, read model, audit trail, approvals, texts, files, archive."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    TIMESTAMP,
    Column,
    Computed,
    Index,
    Integer,
    Sequence,
    SmallInteger,
    text,
)
from sqlmodel import Field

from adapters.database.tables.columns import Table, document, moment, recorded, sealed, words

ORDER_NO = Sequence("order_no", metadata=Table.metadata)


class WorkOrder(Table, table=True):
    """An order as it was taken in. `realm` is '' for real orders, or the id of a rehearsal.

    `city_no` is the city platform's number that it came with; `city_ref` the one that the platform sent later.
    `location`, `lat` and `long` (WGS 84) say where the matter is, `citizen_address` where the citizen lives. With a
    `service_code` it came through the public interface, and `listed` says whether the public can read it there. Staff
    of the unit that is `complained_of` never learn who the citizen is (HK-17).
    """

    __tablename__ = "work_orders"
    __table_args__ = (
        Index("ix_work_orders_unstarted", "created_at", postgresql_where=text("NOT workflow_started")),
        Index("ix_work_orders_realm_created_at", "realm", "created_at"),
        Index("uq_work_orders_city_no_regime", "city_no", "regime", unique=True, postgresql_where=text("realm = ''")),
        Index("ix_work_orders_listed", "regime", "created_at", "no", postgresql_where=text("listed")),
        Index("ix_work_orders_confidential", "no", postgresql_where=text("confidential")),
    )

    no: str = Field(primary_key=True)
    realm: str = ""
    regime: str
    source: str
    category: str
    grade: str
    marks: list[str] = words()
    area: str | None = None
    matter: str | None = None
    required_by: datetime | None = moment(required=False)
    city_no: str | None = None
    city_ref: str | None = Field(None, index=True)
    title: bytes = sealed()
    content: bytes = sealed()
    citizen_name: bytes | None = sealed(required=False)
    citizen_phone: bytes | None = sealed(required=False)
    citizen_address: bytes | None = sealed(required=False)
    citizen_email: bytes | None = sealed(required=False)
    citizen_account: bytes | None = sealed(required=False)
    citizen_device: bytes | None = sealed(required=False)
    location: bytes | None = sealed(required=False)
    address_id: bytes | None = sealed(required=False)
    lat: float | None = None
    long: float | None = None
    media_url: bytes | None = sealed(required=False)
    service_code: str | None = None
    complained_of: str | None = None
    answers: bytes | None = sealed(required=False)
    listed: bool = Field(False, sa_column_kwargs={"server_default": text("false")})
    confidential: bool = Field(False, sa_column_kwargs={"server_default": text("false")})
    taken_by: str | None = None
    phone_index: str | None = Field(None, index=True)
    policy_hash: str
    intake_key: str | None = Field(None, unique=True)
    workflow_started: bool = Field(False, sa_column_kwargs={"server_default": text("false")})
    created_at: datetime = recorded()


class OrderViewRow(Table, table=True):
    """The read model: `view` is the whole `OrderView`, the other columns are for filters and sorting.

    `rank` and `sort_due` turn the sort order of a list (priority falling, due moment rising, none last) into a purely
    rising one, so that a single index and a row comparison serve it.
    """

    __tablename__ = "order_views"
    __table_args__ = (
        Index("ix_order_views_list", "realm", "rank", "sort_due", "no"),
        Index("ix_order_views_regime_stage", "realm", "regime", "stage"),
        Index("ix_order_views_units", "units", postgresql_using="gin"),
    )

    no: str = Field(primary_key=True)
    seq: int
    realm: str
    regime: str
    stage: str
    category: str
    grade: str
    units: list[str] = words()
    light: str
    next_due: datetime | None = moment(required=False)
    overdue: bool
    priority: int = Field(sa_type=SmallInteger)
    outcome: str | None = None
    view: dict[str, Any] = document()
    rank: int = Field(None, sa_column=Column(SmallInteger, Computed("- priority", persisted=True), nullable=False))
    sort_due: datetime = Field(
        None,
        sa_column=Column(
            TIMESTAMP(timezone=True),
            Computed("COALESCE(next_due, '9999-12-31 00:00:00+00'::timestamp with time zone)", persisted=True),
            nullable=False,
        ),
    )
    step_at: datetime | None = moment(required=False)
    """When the workflow step that last wrote this row began."""
    updated_at: datetime = recorded()


class AuditEntry(Table, table=True):
    """A link of an order's chain. `seq` is that of the workflow's event; refusals have none.

    No foreign key: the trail is recorded even if the intake row still has to be repaired. `at` is
    the order's clock; `recorded_at` the server's, by which the daily anchor finds what has grown.
    """

    __tablename__ = "audit_trail"
    __table_args__ = (
        Index("ix_audit_trail_order_no_seq", "order_no", "seq"),
        Index("ix_audit_trail_event_at", "event", "at"),
        Index("ix_audit_trail_recorded_at", "recorded_at", postgresql_using="brin"),
    )

    order_no: str = Field(primary_key=True)
    position: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    seq: int | None = None
    at: datetime = moment()
    event: str
    actor: str
    data: dict[str, Any] = document()
    previous_hash: str
    hash: str
    recorded_at: datetime = recorded()


class Approval(Table, table=True):
    """An approval, with columns for its deciders' queue; `key` is `<order_no>:<id>`."""

    __tablename__ = "approvals"
    __table_args__ = (Index("ix_approvals_open", "realm", "status", "opened_at", "key"),)

    key: str = Field(primary_key=True)
    order_no: str = Field(index=True)
    id: str
    realm: str
    regime: str
    kind: str
    stage: str
    by_roles: list[str] = words()
    unit: str | None = None
    status: str
    opened_at: datetime = moment()
    due_at: datetime | None = moment(required=False)


class Document(Table, table=True):
    """A text that somebody wrote on an order. `fingerprint` finds equal texts (DL-10)."""

    __tablename__ = "documents"
    __table_args__ = (Index("ix_documents_fingerprint", "realm", "fingerprint", "kind"),)

    id: str = Field(primary_key=True)
    order_no: str = Field(index=True)
    realm: str
    kind: str
    field: str
    text: bytes = sealed()
    fingerprint: str
    created_at: datetime = recorded()


class Attachment(Table, table=True):
    """Metadata of an uploaded file; its bytes are in the object store under `object_key`.

    Without `order_no` it belongs to its uploader, and to their `unit` in `regime`, until a command names it; when such
    a command is accepted it is `bound`.
    """

    __tablename__ = "attachments"
    __table_args__ = (
        Index("ix_attachments_loose", "uploaded_by", "created_at", postgresql_where=text("order_no IS NULL")),
        Index("ix_attachments_object_key", "object_key"),
    )

    id: str = Field(primary_key=True)
    order_no: str | None = Field(None, index=True)
    bound: bool = Field(False, sa_column_kwargs={"server_default": text("false")})
    realm: str = Field("", sa_column_kwargs={"server_default": text("''")})
    regime: str | None = None
    unit: str | None = None
    phase: str = Field("other", sa_column_kwargs={"server_default": text("'other'")})
    note: bytes | None = sealed(required=False)
    captured_at: datetime | None = moment(required=False)
    scan: str = Field("off", sa_column_kwargs={"server_default": text("'off'")})
    thumbnail_key: str | None = None
    name: bytes = sealed()
    media_type: str
    size: int = Field(sa_column=Column(Integer, nullable=False))
    sha256: str
    object_key: str
    uploaded_by: str
    created_at: datetime = recorded()


class Archive(Table, table=True):
    """The object key of an archived order's bundle, kept after its erasure; `sha256` is that of its bytes.

    An order on hold is never erased. With `erasing_at` and without `erased_at` its erasure has begun and not ended.
    `late_at` is when the first row with personal data came that is not erased yet; triggers of the tables that hold
    such rows set it.
    """

    __tablename__ = "archives"
    __table_args__ = (
        Index("ix_archives_kept", "created_at", postgresql_where=text("erased_at IS NULL")),
        Index("ix_archives_late", "late_at", postgresql_where=text("late_at IS NOT NULL")),
    )

    order_no: str = Field(primary_key=True)
    bundle: str
    sha256: str
    erasing_at: datetime | None = moment(required=False)
    erased_at: datetime | None = moment(required=False)
    late_at: datetime | None = moment(required=False)
    held_at: datetime | None = moment(required=False)
    hold_reason: bytes | None = sealed(required=False)
    created_at: datetime = recorded()
