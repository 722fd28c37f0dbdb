"""Intake: orders that end before dispatch (GT-03, GT-04, NA-01)."""

import pytest

from domain.refusal import Refused
from tests.domain.lives import GOOD
from tests.domain.play import BLANK, Play
from tests.domain.regimes import REGIMES, new_order


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("category", ["consult", "help"])
def test_consultation_and_help_are_answered_at_once(regime: str, category: str) -> None:
    play = Play(regime, category=category)
    assert play.refused("answer_at_intake", text=None)[0] == "missing_field"
    assert play.refused("answer_at_intake", text=BLANK)[0] == "missing_field"
    play.do("answer_at_intake", text=GOOD)
    assert [event.event for event in play.life.events[1:]] == ["answered_at_intake", "order_closed"]
    assert play.order.outcome == "answered"
    assert play.refused("dispatch", units=[{"unit": "housing"}]) == ("wrong_stage", None)
    play.archived()


@pytest.mark.parametrize("category", ["suggestion", "complaint", "report", "other"])
def test_all_else_is_dispatched(category: str) -> None:
    assert Play("gaotai", category=category).refused("answer_at_intake", text=GOOD) == ("not_allowed", "GT-04")


def test_an_emergency_is_handed_to_its_line() -> None:
    play = Play("rugao")
    assert play.refused("transfer_out", by="unit_clerk", line="110") == ("not_permitted", None)
    play.do("transfer_out", line="110", reason=GOOD)
    assert play.order.outcome == "transferred" and play.found("transferred_out", line="110")
    late = Play("rugao").dispatch()
    assert late.refused("transfer_out", line="110") == ("wrong_stage", None)


def test_the_citizen_withdraws() -> None:
    play = Play("dalad").signed()
    play.do("withdraw", reason=GOOD)
    assert play.order.outcome == "withdrawn" and not play.order.open_approvals
    assert play.refused("withdraw", reason=GOOD) == ("wrong_stage", None)
    assert play.refused("sign") == ("wrong_stage", None)


def test_a_repeated_demand_is_carried_on_elsewhere_and_both_citizens_are_called() -> None:
    first = Play("huojia")
    assert first.refused("merge", into="T-1") == ("invalid", "NA-01")
    first.do("merge", into="T-5")
    assert first.order.outcome == "merged"
    other = Play("huojia").dispatch()
    assert other.refused("merge", into="T-5") == ("wrong_stage", "NA-01")
    other.do("join", order="T-2")
    assert other.refused("join", order="T-2") == ("already_done", "NA-01")
    other.answered().do("record_callback", result="satisfied")
    assert other.stage == "callback"
    assert other.refused("record_callback", result="satisfied", party="T-1") == ("already_done", "GT-13")
    assert other.refused("record_callback", result="satisfied", party="T-9") == ("unknown_order", "GT-13")
    other.do("record_callback", result="satisfied", party="T-2")
    assert other.order.outcome == "satisfied"


def test_a_grade_of_another_county_is_refused() -> None:
    with pytest.raises(Refused, match="invalid"):
        new_order("hukou", grade="critical")
    assert {name: new_order(name).grade for name in REGIMES} == {
        "gaotai": "days_7",
        "huojia": "normal",
        "dalad": "normal",
        "rugao": "normal",
        "hukou": "normal",
    }


def test_the_grades_are_the_countys_own() -> None:
    days = ["immediate", "hours_3", "hours_24", "days_3", "days_7"]
    assert {name: sorted(regime.grades) for name, regime in REGIMES.items()} == {
        "gaotai": sorted(days),
        "huojia": ["critical", "difficult", "normal", "urgent"],
        "dalad": ["complex", "difficult", "normal"],
        "rugao": ["complex", "difficult", "normal", "special", "special_urgent", "urgent"],
        "hukou": ["complex", "difficult", "normal"],
    }
