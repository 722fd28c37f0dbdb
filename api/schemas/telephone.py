"""Answers about texts and calls; numbers are masked unless the reader may see them and asks to (NA-06)."""

from datetime import datetime

from adapters.database.telephone.call_tasks import TelephoneTask
from adapters.database.telephone.callbacks import Callback
from adapters.database.telephone.inbound_messages import Inbound
from api.schemas.base import Shape
from domain.access.masking import masked_phone, unnamed
from domain.access.public_text import HIDDEN
from domain.citizen.outbound_records import OutboundCall, OutboundMessage
from domain.order.records import StoredCitizen
from domain.words import Role


class CallbackOut(Shape):
    """A call owed to a citizen: `party` is the order under which they called, `attempts` counts the next one too."""

    order: str
    party: str
    round: int
    attempts: int
    due_at: datetime | None
    regime: str
    phone: str | None

    @classmethod
    def of(cls, row: Callback, phone: str | None) -> "CallbackOut":
        """From the queue; `phone` as it may be shown."""
        return cls.model_validate(row.model_dump() | {"order": row.order_no, "phone": phone})


class CallTaskOut(Shape):
    """Somebody to telephone, and the notice that did not reach them; `key` is what `/call-tasks/{key}/done` takes."""

    key: str
    order: str
    regime: str
    template: str
    to_role: str
    unit: str | None
    party: str | None
    phone: str | None
    created_at: datetime
    done_by: str | None
    done_at: datetime | None

    @classmethod
    def of(cls, row: TelephoneTask, phone: str | None = None) -> "CallTaskOut":
        """From the queue; `phone` as it may be shown."""
        return cls.model_validate(row.model_dump() | {"order": row.order_no, "phone": phone})


class InboundOut(Shape):
    """A text that came in; `state` is what became of it, `received` as long as nothing has."""

    sid: str
    state: str
    order: str | None
    party: str | None
    phone: str
    body: str | None
    created_at: datetime

    @classmethod
    def of(
        cls, row: Inbound, *, words: bool = True, shielded: bool = False, leave_out: StoredCitizen | None = None
    ) -> "InboundOut":
        """From what was kept.

        Without `words` it does not say what was written, and `shielded` not who wrote; whom to `leave_out` of the words
        is for those whose work has nothing to do with citizens.
        """
        phone = HIDDEN if shielded else masked_phone(row.from_phone)
        body = row.body if leave_out is None else unnamed(row.body, leave_out.name, leave_out.address)
        shown = {"order": row.order_no, "phone": phone, "body": body if words else None}
        return cls.model_validate(row.model_dump() | shown)


class MessageOut(Shape):
    """A text to one contact of a notice; `segments` is what it is billed as."""

    key: str
    notice: str
    rank: int
    template: str
    to_role: str
    unit: str | None
    party: str | None
    phone: str
    body: str
    status: str
    error: str | None
    segments: int
    sent_at: datetime | None
    settled_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, row: OutboundMessage, *, shielded: bool = False) -> "MessageOut":
        """From what was sent; `shielded` it does not say to which number of a citizen."""
        phone = HIDDEN if shielded and row.to_role == Role.CITIZEN else masked_phone(row.to_phone)
        shown = {"phone": phone, "sent_at": row.attempted_at}
        return cls.model_validate(row.model_dump() | shown)


class CallOut(Shape):
    """An automatic call to a citizen, and the ratings that were given in it."""

    party: str
    round: int
    attempt: int
    phone: str
    status: str
    error: str | None
    handling_rating: int | None
    intake_rating: int | None
    created_at: datetime

    @classmethod
    def of(cls, row: OutboundCall, *, shielded: bool = False) -> "CallOut":
        """From what was called; `shielded` it does not say which number."""
        return cls.model_validate(row.model_dump() | {"phone": HIDDEN if shielded else masked_phone(row.to_phone)})


class Conversation(Shape):
    """All that was texted and telephoned about an order, each list the oldest first."""

    sent: tuple[MessageOut, ...]
    received: tuple[InboundOut, ...]
    calls: tuple[CallOut, ...]
