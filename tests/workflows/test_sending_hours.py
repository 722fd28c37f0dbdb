"""Sending hours on running orders: quiet hours, hours of calls, and a provider that is down (NA-07)."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from temporalio.api.history.v1 import HistoryEvent

from adapters.database.orders.rule_books import RuleBookHistory
from adapters.database.telephone.messages import Messages
from cli.rehearse.stack import RehearsalStack
from domain.order.records import StoredRuleBook
from domain.policy.rule_book import Regime
from tests.stage import Life, Lives
from tests.workflows.test_shell import handle_of
from workflows.effect_activities import FIRST

QUIET = {"quiet": {"hours": {"begin": "22:00", "end": "07:00"}}}
PHONE = "13900177001"
SetFaults = Callable[[list[dict[str, Any]]], Any]


@pytest.fixture
async def provider_fails(the_stage: RehearsalStack) -> AsyncIterator[SetFaults]:
    """A function that sets the provider's faults, which end with the test."""
    async with httpx.AsyncClient(base_url=the_stage.settings.twilio_base_url) as http:

        async def put(faults: list[dict[str, Any]]) -> None:
            (await http.put("/sandbox/faults", json=faults)).raise_for_status()

        yield put
        await put([])


async def quiet_life(lives: Lives, the_stage: RehearsalStack, policy: str, **order: Any) -> Life:
    """An order whose rule book has quiet hours from 22:00 to 07:00; it starts at 21:30."""
    life = await lives(policy, start="2026-11-23T21:30", **order)
    rules = life.rehearsal.services.rule_books.regime(policy).model_dump(mode="json")
    rules["messaging"] |= QUIET
    quiet = Regime.model_validate(rules)
    await RuleBookHistory(the_stage.database).put(StoredRuleBook(quiet.digest(), policy, quiet.model_dump(mode="json")))
    adopt = {"policy": quiet.model_dump(mode="json"), "policy_hash": quiet.digest()}
    await handle_of(life).signal("adopt_policy", adopt)
    await life.expect("policy_adopted")
    return life


async def history(life: Life) -> list[HistoryEvent]:
    return list((await handle_of(life).fetch_history()).events)


async def sent(life: Life, notice: str) -> list[str]:
    return [row["at"] for row in await life.events("notice_sent") if row["notice"] == notice]


async def test_what_did_not_arrive_by_night_goes_to_the_next_contact_in_the_morning(
    lives: Lives, the_stage: RehearsalStack
) -> None:
    life = await quiet_life(lives, the_stage, "huojia", grade="normal")
    await life.dispatch("housing")
    notice = (await life.expect("notice_issued", template="dispatch"))["notice"]
    assert len(await sent(life, notice)) == 1
    await life.at("2026-11-23T23:00")
    await Messages(the_stage.database).failed(f"{life.no}:{notice}", "twilio_30003")
    await handle_of(life).signal("report_undelivered", {"notice": notice, "reason": "twilio_30003", "attempt": 1})
    await life.expect("notice_undelivered", notice=notice)
    assert len(await sent(life, notice)) == 1, "nobody is woken for it"
    await life.at("2026-11-24T07:00:30")
    assert [at[:16] for at in await sent(life, notice)] == ["2026-11-23T21:30", "2026-11-24T07:00"]
    timers = [each.user_metadata.summary.data.decode() for each in await history(life)]
    assert any("静默时段后办理" in summary for summary in timers)


async def test_a_text_that_the_provider_does_not_take_in_the_evening_is_tried_again_in_the_morning(
    lives: Lives, the_stage: RehearsalStack, provider_fails: SetFaults
) -> None:
    life = await quiet_life(lives, the_stage, "huojia", grade="normal")
    await provider_fails([{"kind": "500", "on": "messages"}])
    await life.at("2026-11-23T21:59:40")
    await life.dispatch("housing")
    await life.at("2026-11-23T22:00:10")
    notice = (await life.expect("notice_issued", template="dispatch"))["notice"]
    assert not await sent(life, notice)
    await provider_fails([])
    await life.at("2026-11-24T07:00:30")
    assert [at[:16] for at in await sent(life, notice)] == ["2026-11-24T07:00"]
    await life.never("notice_failed")


async def test_a_survey_that_waited_for_the_morning_is_dropped_when_its_citizen_has_been_heard(
    lives: Lives, the_stage: RehearsalStack
) -> None:
    life = await quiet_life(lives, the_stage, "gaotai", grade="days_3")
    await life.dispatch("housing")
    await life.sign("housing")
    await life.at("2026-11-23T23:00")
    await life.accepted("housing")
    survey = (await life.expect("notice_issued", template="survey"))["notice"]
    await life.called("satisfied")
    await life.archived()
    await life.expect("notice_failed", notice=survey, reason="superseded", at="2026-11-24T07:00:00+08:00")
    assert not await sent(life, survey)


async def test_a_provider_that_is_away_uses_up_no_call_and_none_is_made_after_hours(
    lives: Lives, provider_fails: SetFaults
) -> None:
    life = await lives("gaotai", grade="days_7", start="2026-11-23T15:00", citizen={"name": "王某", "phone": PHONE})
    await life.dispatch("housing")
    await life.sign("housing")
    await life.reply("housing")
    await life.at("2026-11-23T19:59:20")
    await life.decide("reviewer", "review")
    await provider_fails([{"kind": "500", "on": "calls", "to": f"+86{PHONE}"}])
    await life.at("2026-11-24T20:00:10")
    await life.expect("callback_asked", by="call", attempt=1, at="2026-11-24T19:59:50+08:00")
    failed = await life.expect("callback_unanswered", by="call", counted=False)
    assert failed["at"][:16] <= "2026-11-24T20:00"
    await provider_fails([])
    await life.at("2026-11-25T09:00:10")
    await life.timeline()
    calls = [(row["attempt"], row["at"][:16]) for row in await life.events("callback_asked", by="call")]
    assert calls == [(1, "2026-11-24T19:59"), (1, "2026-11-25T09:00")]
    scheduled = [
        each.activity_task_scheduled_event_attributes
        for each in await history(life)
        if each.activity_task_scheduled_event_attributes.activity_type.name == "call_citizen"
    ]
    assert [each.priority.priority_key for each in scheduled] == [FIRST, FIRST]
