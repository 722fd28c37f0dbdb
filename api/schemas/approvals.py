"""Answers about approvals."""

from datetime import datetime

from adapters.database.orders.approvals import ApprovalRow
from api.schemas.base import Shape


class ApprovalOut(Shape):
    """A decision that is waited for; `id` is what `/approvals/{id}/decision` takes."""

    id: str
    order: str
    regime: str
    kind: str
    stage: str
    by_roles: tuple[str, ...]
    unit: str | None
    status: str
    opened_at: datetime
    due_at: datetime | None

    @classmethod
    def of(cls, row: ApprovalRow) -> "ApprovalOut":
        """From the read model."""
        return cls.model_validate(row.model_dump() | {"id": row.key, "order": row.order_no})


class Sent(Shape):
    """The decision is on its way to the order."""

    id: str
    status: str = "sent"
