"""Delivery reports and ratings, given only what they need."""

from adapters.database.audit.trail import Trail
from adapters.database.engine import Database
from adapters.database.orders.orders import Orders
from adapters.database.telephone.call_tasks import CallTasks
from adapters.database.telephone.messages import Messages
from adapters.database.telephone.opt_outs import OptOuts
from adapters.policy.rule_books import RuleBooks
from adapters.settings.settings import ROOT
from adapters.twilio.client import OPTED_OUT
from application.callbacks.citizen_answers import RatingNeeds, satisfied_from
from application.callbacks.delivery_reports import DeliveryNeeds, report
from domain.citizen.outbound_records import NewMessage
from domain.policy.rule_book import Regime
from domain.words import Role, Stage, Template
from tests.adapters.orders_at_hand import batch, new_order
from tests.application.needs import only


async def test_the_order_s_own_rules_say_who_is_satisfied(database: Database) -> None:
    book = RuleBooks.load(ROOT / "policies.yaml").regimes["huojia"]

    async def rules_of(_order: object) -> Regime:
        return book

    services = only(RatingNeeds, orders=Orders(database), rules_of=rules_of)
    await services.orders.open(new_order("A"))
    assert await satisfied_from(services, "A") == book.callbacks.satisfied_from


async def test_after_the_end_of_an_order_somebody_telephones_instead(database: Database) -> None:
    messages, call_tasks, opt_outs = Messages(database), CallTasks(database), OptOuts(database)
    services = only(DeliveryNeeds, orders=Orders(database), messages=messages, call_tasks=call_tasks, opt_outs=opt_outs)
    await services.orders.open(new_order("A"))
    await Trail(database).record(batch("A", 1, 1, stage=Stage.ARCHIVED))
    notice = NewMessage("A", "N1", 1, Template.SUPERVISION, Role.UNIT_CLERK, "housing", None, "13800138000", "已办结")
    await messages.claim(notice)
    await messages.sent(notice.key, "SM1")
    await report(services, "SM1", "undelivered", OPTED_OUT)
    (task,) = (await call_tasks.waiting(regime="huojia")).items
    assert (task.order_no, task.to_role, task.unit) == ("A", Role.UNIT_CLERK, "housing")
    assert await opt_outs.holds("13800138000")
    settled = await messages.get(notice.key)
    assert settled is not None and settled.settled_at is not None


async def test_a_report_about_an_unknown_message_changes_nothing(database: Database) -> None:
    await report(only(DeliveryNeeds, messages=Messages(database)), "SM9", "undelivered")
