"""The callback ladder: a text, automatic calls, then the staff; and undelivered notices (GT-13, GT-19, NA-07)."""

from typing import Any

import pytest

from domain.order.agenda import next_alarm
from domain.order.effects import effects
from domain.order.internal_commands import ReportCall, ReportNotice, ReportUndelivered
from domain.order.lifecycle.ladder import PUT_OFF_AT_MOST
from domain.order.order import Order
from domain.policy.rule_book import Regime
from tests.domain.play import Play
from tests.domain.regimes import REGIMES


def asked(play: Play) -> list[tuple[str, int]]:
    return [(event["by"], event["attempt"]) for event in play.found("callback_asked")]


def told(play: Play) -> list[dict[str, Any]]:
    """Kind and key of every effect."""
    order: Order = play.order
    return [effect.model_dump() for event in play.life.events for effect in effects(order, event)]


@pytest.mark.parametrize("regime", REGIMES)
def test_a_text_then_two_calls_then_people(regime: str) -> None:
    play = Play(regime).signed().answered()
    assert asked(play) == [("sms", 1)]
    assert play.order.rungs["T-1"].notice == play.found("notice_issued", template="survey")[0]["notice"]
    play.at("2026-11-24T09:30")
    assert asked(play) == [("sms", 1), ("call", 1)]
    assert play.when("callback_asked", by="call") == ["2026-11-24T09:00:01"]
    play.at("2026-12-20T00:00")
    assert asked(play) == [("sms", 1), ("call", 1), ("call", 2), ("staff", 1)]
    assert [e["reason"] for e in play.found("callback_unanswered")] == ["no_answer"] * 3
    assert play.stage == "callback", "time alone closes nothing: somebody has to be asked"
    kinds = [effect["kind"] for effect in told(play) if effect["kind"].startswith("call")]
    assert kinds == ["call_citizen", "call_citizen", "call_back"]


def test_calls_fall_within_the_hours_of_calls() -> None:
    play = Play("gaotai", at="2026-11-23T19:00").signed()
    play.at("2026-11-23T21:30")
    play.answered().at("2026-11-30T00:00")
    assert play.when("callback_asked") == [
        "2026-11-23T21:30",
        "2026-11-25T09:00:01",
        "2026-11-25T11:00:02",
        "2026-11-25T13:00:03",
    ]


def test_a_survey_that_does_not_arrive_is_not_waited_for() -> None:
    play = Play("gaotai").signed().answered()
    play.say(ReportNotice(notice=play.order.rungs["T-1"].notice or "", sent=False, reason="opted_out"))
    assert asked(play) == [("sms", 1), ("call", 1)]
    assert play.found("notice_failed", call_task=False) and play.found("callback_unanswered", reason="opted_out")


def test_a_survey_that_fails_after_the_citizen_was_heard_asks_nobody_again() -> None:
    play = Play("gaotai").dispatch()
    play.do("join", order="T-2")
    play.do("sign")
    play.answered().do("record_callback", result="satisfied", party="T-1")
    lost = {"sent": False, "reason": "twilio_30003"}
    play.say(ReportNotice(notice=play.order.rungs["T-1"].notice or "", **lost))
    assert [e["by"] for e in play.found("callback_asked", party="T-1")] == ["sms"]
    play.say(ReportNotice(notice=play.order.rungs["T-2"].notice or "", **lost))
    assert [e["by"] for e in play.found("callback_asked", party="T-2")] == ["sms", "call"]


def test_a_survey_that_fails_while_the_last_word_is_decided_asks_nobody() -> None:
    play = Play("gaotai").signed().answered()
    for _ in (1, 2):
        play.do("record_callback", result="dissatisfied")
        play.answered()
    play.do("record_callback", result="dissatisfied")
    before = asked(play)
    play.say(ReportNotice(notice=play.order.rungs["T-1"].notice or "", sent=False, reason="twilio_30003"))
    assert play.stage == "final" and asked(play) == before


def test_whose_the_moment_is_until_which_an_answer_is_waited_for() -> None:
    play = Play("gaotai").signed().answered()
    clock = next(clock for clock in play.order.clocks.values() if clock.name == "callback")
    rule = play.order.basis(clock).rule
    assert "回访规则" in rule and "上级" not in rule


def test_a_survey_that_fails_at_night_is_followed_by_a_call_in_the_morning() -> None:
    play = Play("gaotai", at="2026-11-23T19:00").signed()
    play.at("2026-11-23T22:00").answered()
    play.say(ReportNotice(notice=play.order.rungs["T-1"].notice or "", sent=False, reason="not_mobile"))
    assert asked(play) == [("sms", 1)]
    play.at("2026-11-24T10:00")
    assert asked(play) == [("sms", 1), ("call", 1)]
    assert play.when("callback_asked", by="call") == ["2026-11-24T09:00:01"]
    assert len(play.found("callback_unanswered")) == 1


def test_a_call_that_cannot_be_made_is_followed_by_the_next_step() -> None:
    play = Play("gaotai").signed().answered().at("2026-11-24T09:30")
    about = {"party": "T-1", "round": 0, "reason": "invalid_number"}
    play.say(ReportCall(attempt=2, **about))
    assert asked(play)[-1] == ("call", 1), "that call has not been asked for"
    play.say(ReportCall(attempt=1, **about))
    play.say(ReportCall(attempt=1, **about))
    assert asked(play)[-1] == ("call", 2)
    play.say(ReportCall(attempt=2, **about))
    assert asked(play)[-1] == ("staff", 1)


def test_an_outage_of_the_provider_uses_up_no_call() -> None:
    play = Play("gaotai", at="2026-11-23T15:00").signed().answered().at("2026-11-24T15:30")
    about = {"party": "T-1", "round": 0, "attempt": 1, "reason": "ProviderUnavailable", "faultless": True}
    play.say(ReportCall(**about))
    play.say(ReportCall(**about))
    assert [e["counted"] for e in play.found("callback_unanswered", by="call")] == [False]
    assert asked(play)[-1] == ("call", 1) and play.order.stage == "callback"
    play.at("2026-11-24T19:00").say(ReportCall(**about))
    assert asked(play)[1:] == [("call", 1), ("call", 1)], "asked again on the same rung after its wait"
    play.at("2026-12-20T00:00")
    assert asked(play)[3:] == [("call", 1), ("call", 2), ("staff", 1)]
    assert play.when("callback_asked", by="call")[:3] == [
        "2026-11-24T15:00:01",
        "2026-11-24T17:30:01",
        "2026-11-25T09:00:01",
    ]


def test_an_outage_without_an_end_ends_with_a_person() -> None:
    play = Play("gaotai", at="2026-11-23T15:00").signed().answered().at("2026-11-24T15:30")
    about = {"party": "T-1", "round": 0, "reason": "ProviderUnavailable", "faultless": True}
    while asked(play)[-1][0] == "call":
        play.say(ReportCall(**about, attempt=asked(play)[-1][1]))
        alarm = next_alarm(play.order)
        assert alarm is not None
        play.at(alarm.at.strftime("%Y-%m-%dT%H:%M:%S"))
    assert asked(play)[-1] == ("staff", 1)
    counted = [event["counted"] for event in play.found("callback_unanswered", by="call")]
    assert counted == [False] * PUT_OFF_AT_MOST + [True, True]


def test_people_try_again_later_and_give_up_after_three_tries() -> None:
    play = Play("gaotai").signed().answered().at("2026-11-25T09:00")
    play.do("record_callback", result="unreachable", by="callback_staff")
    assert play.found("callback_asked", by="staff", attempt=2)[0]["not_before"] == "2026-11-25T13:00:00+08:00"
    play.at("2026-11-25T18:00").do("record_callback", result="unreachable", by="callback_staff")
    assert play.found("callback_asked", by="staff", attempt=3)[0]["not_before"] == "2026-11-26T09:00:00+08:00"
    play.at("2026-11-26T09:00").do("record_callback", result="unreachable", by="callback_staff")
    assert play.order.outcome == "unreachable"


@pytest.mark.parametrize("via", ["sms", "call"])
def test_the_citizens_own_answer_ends_the_ladder(via: str) -> None:
    play = Play("gaotai").signed().answered()
    play.do("record_callback", result="satisfied", handling_rating=5, by="citizen", via=via)
    assert play.order.outcome == "satisfied" and play.found("callback_recorded", via=via, actor="citizen")
    play.at("2026-12-20T00:00")
    assert asked(play) == [("sms", 1)]


def test_a_citizen_cannot_say_that_nobody_reached_them() -> None:
    play = Play("gaotai").signed().answered()
    assert play.refused("record_callback", result="unreachable", by="citizen") == ("invalid", "GT-13")


def test_each_citizen_climbs_alone_also_one_who_joins_late() -> None:
    play = Play("gaotai").signed().answered().at("2026-11-23T12:00")
    play.do("join", order="T-2")
    play.do("record_callback", result="satisfied", party="T-1", by="citizen", via="sms")
    play.at("2026-11-24T13:00")
    assert [(e["party"], e["by"]) for e in play.found("callback_asked")] == [
        ("T-1", "sms"),
        ("T-2", "sms"),
        ("T-2", "call"),
    ]
    assert play.stage == "callback"


def test_a_rework_begins_the_ladder_anew() -> None:
    play = Play("gaotai").signed().answered().at("2026-11-24T10:00")
    play.do("record_callback", result="dissatisfied", by="citizen", via="call")
    play.answered().at("2026-12-20T00:00")
    assert asked(play) == [("sms", 1), ("call", 1), ("sms", 1), ("call", 1), ("call", 2), ("staff", 1)]


def changed(regime: str, **changes: Any) -> Regime:
    return Regime.model_validate(REGIMES[regime].model_dump(mode="json") | changes)


def test_quiet_hours_hold_notices_back_but_not_those_of_critical_orders() -> None:
    quiet = {"hours": {"begin": "22:00", "end": "07:00"}, "exempt": {"grade": ["critical"]}}
    regime = changed("huojia", messaging={"quiet": quiet})
    night = Play(regime, at="2026-11-23T23:00", grade="normal").dispatch()
    assert {e["not_before"] for e in night.found("notice_issued")} == {"2026-11-24T07:00:00+08:00"}
    morning = Play(regime, at="2026-11-24T06:59", grade="normal").dispatch()
    assert {e["not_before"] for e in morning.found("notice_issued")} == {"2026-11-24T07:00:00+08:00"}
    for at, grade in (("2026-11-24T07:00", "normal"), ("2026-11-23T23:00", "critical")):
        play = Play(regime, at=at, grade=grade).dispatch()
        assert play.found("notice_issued") and not any("not_before" in e for e in play.found("notice_issued"))


@pytest.mark.parametrize("regime", REGIMES)
def test_no_county_has_quiet_hours(regime: str) -> None:
    assert REGIMES[regime].messaging.quiet is None


def test_an_undelivered_notice_goes_to_the_next_contact_and_in_the_end_somebody_telephones() -> None:
    play = Play("huojia").dispatch()
    notice = play.found("notice_issued", template="dispatch")[0]["notice"]
    play.say(ReportNotice(notice=notice, sent=True))
    for attempt in (1, 1, 3):
        play.say(ReportUndelivered(notice=notice, reason="twilio_30003", attempt=attempt))
    assert len(play.found("notice_undelivered")) == 1, "told twice it counts once, and nothing is skipped"
    play.say(ReportNotice(notice=notice, sent=False, reason="twilio_30003"))
    assert play.found("notice_failed", call_task=True)
    kinds = [(e["kind"], e["to_role"]) for e in told(play) if e["notice"] == notice]
    assert kinds == [(kind, "unit_principal_leader") for kind in ("notify", "notify", "call_task")]


@pytest.mark.parametrize(("reason", "task"), [("opted_out", False), ("no_contact", False), ("twilio_21211", True)])
def test_nobody_telephones_a_citizen_who_wants_no_texts_or_left_no_number(reason: str, task: bool) -> None:
    play = Play("gaotai").dispatch()
    notice = play.found("notice_issued", template="citizen_update")[0]["notice"]
    play.say(ReportNotice(notice=notice, sent=False, reason=reason))
    assert play.found("notice_failed", call_task=task)
