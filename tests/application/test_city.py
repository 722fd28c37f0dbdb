"""A message of the city platform, carried out with only what it needs."""

import json
from typing import Any

from adapters.database.city.messages import REFUSED, WAITING, WEBHOOK, CityMessages
from adapters.database.engine import Database
from adapters.database.orders.orders import Orders
from adapters.policy.rule_books import RuleBooks
from adapters.settings.settings import ROOT
from application.city.inbox import receive
from application.city.message_handlers import CityMessageNeeds
from domain.refusal import Code
from tests.application.needs import only


def services(database: Database) -> Any:
    """What an urging for an order needs that is not here yet."""
    books = RuleBooks.load(ROOT / "policies.yaml")
    return only(CityMessageNeeds, rule_books=books, city_messages=CityMessages(database), orders=Orders(database))


def urging(id_: str, area: str) -> bytes:
    data = {"order_no": "S-1", "opinion": "请尽快办理"}
    return json.dumps({"id": id_, "type": "urge", "area": area, "data": data}).encode()


async def test_a_message_waits_for_its_order(database: Database) -> None:
    kept = await receive(services(database), "m-1", urging("m-1", "410724"), WEBHOOK)
    assert (kept.state, kept.code) == (WAITING, Code.UNKNOWN_ORDER)


async def test_a_message_for_no_county_is_refused(database: Database) -> None:
    kept = await receive(services(database), "m-1", urging("m-1", "000000"), WEBHOOK)
    assert (kept.state, kept.code) == (REFUSED, Code.INVALID)
