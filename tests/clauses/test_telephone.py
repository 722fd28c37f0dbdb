"""Clauses about telephones, through texts, calls and webhooks (GT-13, GT-19, NA-07)."""

from datetime import datetime, timedelta
from typing import Any

from domain.units import StoredContact
from tests.telephone.exchange import Exchange

UNITS = ("housing", "water", "market", "police", "town_nanhua", "town_luotuocheng")
WITHIN = timedelta(minutes=3)


def test_gt_13_answered_by_text(exchange: Exchange) -> None:
    """Every citizen is asked by text: dissatisfied, the order goes back the same day; satisfied, it is closed."""
    phone = exchange.phone()
    no = exchange.surveyed(phone)
    exchange.text(phone, "1，暖气还是不热")
    said = exchange.happens(no, "callback_recorded", result="dissatisfied", via="sms")
    rework = exchange.happens(no, "rework_opened", unit="housing")
    assert rework["at"][:10] == said["at"][:10]
    exchange.reply(no)
    exchange.asked(no, times=2)
    exchange.text(phone, "满意")
    exchange.happens(no, "order_closed", outcome="satisfied")
    assert exchange.fates(no) == ["answered", "answered"]


def test_gt_19_two_links_rated_by_text(exchange: Exchange) -> None:
    """Both links are rated, intake and handling; one figure rates the handling alone."""
    ratings = []
    for body in ("54", "五，四", "３"):
        phone = exchange.phone()
        no = exchange.surveyed(phone)
        assert any("首位评受理、次位评办理" in body for body in exchange.inbox(phone))
        exchange.text(phone, body)
        said = exchange.happens(no, "callback_recorded", party=no)
        ratings.append((said.get("intake_rating"), said["handling_rating"]))
        facts = exchange.caller("supervisor").get(f"/work-orders/{no}").json()["facts"]
        assert (facts.get("intake_rating"), facts["handling_rating"]) == ratings[-1]
    assert ratings == [(5, 4), (5, 4), (None, 3)]


async def test_na_07_citizens_are_told_in_time(exchange: Exchange) -> None:
    """What an event has to tell a citizen is sent within 3 minutes of it, also while a storm of notices waits."""
    cards = {unit: exchange.phone() for unit in UNITS}
    await exchange.services.catalogue.put_contacts(
        [StoredContact(regime="gaotai", unit=u, role="unit_clerk", name=u, phone=p) for u, p in cards.items()]
    )
    storms = [exchange.open() for _ in range(8)]
    phone = exchange.phone()
    no = exchange.handled(phone)
    for storm in storms:
        exchange.do("dispatcher", storm, "dispatch", units=[{"unit": unit} for unit in UNITS])
    exchange.reply(no)
    exchange.asked(no)
    told = sum(len(exchange.telephone(number)["messages"]) for number in cards.values())
    assert told < len(storms) * len(UNITS), "most of the storm is still waiting"
    issued = {row["notice"]: moment(row) for row in exchange.events(no, "notice_issued", to_role="citizen")}
    sent = {row["notice"]: moment(row) for row in exchange.events(no, "notice_sent") if row["notice"] in issued}
    assert len(issued) == 2 and set(sent) == set(issued)
    assert all(sent[notice] - issued[notice] <= WITHIN for notice in issued)
    exchange.text(phone, "你们是谁")
    texts = exchange.telephone(phone)["messages"]
    asked = next(text for text in texts if text["direction"] == "inbound")
    answered = next(text for text in texts if "没有看懂" in text["body"])
    assert answered["created"] - asked["created"] <= WITHIN.total_seconds()


def moment(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(row["at"])
