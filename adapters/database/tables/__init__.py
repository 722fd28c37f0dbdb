"""Every table. Importing this module makes `Table.metadata` complete, which migrations are compared with."""

from adapters.database.tables.columns import Table
from adapters.database.tables.exchanges import CallbackTask, IdempotencyKey, Message, PolicySnapshot
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
from adapters.database.tables.people import Contact, Unit, User

__all__ = [
    "ORDER_NO",
    "ApiKey",
    "Approval",
    "Archive",
    "Attachment",
    "AuditEntry",
    "CallbackTask",
    "Contact",
    "Document",
    "IdempotencyKey",
    "Message",
    "OrderViewRow",
    "OrderViewer",
    "PolicySnapshot",
    "Table",
    "Unit",
    "User",
    "WorkOrder",
]
