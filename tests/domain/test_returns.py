"""Returns (docs/policy-guide.md)."""

from typing import Any

import pytest

from tests.domain.lives import GOOD
from tests.domain.play import BLANK, Play

FORMS: dict[str, dict[str, Any]] = {
    "gaotai": {"reason": GOOD},
    "huojia": {"reason": GOOD, "basis": GOOD, "signed_by": ["unit_principal_leader"]},
    "dalad": {"reason": GOOD},
    "rugao": {
        "reason": GOOD,
        "basis": GOOD,
        "proposed_unit": "water",
        "signed_by": ["unit_deputy_leader"],
        "attachments": ["F1"],
    },
    "hukou": {"reason": GOOD, "proposed_unit": "water", "signed_by": ["unit_principal_leader"]},
}
CLAUSES = {"gaotai": "GT-06", "huojia": "HJ-05", "dalad": "DL-03", "rugao": "RG-13", "hukou": "HK-03"}
# signed at 09:30; the last moment of the window
WINDOWS = [
    ("gaotai", "2026-11-23T12:30"),
    ("huojia", "2026-11-23T10:00"),
    ("dalad", "2026-11-24T05:00"),
    ("rugao", "2026-11-24T17:30"),
    ("hukou", "2026-11-24T09:30"),
]


def asked(regime: str, **facts: Any) -> Play:
    """Dispatched at 09:00, signed at 09:30."""
    play = Play(regime, **facts).dispatch().at("2026-11-23T09:30")
    play.do("sign")
    return play


@pytest.mark.parametrize(("regime", "last"), WINDOWS)
def test_the_window_is_open_to_its_last_moment(regime: str, last: str) -> None:
    play = asked(regime)
    assert play.due("return") == last
    play.at(last).do("request_return", **FORMS[regime])
    assert play.found("approval_opened", kind="return", stage="hotline", by_role="dispatcher", unit="housing")
    assert play.refused("request_return", **FORMS[regime]) == ("already_done", CLAUSES[regime])
    assert play.found("handling_overdue") == []


@pytest.mark.parametrize(("regime", "last"), WINDOWS)
def test_a_minute_later(regime: str, last: str) -> None:
    play = asked(regime).at(last[:-2] + ("01" if last.endswith("00") else "31"))
    if regime == "rugao":
        play.do("request_return", **FORMS[regime])
        assert play.found("handling_overdue", reason="late_return", clock="return", unit="housing")
        assert play.order.overdue_units == {"housing"}
    else:
        assert play.refused("request_return", **FORMS[regime]) == ("too_late", CLAUSES[regime])


@pytest.mark.parametrize("regime", ["gaotai", "hukou"])
def test_a_window_from_sign_off_needs_the_signature(regime: str) -> None:
    play = Play(regime).dispatch()
    assert play.refused("request_return", **FORMS[regime]) == ("wrong_stage", CLAUSES[regime])


@pytest.mark.parametrize("regime", ["huojia", "dalad", "rugao"])
def test_a_window_from_dispatch_does_not(regime: str) -> None:
    assert Play(regime).dispatch().do("request_return", **FORMS[regime])


CODES = {
    "reason": "missing_field",
    "basis": "missing_field",
    "proposed_unit": "missing_field",
    "signed_by": "missing_signature",
    "attachments": "missing_attachment",
}


@pytest.mark.parametrize(("regime", "need"), [(regime, need) for regime, form in FORMS.items() for need in form])
def test_each_need_is_asked_for(regime: str, need: str) -> None:
    play = asked(regime)
    lacking = {name: value for name, value in FORMS[regime].items() if name != need}
    assert play.refused("request_return", **lacking) == (CODES[need], CLAUSES[regime])
    if need in ("reason", "basis"):
        assert play.refused("request_return", **lacking | {need: BLANK}) == (CODES[need], CLAUSES[regime])
    if need == "signed_by":
        lesser = lacking | {"signed_by": ["unit_section_head"]}
        assert play.refused("request_return", **lesser) == (CODES[need], CLAUSES[regime])


@pytest.mark.parametrize("regime", FORMS)
def test_granted_it_goes_to_the_unit_that_is_named_or_back_to_the_dispatcher(regime: str) -> None:
    play = asked(regime)
    play.do("request_return", **FORMS[regime] | {"proposed_unit": "water"})
    play.at("2026-11-23T09:40").decide("return")
    assert play.found("return_granted", unit="housing", to_unit="water")
    assert play.order.assignments["water"].part == "lead"
    fresh = Play(regime, "2026-11-23T09:40").dispatch("water")
    assert play.due("handling", "water") == fresh.due("handling", "water")
    assert play.refused("sign", unit="housing") == ("wrong_stage", None)
    other = asked("gaotai")
    other.do("request_return", reason=GOOD)
    other.decide("return")
    assert other.stage == "intake" and other.order.awaiting_dispatch
    assert other.at("2026-12-20T00:00").found("handling_overdue") == []
    other.dispatch("water")
    named = asked("gaotai")
    named.do("request_return", reason=GOOD)
    named.decide("return", proposed_unit="market")
    assert named.found("return_granted", to_unit="market")


@pytest.mark.parametrize("regime", FORMS)
def test_refused(regime: str) -> None:
    play = asked(regime)
    play.do("request_return", **FORMS[regime])
    play.decide("return", "reject")
    assert play.found("return_refused", unit="housing") and play.stage == "handling"
    if regime in ("huojia", "hukou"):
        assert play.found("return_barred", unit="housing")
        assert play.refused("request_return", **FORMS[regime]) == ("return_barred", CLAUSES[regime])
    else:
        assert play.do("request_return", **FORMS[regime])


def test_an_unjustified_return_is_published_and_reported() -> None:
    play = asked("huojia")
    play.do("request_return", **FORMS["huojia"])
    play.decide("return", "reject")
    assert play.found("accountability_recorded", kind="county_bulletin", clause="HJ-06")
    assert play.found("escalated", to_role="county_leader", reason="unjustified_return")


def test_hukou_decides_in_one_working_day() -> None:
    play = asked("hukou")
    play.do("request_return", **FORMS["hukou"])
    assert play.due("approval") == "2026-11-24T17:30"
    play.at("2026-11-24T18:00")
    assert play.when("approval_lapsed", kind="return") == ["2026-11-24T17:30:01"]
    assert play.found("escalated", to_role="hotline_director", reason="approval_lapsed")
    (ignored,) = play.decide("return", by="dispatcher")
    assert ignored.event == "signal_ignored" and play.stage == "handling"


@pytest.mark.parametrize("regime", ["gaotai", "huojia", "dalad", "rugao"])
def test_elsewhere_the_decision_has_no_window(regime: str) -> None:
    play = asked(regime)
    play.do("request_return", **FORMS[regime])
    assert not any(clock.name == "approval" for clock in play.order.clocks.values())


def test_the_third_bounce_is_a_dispute_that_the_centre_ends() -> None:
    play = Play("dalad").dispatch()
    for unit, target in (("housing", "water"), ("water", "transport")):
        play.do("request_return", unit=unit, reason=GOOD, proposed_unit=target)
        play.decide("return")
    play.do("request_return", unit="transport", reason=GOOD)
    assert play.found("approval_opened", kind="redispatch", by_role="hotline_director")
    assert play.refused("request_return", unit="transport", reason=GOOD) == ("already_done", "DL-03")
    play.decide("redispatch", proposed_unit="housing")
    assert play.found("order_dispatched", mode="coordination")
    assert play.refused("request_return", unit="housing", reason=GOOD) == ("return_barred", "NA-02")


def test_by_precedent_or_on_a_leaders_word_it_cannot_go_back() -> None:
    joint = Play("rugao").dispatch("housing", "water", precedent="T-7")
    assert joint.refused("request_return", unit="housing", **FORMS["rugao"]) == ("return_barred", "RG-17")
    for mode, clause in (("leader_assigned", "HK-03"), ("coordination", "HK-04"), ("consultation", "HK-03")):
        play = Play("hukou").dispatch(mode=mode)
        play.do("sign")
        assert play.refused("request_return", **FORMS["hukou"]) == ("return_barred", clause)


def test_when_the_other_lead_goes_the_answer_that_stands_moves_the_order_on() -> None:
    play = Play("dalad")
    units = [{"unit": "housing", "part": "lead"}, {"unit": "water", "part": "lead"}]
    play.do("dispatch", units=units, mode="dual")
    play.do("sign", unit="housing")
    play.reply(unit="housing")
    play.decide("review")
    play.do("request_return", unit="water", reason=GOOD)
    play.decide("return")
    assert play.stage == "callback"


def test_after_the_reply_nothing_is_returned() -> None:
    play = asked("dalad").replied()
    assert play.refused("request_return", reason=GOOD) == ("wrong_stage", "DL-03")
    open_return = asked("dalad")
    open_return.do("request_return", reason=GOOD)
    open_return.reply()
    assert [approval.kind for approval in open_return.order.open_approvals] == ["review"]
