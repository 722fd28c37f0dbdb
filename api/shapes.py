"""What goes out: the JSON shapes of answers, masked where they speak of a citizen (NA-06)."""

from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, computed_field

from adapters.database.approvals import ApprovalRow
from adapters.database.city_messages import CityMessageRow
from adapters.database.orders import Citizen, Listed, Order
from domain.catalogue import Proposal
from domain.labels import label
from domain.masking import masked_address, masked_name, masked_phone, unnamed
from domain.open311 import Answer
from domain.privacy import Personal
from domain.public_text import HIDDEN
from domain.view import ApprovalView, DeadlineView, OrderView, Waiting
from domain.words import Category, Light, Outcome, Stage

T = TypeVar("T")


class Shape(BaseModel):
    """An answer, made from attributes or from more than it shows."""

    model_config = ConfigDict(frozen=True, from_attributes=True, extra="ignore")


class PageOut(Shape, Generic[T]):
    """Some of a list. `next` is the `cursor` of the following page, null on the last."""

    items: tuple[T, ...]
    next: str | None = None


class Token(Shape):
    """A bearer token; `expires_in` in seconds. `duty`: what has to be done under `/account` before it opens more."""

    access_token: str
    token_type: str = "bearer"  # noqa: S105 (the name of a kind)
    expires_in: int
    role: str
    unit: str | None
    regime: str | None
    duty: str | None = None


class Opened(Shape):
    """The number of an order that was taken in."""

    no: str


class CitizenOut(Shape):
    """Who made the demand."""

    name: str | None
    phone: str | None
    address: str | None


class OrderSummary(Shape):
    """A row of a list. `waiting`: on whom the order waits now; `confidential`: named people alone see it.

    `complained_of` is the unit that an order complains of; its people do not read who complained (HK-17).
    """

    no: str
    regime: str
    category: Category
    grade: str
    marks: tuple[str, ...]
    source: str
    stage: Stage
    units: tuple[str, ...]
    light: Light
    next_due: datetime | None
    provisional: bool
    overdue: bool
    priority: int
    waiting: tuple[Waiting, ...]
    outcome: Outcome | None
    title: str
    area: str | None
    city_no: str | None
    confidential: bool
    complained_of: str | None
    created_at: datetime

    @computed_field  # type: ignore[prop-decorator]
    @property
    def source_name(self) -> str:
        """The way by which it came in, in Chinese (GT-02, RG-02)."""
        return label(self.source, "source")

    @classmethod
    def of(cls, row: Listed, *, nameless: bool) -> "OrderSummary":
        """From a row of the read model; `nameless` with the citizen left out of the title."""
        shown = row.view.model_dump() | row.model_dump(exclude={"view", "citizen"})
        if nameless:
            shown["title"] = unnamed(row.title, row.citizen.name, row.citizen.address)
        return cls.model_validate(shown)


class OrderDetail(OrderSummary):
    """One order with all that is known of it.

    `location`, `lat` and `long` (WGS 84) are where the matter is; `service_code`, `answers` and `media_url` what came
    through the public interface.
    """

    seq: int
    policy_hash: str
    content: str
    matter: str | None
    required_by: datetime | None
    location: str | None
    lat: float | None
    long: float | None
    service_code: str | None
    answers: tuple[Answer, ...]
    media_url: str | None
    citizen: CitizenOut
    citizen_email: str | None
    facts: dict[str, Any]
    approvals: tuple[ApprovalView, ...]
    deadlines: tuple[DeadlineView, ...]

    @classmethod
    def of_order(cls, order: Order, view: OrderView, *, nameless: bool, shielded: bool) -> "OrderDetail":
        """From what was taken in and where it stands, the citizen masked.

        `nameless` with the citizen left out of what was written; `shielded` from the unit complained of, which reads
        nothing at all of them, where they live and what they brought.
        """
        citizen = hidden(order.citizen) if shielded else masked(order.citizen)
        told: dict[str, Any] = {"citizen": citizen.model_dump(), "citizen_email": citizen.email}
        told["city_no"] = order.city_no or order.city_ref
        if nameless or shielded:
            for name in ("title", "content", "location"):
                if text := getattr(order, name):
                    told[name] = unnamed(text, order.citizen.name, order.citizen.address)
        if shielded:
            told |= {"lat": None, "long": None, "answers": (), "media_url": None}
            told["location"] = masked_address(told["location"]) if order.location else None
        return cls.model_validate(order.model_dump() | view.model_dump() | told)


class Unmasked(Shape):
    """What was asked for of a citizen, in full; null for what is not known of them."""

    no: str
    citizen: dict[Personal, str | None]


class ComplainedOf(Shape):
    """The unit that an order complains of, null if none is known."""

    no: str
    complained_of: str | None


class ViewersOut(Shape):
    """Who may see a confidential order, beside the hotline's director; `taken_by` took it in."""

    no: str
    taken_by: str | None
    viewers: tuple[str, ...]


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


class CityTaken(Shape):
    """What became of a message of the city platform: `taken`, or `waiting` until it can be carried out."""

    message: str
    state: str
    no: str | None
    city_no: str | None


class CityMessageOut(Shape):
    """A message of the city platform; `code` and `reason` say why it was refused, or what it waits for.

    `no` is our number of the order, `via` `webhook` or `outbox`, `attempts` how often it was tried.
    `told`: the platform knows what became of it; `receipt_refused`: the answer with which it would not hear that.
    """

    id: str
    type: str
    via: str
    state: str
    regime: str | None
    no: str | None
    city_no: str | None
    code: str | None
    reason: str | None
    clause: str | None
    attempts: int
    told: bool
    receipt_refused: str | None
    received_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: CityMessageRow) -> "CityMessageOut":
        """From what is kept."""
        return cls.model_validate(row.model_dump() | {"no": row.order_no})


class CityMessageDetail(CityMessageOut):
    """One message with what it said."""

    body: str


class UnitOut(Shape):
    """An office of the dispatch catalogue."""

    id: str
    regime: str
    name: str
    area: str | None
    duties: tuple[str, ...]
    emergency_level: str | None


class ProposalOut(Shape):
    """The units that the regime's ladder finds for an order."""

    units: tuple[Proposal, ...]


class PolicyOut(Shape):
    """A rule book in force."""

    id: str
    name: str
    title: str
    hash: str
    grades: dict[str, str]


class PolicyRules(PolicyOut):
    """A rule book with every rule, as `policies.yaml` spells them out after inheritance."""

    rules: dict[str, Any]


class Health(Shape):
    """Whether this process, or each thing that it needs, answers."""

    status: str
    database: bool | None = None
    temporal: bool | None = None


def masked(citizen: Citizen) -> Citizen:
    """Surname, first three and last four digits, the street, no mail."""
    name, phone, address = citizen.name, citizen.phone, citizen.address
    return Citizen(
        name=masked_name(name) if name else name,
        phone=masked_phone(phone) if phone else phone,
        address=masked_address(unnamed(address, name)) if address else None,
        email=HIDDEN if citizen.email else None,
    )


def hidden(citizen: Citizen) -> Citizen:
    """That something is known, and nothing of it."""
    known = citizen.model_dump(include={"name", "phone", "address", "email"})
    return Citizen(**{name: HIDDEN if value else None for name, value in known.items()})
