"""Callback, rework and the final reply (docs/policy-guide.md; RG-06, HK-12)."""

import pytest

from domain.policy.rule_book import Regime
from tests.domain.lives import GOOD
from tests.domain.play import Play
from tests.domain.regimes import REGIMES

# a dissatisfied citizen on Wednesday 2026-11-25 10:00
REWORKS = {
    "gaotai": ("2026-11-26T10:00", "GT-13"),
    "huojia": ("2026-11-26T10:00", "HJ-16"),
    "dalad": ("2026-11-26T10:00", "DL-10"),
    "rugao": ("2026-11-27T17:30", "RG-06"),
    "hukou": ("2026-11-27T17:30", "HK-10"),
}


@pytest.mark.parametrize("regime", REGIMES)
def test_satisfied_and_closed(regime: str) -> None:
    play = Play(regime).signed().answered()
    assert play.stage == "callback" and play.found("notice_issued", template="survey", to_role="citizen")
    assert play.refused("record_callback", result="satisfied", by="unit_clerk") == ("not_permitted", None)
    play.do("record_callback", result="satisfied", intake_rating=5, handling_rating=4)
    assert play.order.outcome == "satisfied"
    facts = play.order.facts
    assert (facts.satisfied, facts.intake_rating, facts.handling_rating) == (True, 5, 4)
    assert play.refused("record_callback", result="satisfied")[0] == "wrong_stage"
    play.archived()


@pytest.mark.parametrize("regime", REGIMES)
def test_unreachable_after_three_tries(regime: str) -> None:
    play = Play(regime).signed().answered()
    for attempt in (1, 2, 3):
        assert play.stage == "callback"
        play.at(f"2026-11-23T1{attempt}:00").do("record_callback", result="unreachable")
        assert play.found("callback_recorded", attempt=attempt)
    assert play.order.outcome == "unreachable" and play.order.facts.satisfied is None


def test_a_try_told_twice_is_one_try() -> None:
    play = Play("gaotai").dispatch()
    play.do("join", order="T-2")
    play.do("sign")
    play.answered().at("2026-11-23T10:00:40")
    play.do("record_callback", result="unreachable", party="T-1")
    assert play.refused("record_callback", result="unreachable", party="T-1") == ("too_early", "GT-13")
    play.at("2026-11-23T10:00:59")
    assert play.refused("record_callback", result="unreachable", party="T-1") == ("too_early", "GT-13")
    play.do("record_callback", result="unreachable", party="T-2")
    play.at("2026-11-23T10:01").do("record_callback", result="unreachable", party="T-1")
    play.do("record_callback", result="satisfied", party="T-1")
    assert [e["attempt"] for e in play.found("callback_recorded", party="T-1")] == [1, 2, 3]


def test_a_rule_book_may_want_tries_further_apart() -> None:
    rules = REGIMES["gaotai"].model_dump(mode="json")
    rules["callbacks"]["apart"] = "4h"
    play = Play(Regime.model_validate(rules)).signed().answered().at("2026-11-23T10:00")
    play.do("record_callback", result="unreachable")
    play.at("2026-11-23T13:59")
    assert play.refused("record_callback", result="unreachable") == ("too_early", "GT-13")
    play.at("2026-11-23T14:00").do("record_callback", result="unreachable")
    assert play.order.tries == {"T-1": 2}


def test_a_new_round_counts_its_tries_anew() -> None:
    play = Play("gaotai").signed().answered()
    play.do("record_callback", result="unreachable")
    play.do("record_callback", result="dissatisfied")
    play.answered().do("record_callback", result="unreachable")
    assert [e["attempt"] for e in play.found("callback_recorded")] == [1, 2, 1]


@pytest.mark.parametrize("regime", REGIMES)
def test_dissatisfied_is_worked_again_at_once(regime: str) -> None:
    due, clause = REWORKS[regime]
    play = Play(regime).signed().answered().at("2026-11-25T10:00")
    play.do("record_callback", result="dissatisfied")
    assert play.when("rework_opened", round=1) == ["2026-11-25T10:00"]
    assert (play.due("rework"), play.clock("rework").clause) == (due, clause)
    assert play.stage == "handling" and play.order.light == "green"
    play.at("2026-12-20T00:00")
    assert play.when("handling_overdue", reason="rework") == [due + ":01"]
    if due.startswith("2026-11-26"):
        assert play.found("light_changed", light="yellow") == [], "a day's limit is not warned of as it begins"


def test_an_answer_that_was_meant_for_an_earlier_round_does_not_count_in_this_one() -> None:
    play = Play("gaotai").signed().answered()
    play.do("record_callback", result="dissatisfied", round=0)
    play.answered()
    assert play.refused("record_callback", result="satisfied", round=0) == ("wrong_stage", "GT-13")
    play.do("record_callback", result="satisfied", round=1)
    assert play.order.outcome == "satisfied"


@pytest.mark.parametrize("regime", REGIMES)
def test_the_last_word_after_the_second_rework(regime: str) -> None:
    play = Play(regime).signed().answered()
    for number in (1, 2):
        play.do("record_callback", result="dissatisfied")
        assert play.order.reworks == number
        play.answered()
    play.do("record_callback", result="dissatisfied")
    assert play.stage == "final"
    if regime == "hukou":
        assert play.found("panel_opened") and not play.found("approval_opened", kind="final_reply")
        play.decide("panel")
        assert play.found("panel_decided", finding="unit_upheld")
    assert play.refused("join", order="T-2") == ("wrong_stage", "NA-01"), "nobody would ask who joins now"
    play.decide("final_reply", "reject")
    assert play.order.reworks == 3 and play.stage == "handling"
    play.answered().do("record_callback", result="dissatisfied")
    assert len(play.found("panel_opened")) == (regime == "hukou"), "one panel an order"
    play.decide("final_reply")
    assert play.order.outcome == "dissatisfied_final"


def test_the_panel_finds_the_demand_reasonable() -> None:
    play = Play("hukou").signed().answered()
    for _ in (1, 2):
        play.do("record_callback", result="dissatisfied")
        play.answered()
    play.do("record_callback", result="dissatisfied")
    play.decide("panel", "reject")
    assert play.found("panel_decided", finding="demand_reasonable") and play.order.reworks == 3


def test_one_dissatisfied_citizen_of_two_is_enough() -> None:
    play = Play("gaotai").dispatch()
    play.do("join", order="T-2")
    play.do("sign")
    play.answered().do("record_callback", party="T-2", result="dissatisfied")
    assert play.stage == "callback"
    play.do("record_callback", result="satisfied")
    assert play.order.reworks == 1


def test_each_rework_comes_under_joint_supervision_in_huojia() -> None:
    play = Play("huojia").signed()
    for times in (1, 2):
        play.answered().do("record_callback", result="dissatisfied")
        assert len(play.found("supervision_opened", level="joint", reason="reworked", clause="HJ-16")) == times


@pytest.mark.parametrize(
    ("regime", "level", "to_role"),
    [("rugao", "joint", "inspection"), ("hukou", None, "inspection")],
)
def test_the_second_rework_is_watched(regime: str, level: str | None, to_role: str | None) -> None:
    play = Play(regime).signed().answered()
    play.do("record_callback", result="dissatisfied")
    assert not play.found("supervision_opened", reason="repeated_rework")
    play.answered().do("record_callback", result="dissatisfied")
    assert bool(play.found("supervision_opened", level=level, reason="repeated_rework")) == (level is not None)
    assert bool(play.found("escalated", to_role=to_role, reason="repeated_rework")) == (to_role is not None)


GROUNDS = (
    "no_room_to_act",
    "no_legal_basis",
    "administrative_mediation",
    "law_enforcement_case",
    "suggestion_explained",
)


@pytest.mark.parametrize("ground", GROUNDS)
def test_a_granted_appeal_is_not_counted(ground: str) -> None:
    play = Play("hukou", source="city_platform").signed()
    good = {"ground": ground, "text": GOOD, "signed_by": ["unit_principal_leader"], "attachments": ("F1",)}
    for name, code in (
        ("signed_by", "missing_signature"),
        ("attachments", "missing_attachment"),
    ):
        lacking = {key: value for key, value in good.items() if key != name}
        assert play.refused("appeal", **lacking) == (code, "HK-09")
    assert play.refused("appeal", **good | {"ground": "too_hard"}) == ("invalid", "HK-09")
    play.do("appeal", **good)
    assert play.found("approval_opened", kind="appeal", stage="city", by_role="city_platform")
    play.decide("appeal")
    assert play.found("appeal_granted", ground=ground) and play.order.outcome == "not_counted"


def test_a_refused_appeal_changes_nothing_else() -> None:
    play = Play("hukou").signed().answered()
    play.do("appeal", ground=GROUNDS[0], text=GOOD, signed_by=["unit_principal_leader"], attachments=("F1",))
    play.decide("appeal", "reject")
    assert play.found("appeal_refused", unit="housing") and play.stage == "callback"


@pytest.mark.parametrize("regime", ["gaotai", "huojia", "dalad", "rugao"])
def test_no_appeals_where_no_ground_is_listed(regime: str) -> None:
    assert Play(regime).signed().refused("appeal", ground=GROUNDS[0], text=GOOD)[0] == "not_allowed"


@pytest.mark.parametrize("regime", REGIMES)
def test_termination_is_found_by_the_hotline(regime: str) -> None:
    play = Play(regime).signed()
    play.do("request_termination", ground="litigation", text=GOOD)
    assert play.refused("request_termination", text=GOOD) == ("already_done", None)
    play.decide("termination", "reject")
    assert play.stage == "handling"
    play.do("request_termination", ground="litigation", text=GOOD)
    play.decide("termination")
    assert play.found("order_terminated", ground="litigation") and play.order.outcome == "terminated"
