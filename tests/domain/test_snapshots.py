"""A change of policy or calendar never edits history (docs/architecture.md#time)."""

from datetime import date

import pytest

from domain.calendar.business_calendar import CalendarDays
from domain.order.internal_commands import AdoptCalendar, AdoptPolicy
from tests.domain.play import Play
from tests.domain.regimes import HASHES, REGIMES
from tests.domain.times import OFFICIAL


def with_holidays(*days: int) -> CalendarDays:
    """The official calendar with some days of December 2026 off."""
    return OFFICIAL.model_copy(update={"holidays": OFFICIAL.holidays | {date(2026, 12, d): "假日" for d in days}})


def test_another_rule_book_counts_from_now_on() -> None:
    play = Play("gaotai", grade=None, category="consult").signed()
    limit = play.due("handling")
    play.say(AdoptPolicy(policy=REGIMES["gaotai"], policy_hash=HASHES["gaotai"]))
    assert play.found("policy_adopted") == [], "its own rule book changes nothing"
    play.say(AdoptPolicy(policy=REGIMES["rugao"], policy_hash=HASHES["rugao"]))
    assert play.found("policy_adopted") == [], "a grade that it does not know"
    mild = REGIMES["gaotai"].model_copy(update={"rework": REGIMES["rugao"].rework})
    play.say(AdoptPolicy(policy=mild, policy_hash="f" * 16))
    assert play.found("policy_adopted", policy_hash="f" * 16) and play.order.policy_hash == "f" * 16
    assert play.due("handling") == limit, "clocks that run keep their limit"
    play.answered().do("record_callback", result="dissatisfied")
    assert play.due("rework") == "2026-11-25T17:30"


@pytest.mark.parametrize(("days", "due"), [((1,), "2026-12-03T17:30"), ((12,), "2026-12-02T17:30")])
def test_open_due_moments_are_reckoned_again(days: tuple[int, ...], due: str) -> None:
    play = Play("gaotai").signed()
    play.say(AdoptCalendar(calendar=with_holidays(*days)))
    assert play.due("handling") == due
    assert len(play.found("deadline_set", clock="handling")) == 1 + (due != "2026-12-02T17:30")
    play.say(AdoptCalendar(calendar=with_holidays(*days)))
    assert len(play.found("calendar_adopted")) == 1


def test_a_warned_limit_that_moves_is_green_until_it_is_warned_of_again() -> None:
    play = Play("gaotai").signed().at("2026-12-01T18:00")
    assert play.order.light == "yellow"
    play.say(AdoptCalendar(calendar=with_holidays(2)))
    assert (play.order.light, play.due("handling")) == ("green", "2026-12-03T17:30")
    play.at("2026-12-03T00:00")
    assert play.when("light_changed", light="yellow") == ["2026-12-01T17:30", "2026-12-02T17:30"]


def test_a_missed_result_does_not_run_again() -> None:
    play = Play("dalad").signed().at("2026-11-30T17:00")
    assert len(play.found("milestone_missed", clock="result")) == 1
    play.say(AdoptCalendar(calendar=with_holidays(12)))
    assert len(play.at("2026-12-05T09:00").found("milestone_missed", clock="result")) == 1


def test_a_limit_in_a_year_without_schedule_is_provisional_until_it_is_out() -> None:
    early = OFFICIAL.model_copy(update={"official_through": 2026})
    play = Play("hukou", "2026-12-28T09:00", calendar=early).signed()
    assert play.clock("handling").provisional and play.found("deadline_set", clock="handling", provisional=True)
    play.say(AdoptCalendar(calendar=early.model_copy(update={"official_through": 2027})))
    assert not play.clock("handling").provisional and play.due("handling") == "2027-01-08T17:30"
