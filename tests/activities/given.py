"""Helpers for tests of activities: notices, recorded events, contacts and rule books."""

from datetime import datetime
from typing import Any

import httpx
import pytest
from temporalio.testing import ActivityEnvironment
from twilio.http.response import Response  # type: ignore[import-untyped]

from activities.notify import NoticeOutcome, Notify
from adapters.database.audit.trail import Trail
from adapters.database.engine import Database
from adapters.database.orders.orders import Orders
from adapters.database.orders.rule_books import RuleBookHistory
from adapters.database.telephone.messages import Messages
from adapters.database.telephone.opt_outs import OptOuts
from adapters.database.units import UnitDirectory
from adapters.phone_numbers import parse_number
from adapters.twilio.http import RebasedHttpClient
from adapters.twilio.sms import TwilioSms
from domain.order.effects import NotifyEffect
from domain.order.read_model import RecordBatch
from domain.order.records import StoredRuleBook
from domain.units import StoredContact
from tests.adapters.orders_at_hand import NINE, view
from tests.sandbox.words import ACCOUNT, TOKEN

NO = "20261123-000001"
CLERK = "+8613900000001"
CITIZEN = "+8613800138000"
CITY_SECRET = "secret-of-the-city"  # noqa: S105
DUE = datetime.fromisoformat("2026-11-27T00:00:00+08:00")
TEMPLATES = {
    "dispatch": "【12345热线】工单{no}已派至{unit_name}，事项类别：{category}，请于{due_at}前办结答复。",
    "overdue": "【12345热线】工单{no}已超过办理时限（{due_at}），请立即处理并说明情况。",
    "survey": "【12345热线】您反映的事项（编号{no}）已答复，请回复1至5为办理结果评分。",
    "rework": "您好{title}",
}


SENT = NoticeOutcome(sent=True)
DISPATCH = "【12345热线】工单20261123-000001已派至住建局，事项类别：投诉，请于2026年11月26日24:00前办结答复。"


class Phone:
    """A telephone at the gateway."""

    def __init__(self, gateway: str) -> None:
        self._url = f"{gateway}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"

    def bodies(self, number: str) -> list[str]:
        found = httpx.get(self._url, params={"To": number}, auth=(ACCOUNT, TOKEN)).raise_for_status()
        return [message["body"] for message in found.json()["messages"]]


def notice(number: int, template: str = "dispatch", to_role: str = "unit_clerk", **fields: Any) -> NotifyEffect:
    """The effect of a notice, to the clerk of housing unless told otherwise."""
    told = {"unit": "housing", "due_at": DUE} if to_role == "unit_clerk" else {}
    about = {"key": f"{NO}:N{number}", "order_no": NO, "notice": f"N{number}"}
    return NotifyEffect(**(about | {"template": template, "to_role": to_role} | told | fields))


def mumbles(patch: pytest.MonkeyPatch, status: int, body: str) -> None:
    """Make the provider accept messages and answer with this status and body."""
    request = RebasedHttpClient.request

    def mumbling(self: RebasedHttpClient, method: str, *args: Any, **kwargs: Any) -> Response:
        answer = request(self, method, *args, **kwargs)
        return Response(status, body) if method == "POST" else answer

    patch.setattr(RebasedHttpClient, "request", mumbling)


async def recorded(database: Database, no: str, *events: dict[str, Any], **shown: Any) -> None:
    """Record these events, numbered from 1; the default time is nine."""
    numbered = tuple(
        {"seq": seq, "at": NINE.isoformat(), "actor": "system"} | each for seq, each in enumerate(events, 1)
    )
    batch = RecordBatch(order_no=no, events=numbered, view=view(no, len(numbered), **shown))
    await Trail(database).record(batch)


async def reachable(database: Database, number: str) -> None:
    """Give the clerk of housing this number."""
    card = StoredContact(regime="huojia", unit="housing", role="unit_clerk", name="王某", phone=number)
    await UnitDirectory(database).put_contacts([card])


async def perform(database: Database, sms: TwilioSms, effect: NotifyEffect) -> NoticeOutcome:
    orders, catalogue, policies = Orders(database), UnitDirectory(database), RuleBookHistory(database)
    notify = Notify(orders, catalogue, policies, Messages(database), OptOuts(database), sms, parse_number)
    return await ActivityEnvironment().run(notify.notify, effect)


async def routed(database: Database, **messaging: Any) -> None:
    """Adopt a rule book with these messaging rules."""
    rules = {"templates": TEMPLATES, "messaging": messaging}
    await RuleBookHistory(database).put(StoredRuleBook("routed", "huojia", rules))
    await recorded(database, NO, {"event": "order_opened"}, policy_hash="routed")
