"""Use cases of orders, given only what they need."""

from datetime import timedelta
from typing import Any

import pytest
from temporalio.service import RPCError, RPCStatusCode

from adapters.auth.tokens import Identity
from adapters.database.access.confidentiality import Entry, Viewers
from adapters.database.accounts.users import Users
from adapters.database.audit.acts import ActFilter, Acts
from adapters.database.audit.trail import Trail
from adapters.database.engine import Database
from adapters.database.orders.documents import Documents
from adapters.database.orders.orders import Orders
from adapters.database.orders.rule_books import RuleBookHistory
from adapters.database.units import UnitDirectory
from adapters.policy.rule_books import RuleBooks
from adapters.settings.settings import ROOT, Settings
from application.audit.acts import Origin
from application.orders.actor import Actor
from application.orders.commands import FindOrderNeeds
from application.orders.intake import IntakeNeeds, OrderRequest, open_order
from application.orders.rehearsal_context import RehearsalContext
from application.orders.search import OrderQuery, SearchNeeds, find_orders
from application.orders.visibility import visible
from domain.access.acts import Deed
from domain.refusal import Code, Refused
from domain.words import Role
from tests.adapters.orders_at_hand import NINE, batch, new_order
from tests.application.needs import only
from workflows.messages import WorkOrderInput

AGENT = Actor(Role.AGENT, "li")
DEMAND = OrderRequest.model_validate(
    {"policy": "gaotai", "category": "complaint", "title": "路灯不亮", "content": "小区路灯不亮"}
)


class Temporal:
    """A client that notes the workflows that it starts, or does not reach its server."""

    def __init__(self, status: RPCStatusCode | None = None) -> None:
        self.status = status
        self.started: list[WorkOrderInput] = []

    async def start_workflow(self, _workflow: str, start: WorkOrderInput, **_options: Any) -> None:
        """Start, or raise RPCError."""
        if self.status is not None:
            raise RPCError("no server", self.status, b"")
        self.started.append(start)


def intake(database: Database, client: Temporal) -> Any:
    """All that intake needs, on this database."""
    books = RuleBooks.load(ROOT / "policies.yaml")

    async def rules(regime: str, _policy_hash: str) -> Any:
        return books.regimes[regime]

    return only(
        IntakeNeeds,
        rule_books=books,
        client=client,
        settings=Settings.model_validate({}),
        orders=Orders(database),
        users=Users(database),
        catalogue=UnitDirectory(database),
        documents=Documents(database),
        rule_book_history=RuleBookHistory(database),
        rules=rules,
    )


async def test_a_demand_is_kept_while_temporal_is_away(database: Database) -> None:
    services = intake(database, Temporal(RPCStatusCode.UNAVAILABLE))
    no = await open_order(services, DEMAND, by=AGENT)
    kept = await services.orders.get(no)
    assert (kept.title, kept.taken_by, kept.workflow_started) == ("路灯不亮", "li", False)
    assert [order.no for order in await services.orders.unstarted(timedelta(0))] == [no]


async def test_a_real_order_starts_at_the_real_time(database: Database) -> None:
    services = intake(database, Temporal())
    await open_order(services, DEMAND, by=AGENT, no="A")
    (start,) = services.client.started
    assert (start.clock_offset, start.held_moments) == (timedelta(0), ())
    assert (start.opened_by, start.opened_by_person) == (Role.AGENT, "li")


async def test_a_rehearsal_is_opened_in_its_own_world(database: Database) -> None:
    services = intake(database, Temporal())
    skipping: Any = Temporal()
    world = RehearsalContext("rehearsal", timedelta(days=9), (NINE,), skipping)
    await open_order(services, DEMAND, by=AGENT, no="A", rehearsal=world)
    assert (await services.orders.get("A")).realm == "rehearsal"
    assert [(start.clock_offset, start.held_moments) for start in skipping.started] == [(timedelta(days=9), (NINE,))]
    assert services.client.started == []


async def test_a_rehearsal_fails_while_temporal_is_away(database: Database) -> None:
    away: Any = Temporal(RPCStatusCode.UNAVAILABLE)
    world = RehearsalContext("rehearsal", timedelta(0), (), away)
    with pytest.raises(RPCError):
        await open_order(intake(database, Temporal()), DEMAND, by=AGENT, no="A", rehearsal=world)


async def test_a_list_of_orders_is_noted(database: Database) -> None:
    services = only(SearchNeeds, orders=Orders(database), acts=Acts(database))
    await services.orders.open(new_order("A"))
    await Trail(database).record(batch("A", 1, 1))
    supervisor = Identity(sub="wang", role=Role.SUPERVISOR, regime="huojia")
    page = await find_orders(services, Origin("here", "r-1"), supervisor, OrderQuery())
    assert [found.order.view.no for found in page.items] == ["A"]
    (noted,) = (await services.acts.find(ActFilter(deed=Deed.ORDERS_LISTED))).items
    assert (noted.act.person, noted.act.data["count"]) == ("wang", 1)


async def test_a_confidential_order_is_unknown_to_others(database: Database) -> None:
    services = only(FindOrderNeeds, orders=Orders(database), viewers=Viewers(database))
    entry = Entry("li", Role.AGENT, NINE)
    await services.orders.open(new_order("A", confidential=True, taken_by="li"), viewers=["zhao"], entry=entry)
    order, _ = await visible(services, Identity(sub="zhao", role=Role.SUPERVISOR, regime="huojia"), "A")
    assert order.no == "A"
    with pytest.raises(Refused) as refused:
        await visible(services, Identity(sub="qian", role=Role.SUPERVISOR, regime="huojia"), "A")
    assert refused.value.code is Code.UNKNOWN_ORDER
