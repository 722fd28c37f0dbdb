"""Dispatch and the limits that run from it (docs/policy-guide.md)."""

from typing import Any

import pytest

from domain.calendar.durations import Duration
from domain.due import before
from tests.domain.play import MONDAY, Play, moment, written

# regime, facts, limit of a dispatch on Monday 2026-11-23 09:00, moment of the warning
LIMITS: list[tuple[str, dict[str, Any], str, str]] = [
    ("gaotai", {"grade": "immediate"}, "2026-11-23T10:00", "2026-11-23T09:30"),
    ("gaotai", {"grade": "hours_3"}, "2026-11-23T12:00", "2026-11-23T11:30"),
    ("gaotai", {"grade": "hours_24"}, "2026-11-24T09:00", "2026-11-23T09:00"),
    ("gaotai", {"grade": "days_3"}, "2026-11-27T00:00", "2026-11-26T00:00"),
    ("gaotai", {"grade": "days_7"}, "2026-12-02T17:30", "2026-12-01T17:30"),
    ("huojia", {"grade": "critical"}, "2026-11-23T10:00", "2026-11-23T09:45"),
    ("huojia", {"grade": "urgent"}, "2026-11-24T09:00", "2026-11-24T05:00"),
    ("huojia", {"grade": "normal"}, "2026-11-27T00:00", "2026-11-26T00:00"),
    ("huojia", {"grade": "difficult"}, "2026-11-29T00:00", "2026-11-28T00:00"),
    ("dalad", {}, "2026-11-30T17:30", "2026-11-29T17:30"),
    ("dalad", {"required_by": moment("2026-11-26T12:00")}, "2026-11-26T12:00", "2026-11-25T12:00"),
    ("rugao", {"category": "consult"}, "2026-11-24T17:30", "2026-11-24T15:30"),
    ("rugao", {"category": "help"}, "2026-11-30T17:30", "2026-11-27T17:30"),
    ("rugao", {"category": "complaint"}, "2026-11-30T17:30", "2026-11-27T17:30"),
    ("hukou", {"category": "consult"}, "2026-11-25T17:30", "2026-11-24T17:30"),
    ("hukou", {"category": "help"}, "2026-12-01T17:30", "2026-11-30T17:30"),
    ("hukou", {"category": "suggestion"}, "2026-12-01T17:30", "2026-11-30T17:30"),
    ("hukou", {"category": "complaint"}, "2026-12-03T17:30", "2026-12-02T17:30"),
    ("hukou", {"category": "other"}, "2026-12-03T17:30", "2026-12-02T17:30"),
]


@pytest.mark.parametrize(("regime", "facts", "due", "warned"), LIMITS)
def test_the_limit_its_warning_and_its_passing(regime: str, facts: dict[str, Any], due: str, warned: str) -> None:
    play = Play(regime, **facts).dispatch()
    assert play.due("handling") == due
    assert play.found("deadline_set", clock="handling")[0]["basis"]["clause"]
    play.do("sign")
    play.at("2026-12-20T00:00")
    assert play.when("light_changed", light="yellow") == [warned]
    assert play.when("notice_issued", template="pre_expiry") == [warned]
    assert play.when("light_changed", light="red") == [due + ":01"]
    (overdue,) = play.found("handling_overdue")
    assert overdue["reason"] == "limit_passed" and written(moment(overdue["due_at"][:19])) == due
    assert play.order.light == "red" and play.order.overdue_units == {"housing"}


@pytest.mark.parametrize("regime", ["gaotai", "huojia", "rugao", "hukou"])
def test_a_limit_from_above_counts_only_where_the_rule_book_says_so(regime: str) -> None:
    assert Play(regime, required_by=moment("2026-11-26T12:00")).dispatch().due("handling") != "2026-11-26T12:00"


@pytest.mark.parametrize(
    ("regime", "facts", "lead"),
    [("huojia", {"grade": "normal"}, "1d"), ("huojia", {"grade": "difficult"}, "1d"), ("dalad", {}, "1h")],
)
def test_the_result_is_due_before_the_limit(regime: str, facts: dict[str, Any], lead: str) -> None:
    play = Play(regime, **facts).dispatch()
    result = written(before(play.clock("handling").due_at, Duration.parse(lead), play.order.days))
    assert play.due("result") == result
    play.at("2026-12-20T00:00")
    assert play.when("milestone_missed", clock="result") == [result + ":01"]


@pytest.mark.parametrize(
    ("regime", "facts"), [("huojia", {"grade": "critical"}), ("huojia", {"grade": "urgent"}), ("gaotai", {})]
)
def test_no_result_is_due_before_the_limit(regime: str, facts: dict[str, Any]) -> None:
    assert "result:housing" not in Play(regime, **facts).dispatch().order.clocks


@pytest.mark.parametrize(
    ("grade", "opinion", "progress"),
    [
        ("special", "2026-11-23T13:00", "2026-11-26T17:30"),
        ("special_urgent", "2026-11-23T11:00", "2026-11-25T17:30"),
    ],
)
def test_special_orders_promise_an_opinion_and_progress(grade: str, opinion: str, progress: str) -> None:
    play = Play("rugao", grade=grade).dispatch("education")
    assert (play.due("first_opinion", "education"), play.due("progress", "education")) == (opinion, progress)
    assert "on_site:education" not in play.order.clocks


def test_dispatch_starts_every_clock_from_its_own_moment() -> None:
    play = Play("gaotai", MONDAY).at("2026-11-23T16:00").dispatch()
    assert (play.due("sign_off"), play.due("handling")) == ("2026-11-23T17:00", "2026-12-02T17:30")


def test_who_may_dispatch_what() -> None:
    play = Play("gaotai")
    one, two = {"unit": "housing"}, {"unit": "water"}
    assert play.refused("dispatch", units=[one], by="agent") == ("not_permitted", None)
    assert play.refused("dispatch") == ("missing_field", "GT-05")
    assert play.refused("dispatch", units=[one, one]) == ("invalid", "GT-05")
    assert play.refused("dispatch", units=[one | {"part": "assist"}]) == ("invalid", "GT-05")
    assert play.refused("dispatch", units=[one, two], mode="single") == ("invalid", "GT-05")
    assert play.refused("dispatch", units=[one], mode="dual") == ("invalid", "GT-05")
    leads = [one | {"part": "lead"}, two | {"part": "lead"}]
    assert play.refused("dispatch", units=leads) == ("invalid", "GT-05")
    play.do("dispatch", units=leads, mode="dual")
    assert [lead.unit for lead in play.order.leads] == ["housing", "water"]
    assert play.refused("dispatch", units=[{"unit": "market"}]) == ("wrong_stage", "GT-05")


def test_the_first_unit_leads_and_the_leads_answer_moves_the_order_on() -> None:
    play = Play("gaotai").signed("housing", "water")
    assert [(a.unit, a.part) for a in play.order.active] == [("housing", "lead"), ("water", "assist")]
    assert play.order.mode == "joint"
    play.reply(unit="water")
    assert play.stage == "handling" and not play.order.open_approvals
    play.reply(unit="housing")
    play.decide("review")
    assert play.stage == "callback"


def test_assistants_that_have_not_answered_are_let_go() -> None:
    play = Play("gaotai").signed("housing", "water").answered()
    assert play.stage == "callback" and play.order.assignments["water"].status == "released"
    assert play.refused("submit_reply", unit="water") == ("wrong_stage", None)
    assert play.at("2026-12-20T00:00").found("handling_overdue") == []


def test_with_two_leads_both_answers_must_stand() -> None:
    play = Play("gaotai")
    units = [{"unit": "housing", "part": "lead"}, {"unit": "water", "part": "lead"}]
    play.do("dispatch", units=units, mode="dual")
    for unit in ("housing", "water"):
        play.do("sign", unit=unit)
    play.reply(unit="housing")
    play.decide("review")
    assert play.stage == "handling"
    play.reply(unit="water")
    play.decide("review")
    assert play.stage == "callback"
