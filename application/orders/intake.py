"""Opens an order: writes its row and starts its workflow under one number, and a retry completes either
(docs/architecture.md#what-is-stored-where).
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Any, NamedTuple, Protocol

from pydantic import AliasChoices, Field, StrictBool, model_validator
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from adapters.database.access.confidentiality import Entry
from adapters.database.accounts.users import Users
from adapters.database.orders.documents import Documents
from adapters.database.orders.orders import Orders
from adapters.database.orders.rule_books import RuleBookHistory
from adapters.database.units import UnitDirectory
from adapters.policy.rule_books import RuleBooks
from adapters.settings.settings import Settings
from application.input_types import (
    DateOrMoment,
    Digits,
    InputModel,
    Latitude,
    Longitude,
    LongText,
    Mail,
    Name,
    Phone,
    Slug,
    Source,
)
from application.orders.actor import Actor
from application.orders.rehearsal_context import RehearsalContext
from domain.calendar.business_calendar import CST
from domain.labels import label
from domain.order.decider import initial
from domain.order.order import Order
from domain.order.records import Answer, NewOrder, StoredCitizen, StoredRuleBook
from domain.policy.rule_book import Regime
from domain.refusal import Code, Refused, quoted
from domain.words import CITY_SOURCE, Category, Mark, Role
from workflows.ids import WORK_ORDER, work_order_id
from workflows.messages import WorkOrderInput
from workflows.search_attributes import attributes

log = logging.getLogger(__name__)

RPC = timedelta(seconds=10)
INTAKE_DOCUMENT = "open_order"
PASSING = frozenset({RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.RESOURCE_EXHAUSTED})
"""Transient states of the server."""


class Citizen(InputModel):
    """Who makes the demand. All of it is kept encrypted."""

    name: str | None = Field(default=None, max_length=100)
    phone: Phone | None = Field(default=None, examples=["13900000000"])
    email: Mail | None = None
    address: str | None = Field(default=None, max_length=300)
    id_number: str | None = Field(default=None, pattern=r"^[0-9A-Za-z]{6,20}$")


class OrderRequest(InputModel):
    """A demand as it is taken in. `policy` is the id of the county's rule book.

    `location`, `lat` and `long` (WGS 84) are where the matter is. `viewers` are the users who may see a `confidential`
    order, beside whoever takes it in and the hotline's director. The people of the unit that is `complained_of` do not
    read who complained (HK-17).
    """

    regime: Slug = Field(validation_alias=AliasChoices("policy", "regime"))
    category: Category
    grade: Slug | None = None
    source: Annotated[Source, Digits] = "phone"
    title: str = Field(min_length=1, max_length=200)
    content: LongText = Field(min_length=1)
    citizen: Citizen = Citizen()
    marks: frozenset[Mark] = frozenset()
    area: str | None = Field(default=None, max_length=100)
    matter: Slug | None = None
    required_by: DateOrMoment | None = None
    city_no: Name | None = None
    location: str | None = Field(default=None, max_length=300)
    lat: Latitude | None = None
    long: Longitude | None = None
    confidential: StrictBool = False
    complained_of: Name | None = None
    viewers: tuple[Name, ...] = Field(default=(), max_length=50)

    @model_validator(mode="after")
    def _whole(self) -> "OrderRequest":
        if (self.lat is None) != (self.long is None):
            raise ValueError("lat 和 long 须同时给出")
        if self.viewers and not self.confidential:
            raise ValueError("只有保密工单（confidential: true）才指定可见人 viewers")
        return self


class PublicDemand(NamedTuple):
    """More fields of a demand through the public interface (Open311), by the names of that standard."""

    service_code: str
    listed: bool
    answers: tuple[Answer, ...] = ()
    address_id: str | None = None
    media_url: str | None = None
    account: str | None = None
    device: str | None = None


class RuleBookNeeds(Protocol):
    """The rule books in force, and their calendar."""

    rule_books: RuleBooks


class UserNeeds(Protocol):
    """Needed to check the names of users."""

    users: Users


class UnitNeeds(Protocol):
    """Needed to check the names of units."""

    catalogue: UnitDirectory


class StartNeeds(RuleBookNeeds, Protocol):
    """Needed to start the workflow of an order."""

    client: Client
    orders: Orders
    settings: Settings

    async def rules(self, regime: str, policy_hash: str) -> Regime:
        """The rule book under a hash. Raises LookupError."""


class IntakeNeeds(StartNeeds, UserNeeds, UnitNeeds, Protocol):
    """Needed to open an order."""

    documents: Documents
    rule_book_history: RuleBookHistory


async def open_order(
    services: IntakeNeeds,
    request: OrderRequest,
    *,
    by: Actor,
    no: str | None = None,
    intake_key: str | None = None,
    public: PublicDemand | None = None,
    rehearsal: RehearsalContext | None = None,
) -> str:
    """Open an order and return its number; repeated under one `no` or `intake_key` it is one order.

    An order of the city platform is identified by its `city_no` too; the same number from anybody else is refused.

    A real order whose workflow cannot be started now is kept; `application.jobs.start_unstarted_orders` starts it
    later.
    Raises Refused: `invalid` for an unknown regime, grade or viewer, `unknown_unit`, `already_done` for a city
    number that another order has; RPCError for a rehearsal's order.
    """
    regime = services.rule_books.regime(request.regime)
    realm = rehearsal.realm if rehearsal is not None else ""
    await require_users(services, request.regime, request.viewers)
    if request.complained_of is not None:
        await require_unit(services, realm, request.regime, request.complained_of)
    now = datetime.now(CST) + (rehearsal.clock_offset if rehearsal is not None else timedelta(0))
    new = NewOrder(
        no=no or await services.orders.allocate_no(now.date()),
        realm=realm,
        policy_hash=services.rule_books.hashes[request.regime],
        grade=request.grade or regime.default_grade,
        taken_by=by.person or None,
        **_stored_fields(request, public),
    )
    initial_state(services, regime, new)
    rule_book = StoredRuleBook(new.policy_hash, request.regime, regime.model_dump(mode="json"))
    await services.rule_book_history.put(rule_book)
    entry = Entry(by.person, by.role, now) if new.confidential else None
    opened = await services.orders.open(new, intake_key=intake_key, viewers=request.viewers, entry=entry)
    if opened.of_city_no and by.role is not Role.CITY_PLATFORM:
        raise await _known_city_no(services, opened.no, request.city_no)
    if request.citizen.id_number is not None:
        await _keep_id_number(services, opened.no, realm, request.citizen.id_number)
    try:
        stored = new if opened.created else await services.orders.get(opened.no) or new
        await start(services, stored, by=by, rehearsal=rehearsal)
    except RPCError as error:
        if rehearsal is not None or error.status not in PASSING:
            raise
        log.warning("workflow of %s not started, the sweep will: %s", opened.no, error.status.name)
    return opened.no


async def start(
    services: StartNeeds,
    stored: NewOrder,
    *,
    by: Actor | None = None,
    rehearsal: RehearsalContext | None = None,
) -> None:
    """Start the workflow of a stored order. One that runs, or has ended, is left alone.

    Each call ends within `RPC`; the client repeats it while the server is busy. Raises RPCError.
    """
    by = by or Actor(Role.CITY_PLATFORM if stored.source == CITY_SOURCE else Role.AGENT)
    regime = await services.rules(stored.regime, stored.policy_hash)
    order = initial_state(services, regime, stored)
    client = rehearsal.client if rehearsal is not None else services.client
    try:
        await client.start_workflow(
            WORK_ORDER,
            WorkOrderInput(
                order=order,
                clock_offset=rehearsal.clock_offset if rehearsal is not None else timedelta(0),
                held_moments=rehearsal.held_moments if rehearsal is not None else (),
                opened_by=by.role,
                opened_by_person=by.person,
            ),
            id=work_order_id(stored.no),
            task_queue=services.settings.task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            search_attributes=attributes(order),
            static_summary=f"{regime.name}｜{label(order.category)}｜{regime.grades[order.grade]}",
            rpc_timeout=RPC,
        )
    except WorkflowAlreadyStartedError:
        log.info("workflow of %s has been started before", stored.no)
    await services.orders.mark_started(stored.no)


def initial_state(services: RuleBookNeeds, regime: Regime, new: NewOrder) -> Order:
    """The initial state of an order's workflow. Raises Refused(invalid) for an unknown grade."""
    return initial(
        new.no,
        new.regime,
        regime,
        services.rule_books.calendar,
        category=Category(new.category),
        grade=new.grade,
        source=new.source,
        marks=frozenset(map(Mark, new.marks)),
        required_by=new.required_by,
        policy_hash=new.policy_hash,
    )


async def require_users(services: UserNeeds, regime: str, names: Iterable[str]) -> None:
    """Check that these users exist and serve the county. Raises Refused(invalid)."""
    for name in names:
        account = await services.users.get(name) if name.isprintable() else None
        if account is None or account.regime not in (None, regime):
            raise Refused(Code.INVALID, f"本地区没有名为“{name[:60]}”的用户")


async def require_unit(services: UnitNeeds, realm: str, regime: str, name: str) -> None:
    """Check that the unit is in the county's catalogue. Raises Refused(unknown_unit)."""
    if name not in {unit.id for unit in await services.catalogue.units(realm=realm, regime=regime)}:
        raise Refused(Code.UNKNOWN_UNIT, f"派单目录中没有单位：{quoted(name)}")


def _stored_fields(request: OrderRequest, public: PublicDemand | None) -> dict[str, Any]:
    """The fields of the order's row that the demand itself gives."""
    public_fields = public._asdict() if public is not None else {}
    citizen = StoredCitizen(
        **request.citizen.model_dump(exclude={"id_number"}),
        account=public_fields.pop("account", None),
        device=public_fields.pop("device", None),
    )
    fields = request.model_dump(exclude={"citizen", "marks", "grade", "viewers"})
    return fields | public_fields | {"citizen": citizen, "marks": tuple(sorted(request.marks))}


async def _known_city_no(services: IntakeNeeds, no: str, city_no: str | None) -> Refused:
    """The refusal of a city number that another order has; a confidential order is not named."""
    other = await services.orders.get(no)
    which = "其他工单" if other is None or other.confidential else f"工单 {no}"
    return Refused(Code.ALREADY_DONE, f"市平台编号 {city_no} 已受理为{which}")


async def _keep_id_number(services: IntakeNeeds, no: str, realm: str, id_number: str) -> None:
    """Store it once, also when the process that wrote the row crashed before this."""
    if not any(text.kind == INTAKE_DOCUMENT for text in await services.documents.of_order(no)):
        await services.documents.save(no, realm, INTAKE_DOCUMENT, "id_number", id_number)
