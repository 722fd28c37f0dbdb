"""Every table. Importing this module completes `Table.metadata`, which tests compare with the migrations."""

from adapters.database.tables.audit import ActRow, AnchoredHead, AnchorRow
from adapters.database.tables.city import CityCursor, CityMessage
from adapters.database.tables.columns import Table
from adapters.database.tables.exchanges import (
    Call,
    CallbackTask,
    CallTask,
    IdempotencyKey,
    InboundMessage,
    Message,
    OptOut,
    PolicySnapshot,
)
from adapters.database.tables.intake import ApiKey, OrderViewer
from adapters.database.tables.orders import (
    ORDER_NO,
    Approval,
    Archive,
    Attachment,
    AuditEntry,
    Document,
    OrderViewRow,
    WorkOrder,
)
from adapters.database.tables.people import Contact, SignInFailure, SignInSession, Unit, User

__all__ = [
    "ORDER_NO",
    "ActRow",
    "AnchorRow",
    "AnchoredHead",
    "ApiKey",
    "Approval",
    "Archive",
    "Attachment",
    "AuditEntry",
    "Call",
    "CallTask",
    "CallbackTask",
    "CityCursor",
    "CityMessage",
    "Contact",
    "Document",
    "IdempotencyKey",
    "InboundMessage",
    "Message",
    "OptOut",
    "OrderViewRow",
    "OrderViewer",
    "PolicySnapshot",
    "SignInFailure",
    "SignInSession",
    "Table",
    "Unit",
    "User",
    "WorkOrder",
]
