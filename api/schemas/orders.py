"""Answers about orders, with the citizen masked (NA-06)."""

from datetime import datetime
from typing import Any

from pydantic import computed_field

from adapters.database.orders.orders import ListedOrder
from adapters.database.paging import Page
from api.schemas.base import PageOut, Shape
from application.orders.search import FoundOrder
from domain.access.masking import masked_address, masked_name, masked_phone, unnamed
from domain.access.public_text import HIDDEN
from domain.labels import label
from domain.order.read_model import ApprovalView, DeadlineView, OrderView, Waiting
from domain.order.records import Answer, StoredCitizen, StoredOrder
from domain.order.unit_proposal import Proposal
from domain.privacy import Personal
from domain.words import Category, Light, Outcome, Stage


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
    def of(cls, row: ListedOrder, *, nameless: bool) -> "OrderSummary":
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
    def of_order(cls, order: StoredOrder, view: OrderView, *, nameless: bool, shielded: bool) -> "OrderDetail":
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


class ProposalOut(Shape):
    """The units that the regime's ladder finds for an order."""

    units: tuple[Proposal, ...]


def masked(citizen: StoredCitizen) -> StoredCitizen:
    """Surname, first three and last four digits, the street, no mail."""
    name, phone, address = citizen.name, citizen.phone, citizen.address
    return StoredCitizen(
        name=masked_name(name) if name else name,
        phone=masked_phone(phone) if phone else phone,
        address=masked_address(unnamed(address, name)) if address else None,
        email=HIDDEN if citizen.email else None,
    )


def hidden(citizen: StoredCitizen) -> StoredCitizen:
    """The citizen with every known field hidden."""
    known = citizen.model_dump(include={"name", "phone", "address", "email"})
    return StoredCitizen(**{name: HIDDEN if value else None for name, value in known.items()})


def summaries(found: Page[FoundOrder]) -> PageOut[OrderSummary]:
    """A page of a list of orders, as somebody reads it."""
    items = (OrderSummary.of(each.order, nameless=each.nameless) for each in found.items)
    return PageOut(items=tuple(items), next=found.next)
