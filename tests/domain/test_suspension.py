"""Suspension: the clocks are paused and go on in the unit of each limit (docs/policy-guide.md, GT-10)."""

import pytest

from domain.order.agenda import waiting_for
from tests.domain.lives import GOOD
from tests.domain.play import BLANK, Play, moment
from tests.domain.regimes import REGIMES

WISH = {"reason": GOOD, "plan": GOOD}


def struck_off(play: Play, begin: str, end: str) -> Play:
    """Suspended from one moment to another."""
    play.at(begin).do("request_suspension", **WISH)
    play.decide("suspension")
    assert play.stage == "suspended"
    play.at(end).do("request_strike_off", reason=GOOD)
    play.decide("strike_off")
    return play


# dispatched Mon 2026-11-23 09:00, suspended Tue 24 10:00 to Mon 30 11:00
@pytest.mark.parametrize(
    ("regime", "grade", "before", "after"),
    [
        ("gaotai", "days_7", "2026-12-02T17:30", "2026-12-08T17:30"),
        ("gaotai", "days_3", "2026-11-27T00:00", "2026-12-03T00:00"),
        ("huojia", "difficult", "2026-11-29T00:00", "2026-12-05T00:00"),
        ("dalad", "normal", "2026-11-30T17:30", "2026-12-04T17:30"),
        ("rugao", "normal", "2026-11-30T17:30", "2026-12-04T17:30"),
        ("hukou", "normal", "2026-12-03T17:30", "2026-12-09T17:30"),
    ],
)
def test_the_pause_is_taken_out_in_the_unit_of_the_limit(regime: str, grade: str, before: str, after: str) -> None:
    play = Play(regime, grade=grade).signed()
    assert play.due("handling") == before
    struck_off(play, "2026-11-24T10:00", "2026-11-30T11:00")
    assert play.due("handling") == after
    assert play.found("handling_overdue") == [] and play.stage == "handling"
    if regime in ("huojia", "dalad"):
        lead = {"huojia": "2026-12-04T00:00", "dalad": "2026-12-04T16:30"}[regime]
        assert play.due("result") == lead


def test_hours_go_on_to_the_second() -> None:
    play = struck_off(Play("huojia", grade="urgent").signed(), "2026-11-23T19:00", "2026-11-25T20:30")
    assert play.due("handling") == "2026-11-26T10:30"


def test_a_limit_from_above_moves_by_the_pause() -> None:
    play = Play("dalad", required_by=moment("2026-11-26T12:00")).signed()
    struck_off(play, "2026-11-24T10:00", "2026-11-25T10:00")
    assert (play.due("handling"), play.due("result")) == ("2026-11-27T12:00", "2026-11-27T11:00")


def test_an_extension_after_a_pause_ends_when_it_says() -> None:
    play = struck_off(Play("gaotai").signed(), "2026-11-24T10:00", "2026-11-26T10:00")
    play.do("request_extension", reason=GOOD, until=moment("2026-12-09T12:00"))
    play.decide("extension")
    assert play.due("handling") == "2026-12-09T12:00"
    struck_off(play, "2026-11-27T10:00", "2026-11-27T18:00")
    assert play.due("handling") == "2026-12-10T12:00"


def test_it_is_looked_at_on_its_rhythm_until_it_is_struck_off() -> None:
    play = Play("gaotai").signed()
    play.do("request_suspension", review_every="7d", **WISH)
    play.decide("suspension")
    assert play.due("suspension_review", None) == "2026-12-01T00:00"
    play.at("2026-12-10T00:00")
    assert play.when("suspension_review_due") == ["2026-12-01T00:00:01", "2026-12-08T00:00:01"]
    play.life.now = moment("2027-01-20T09:00")
    play.life.ring()
    assert len(play.found("suspension_review_due")) == 3, "several that were missed ring as one"
    assert play.due("suspension_review", None) == "2027-01-28T00:00"
    standard = Play("gaotai").signed()
    standard.do("request_suspension", **WISH)
    standard.decide("suspension")
    assert standard.due("suspension_review", None) == "2026-12-24T00:00"


@pytest.mark.parametrize("regime", REGIMES)
def test_what_is_refused(regime: str) -> None:
    play = Play(regime).dispatch()
    assert play.refused("request_strike_off", reason=GOOD) == ("wrong_stage", "GT-10")
    if regime != "huojia":
        assert play.refused("request_suspension", **WISH)[0] == "wrong_stage"
        play.do("sign")
    assert play.refused("request_suspension", plan=GOOD, reason=BLANK) == ("missing_field", "GT-10")
    assert play.refused("request_suspension", review_every="soon", **WISH) == ("invalid", "GT-10")
    play.do("request_suspension", **WISH)
    assert play.refused("request_suspension", **WISH) == ("already_done", None)
    play.decide("suspension", "reject")
    assert play.stage != "suspended"
    play.do("request_suspension", **WISH)
    play.decide("suspension")
    assert play.refused("submit_reply") == ("wrong_stage", None)
    assert play.refused("request_return", reason=GOOD)[0] == "wrong_stage"
    play.do("request_strike_off", reason=GOOD)
    play.decide("strike_off", "reject")
    assert play.stage == "suspended"


def test_an_answer_accepted_while_an_assistant_has_it_on_account() -> None:
    play = Play("gaotai").signed("housing", "water")
    play.do("request_suspension", unit="water", **WISH)
    play.reply(unit="housing")
    play.decide("suspension")
    play.decide("review")
    assert [wait.what for wait in waiting_for(play.order)] == ["request_strike_off"]
    play.do("request_strike_off", reason=GOOD, unit="housing")
    play.decide("strike_off")
    assert play.stage == "callback"


def test_a_return_that_was_being_asked_for_is_void() -> None:
    play = Play("dalad").signed()
    play.do("request_return", reason=GOOD)
    play.do("request_suspension", **WISH)
    play.decide("suspension")
    assert [(approval.kind, approval.status) for approval in play.order.approvals.values()] == [
        ("return", "void"),
        ("suspension", "approved"),
    ]
