"""What goes out: the JSON shapes of answers, masked where they speak of a citizen (NA-06)."""

from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from adapters.database.approvals import ApprovalRow
from adapters.database.orders import Citizen, Listed, Order
from domain.catalogue import Proposal
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
    """A bearer token; `expires_in` in seconds."""

    access_token: str
    token_type: str = "bearer"  # noqa: S105 (the name of a kind)
    expires_in: int
    role: str
    unit: str | None
    regime: str | None


class Opened(Shape):
    """The number of an order that was taken in."""

    no: str


class CitizenOut(Shape):
    """Who made the demand."""

    name: str | None
    phone: str | None
    address: str | None


class OrderSummary(Shape):
    """A row of a list. `waiting`: on whom the order waits now."""

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
    created_at: datetime

    @classmethod
    def of(cls, row: Listed) -> "OrderSummary":
        """From a row of the read model."""
        return cls.model_validate(row.view.model_dump() | row.model_dump(exclude={"view"}))


class OrderDetail(OrderSummary):
    """One order with all that is known of it."""

    seq: int
    policy_hash: str
    content: str
    matter: str | None
    required_by: datetime | None
    citizen: CitizenOut
    facts: dict[str, Any]
    approvals: tuple[ApprovalView, ...]
    deadlines: tuple[DeadlineView, ...]

    @classmethod
    def of_order(cls, order: Order, view: OrderView, *, reveal: bool) -> "OrderDetail":
        """From what was taken in and where it stands; `reveal` shows the citizen unmasked."""
        citizen = order.citizen if reveal else masked(order.citizen)
        return cls.model_validate(order.model_dump() | view.model_dump() | {"citizen": citizen.model_dump()})


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
    """Surname, first three and last two digits, and no address."""
    name, phone = citizen.name, citizen.phone
    return Citizen(
        name=f"{name[0]}{'*' * max(1, len(name) - 1)}" if name else name,
        phone=masked_phone(phone) if phone else phone,
        address="***" if citizen.address else None,
    )


def masked_phone(phone: str) -> str:
    """First three and last two digits."""
    return f"{phone[:3]}{'*' * max(4, len(phone) - 5)}{phone[-2:]}"
