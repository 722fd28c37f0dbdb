"""Reports to the city platform are sent once and completely."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.city_platform import CityPlatform
from activities.retry_limits import LIMITS
from adapters.city.api_client import CityApi, CityRefused, CityUnavailable
from adapters.database.audit.trail import Trail
from adapters.database.engine import Database
from adapters.database.orders.documents import Documents
from adapters.database.orders.orders import Orders
from adapters.database.orders.rule_books import RuleBookHistory
from adapters.settings.settings import Settings
from domain.order.effects import CityPlatformEffect
from tests.activities.given import NO, recorded
from tests.adapters.orders_at_hand import NINE, new_order

Perform = Callable[[CityPlatformEffect], Any]


@pytest.fixture
async def perform(hotline: Database, city: str, settings_for: Callable[..., Settings]) -> AsyncIterator[Perform]:
    async with platform(hotline, settings_for(CITY_BASE_URL=city)) as perform:
        yield perform


@asynccontextmanager
async def platform(database: Database, settings: Settings) -> AsyncIterator[Perform]:
    api = CityApi(settings)
    activity = CityPlatform(Orders(database), Trail(database), Documents(database), RuleBookHistory(database), api)

    async def perform(effect: CityPlatformEffect) -> None:
        await ActivityEnvironment().run(activity.city_platform, effect)

    yield perform
    await api.aclose()


def sent(no: str, seq: int, what: str, **fields: Any) -> CityPlatformEffect:
    return CityPlatformEffect(key=f"{no}:{seq}", order_no=no, what=what, seq=seq, **fields)


def received(city: str, key: str) -> list[tuple[str, dict[str, Any]]]:
    entries = httpx.get(f"{city}/city/v1/received").raise_for_status().json()
    return [(entry["kind"], entry["body"]) for entry in entries if entry["key"] == key]


async def test_a_result_arrives_once_with_the_words_of_the_reply(
    hotline: Database, city: str, perform: Perform
) -> None:
    document = await Documents(hotline).save(NO, "", "submit_reply", "handling", "已清运完毕")
    sections = {"handling": {"document": document, "length": 5, "vague": False}}
    await recorded(
        hotline,
        NO,
        {"event": "reply_submitted", "unit": "housing", "sections": sections, "attachments": ["att-1"]},
        {"event": "sent_to_city", "what": "result", "unit": "housing", "approval": "A1"},
        {"event": "reply_submitted", "unit": "housing", "sections": {}},
    )
    effect = sent(NO, 2, "result", unit="housing", approval="A1")
    await perform(effect)
    await perform(effect)
    ((kind, body),) = received(city, effect.key)
    assert kind == "results"
    assert (body["no"], body["regime"], body["unit"], body["at"]) == (
        NO,
        "huojia",
        "housing",
        "2026-11-23T09:00:00+08:00",
    )
    assert body["content"]["sections"] == {"handling": "已清运完毕"}
    assert body["content"]["attachments"] == ["att-1"]


@pytest.mark.parametrize(
    ("what", "kind"),
    [("extension", "extensions"), ("appeal", "appeals"), ("return", "reports"), ("termination", "reports")],
)
async def test_an_approval_is_asked_for_with_its_own_request(
    hotline: Database, city: str, perform: Perform, what: str, kind: str
) -> None:
    no = f"20261123-{what}"
    await Orders(hotline).open(new_order(no, city_no="SZ-7"))
    opened = {"event": "approval_opened", "kind": what}
    await recorded(
        hotline,
        no,
        opened | {"approval": "A1", "until": "2026-12-01"},
        opened | {"approval": "A2", "until": "2026-12-09"},
        {"event": "sent_to_city", "what": what, "approval": "A1"},
    )
    await perform(sent(no, 3, what, approval="A1"))
    ((came, body),) = received(city, f"{no}:3")
    assert (came, body["city_no"], body["what"], body["content"]["until"]) == (kind, "SZ-7", what, "2026-12-01")


async def test_a_report_tells_of_the_event_that_the_rule_book_reacts_to(
    hotline: Database, city: str, perform: Perform
) -> None:
    no = "20261123-000009"
    await Orders(hotline).open(new_order(no))
    await recorded(
        hotline,
        no,
        {"event": "unclosed_listed", "unit": "housing", "expected_at": "2027-01-05"},
        {"event": "light_changed", "unit": "housing", "light": "green"},
        {"event": "sent_to_city", "what": "not_soon_solvable", "unit": "housing"},
    )
    await perform(sent(no, 3, "not_soon_solvable", unit="housing"))
    ((kind, body),) = received(city, f"{no}:3")
    assert (kind, body["content"]["event"]) == ("reports", "unclosed_listed")
    assert body["content"]["expected_at"] == "2027-01-05"


async def test_it_waits_for_the_trail(hotline: Database, city: str, perform: Perform) -> None:
    await recorded(hotline, NO, {"event": "order_opened"})
    with pytest.raises(ApplicationError) as early:
        await perform(sent(NO, 9, "result"))
    assert (early.value.type, early.value.non_retryable) == ("NotRecordedYet", False)
    assert received(city, f"{NO}:9") == []


async def test_which_failures_are_worth_another_try(
    hotline: Database, city: str, perform: Perform, settings_for: Callable[..., Settings]
) -> None:
    no = "20261123-000008"
    await Orders(hotline).open(new_order(no))
    await recorded(hotline, no, {"event": "sent_to_city", "what": "result", "at": NINE.isoformat()})
    for settings in (
        settings_for(CITY_BASE_URL="http://127.0.0.1:9"),
        settings_for(CITY_BASE_URL=city, CITY_SECRET="x"),  # noqa: S106
    ):
        async with platform(hotline, settings) as elsewhere:
            with pytest.raises(CityUnavailable):
                await elsewhere(sent(no, 1, "result"))
    await perform(sent(no, 1, "result"))
    with pytest.raises(CityRefused):  # the key was used for something else
        await perform(sent(no, 1, "appeal"))
    assert LIMITS["city_platform"].retry.non_retryable_error_types == [CityRefused.__name__]


async def test_an_order_that_was_never_taken_in(perform: Perform) -> None:
    with pytest.raises(ApplicationError) as unknown:
        await perform(sent("20261123-404404", 1, "result"))
    assert unknown.value.non_retryable
