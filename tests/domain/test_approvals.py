"""Approvals: one answer by the right role; others are recorded and change nothing (docs/architecture.md#approvals)."""

import pytest

from domain.order.agenda import waiting_for
from domain.order.projection import project
from tests.domain.lives import GOOD
from tests.domain.play import Play, moment
from tests.domain.regimes import REGIMES


@pytest.mark.parametrize(
    ("approval", "decision", "by", "reason"),
    [
        ("A9", "approve", "reviewer", "invalid"),
        ("", "approve", "reviewer", "invalid"),
        ("appeal", "approve", "city_platform", "invalid"),
        ("A1", "maybe", "reviewer", "invalid"),
        ("A1", "", "reviewer", "invalid"),
        ("A1", "approve", "unit_clerk", "not_permitted"),
        ("A1", "approve", "city_platform", "not_permitted"),
        ("A1", "approve", "nobody", "not_permitted"),
        ("A1", "approve", "", "not_permitted"),
    ],
)
def test_a_signal_that_cannot_be_followed(approval: str, decision: str, by: str, reason: str) -> None:
    play = Play("huojia", source="city_platform").signed().replied()
    before = play.order
    play.decide(approval, decision, by=by or " ")
    (ignored,) = play.found("signal_ignored")
    assert (ignored["reason"], ignored["seq"]) == (reason, before.seq + 1)
    assert play.order == before.but(seq=before.seq + 1)


def test_a_repeated_signal_is_ignored() -> None:
    play = Play("gaotai").signed().replied()
    play.decide("review")
    for name in ("A1", "review"):
        play.decide(name, by="reviewer")
    assert [event["reason"] for event in play.found("signal_ignored")] == ["already_done", "already_done"]
    assert len(play.found("approval_decided")) == 1


def test_a_late_signal_is_too_late() -> None:
    play = Play("hukou").signed()
    play.do("request_return", reason=GOOD, proposed_unit="water", signed_by=["unit_principal_leader"])
    play.at("2026-11-26T09:00").decide("A1", by="dispatcher")
    assert [event["reason"] for event in play.found("signal_ignored")] == ["too_late"]


@pytest.mark.parametrize("regime", REGIMES)
def test_the_director_may_take_any_stage_of_the_hotline(regime: str) -> None:
    play = Play(regime).signed().replied()
    play.decide("review", by="hotline_director")
    assert play.stage == "callback"
    assert play.found("approval_decided", by_role="hotline_director", stage="hotline")
    (view,) = project(play.order).approvals
    assert (view.by_roles[0], "hotline_director" in view.by_roles) == ("reviewer", True)


def test_what_the_order_cannot_do_without_is_asked_again() -> None:
    rules = REGIMES["gaotai"].model_dump()
    rules["approvals"]["review"]["within"] = "2h"
    rules["approvals"]["final_reply"]["within"] = "1wd"
    rules["rework"]["final_after"] = 1
    play = Play(type(REGIMES["gaotai"]).model_validate(rules)).signed().replied()
    play.at("2026-11-23T12:00")
    assert play.when("approval_lapsed", kind="review") == ["2026-11-23T11:00:01"]
    assert [wait.what for wait in waiting_for(play.order)] == ["approval.review"]
    play.decide("review")
    play.do("record_callback", result="dissatisfied")
    play.answered().do("record_callback", result="dissatisfied")
    play.at("2026-11-25T09:00")
    assert play.found("approval_lapsed", kind="final_reply") and play.stage == "final"
    play.decide("final_reply")
    assert play.order.outcome == "dissatisfied_final"


def test_a_return_under_dispute_of_an_assistant_leaves_the_order_waiting_for_a_lead() -> None:
    play = Play("dalad").dispatch("housing", "water")
    play.do("request_return", unit="housing", reason=GOOD)
    play.decide("return")
    play.do("request_return", unit="water", reason=GOOD, proposed_unit="transport")
    play.decide("return")
    assert play.order.awaiting_dispatch and not play.order.leads
    assert "dispatch" in [wait.what for wait in waiting_for(play.order)]
    play.dispatch("police")
    assert [lead.unit for lead in play.order.leads] == ["police"] and not play.order.awaiting_dispatch


def test_decisions_name_their_moment() -> None:
    play = Play("gaotai").signed()
    play.do("request_extension", reason=GOOD)
    play.at("2026-11-24T10:00").decide("extension", until=moment("2026-12-04T12:00"), comment=GOOD)
    (decided,) = play.found("approval_decided")
    assert decided["until"].startswith("2026-12-04T12:00") and decided["comment"]["document"] == "D1"
