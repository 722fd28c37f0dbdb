"""Supervision (docs/policy-guide.md), and the acts and reports of a unit while it works."""

import pytest

from domain.order.internal_commands import ReportTally
from tests.domain.lives import GOOD
from tests.domain.play import BLANK, VAGUE, Play, moment


def test_phone_at_yellow_then_special_when_it_is_not_answered() -> None:
    play = Play("gaotai", grade="days_7").signed().at("2026-12-01T17:30")
    assert play.found("supervision_opened", level="phone", reason="yellow", unit="housing")
    assert play.due("supervision") == "2026-12-02T17:30"
    play.at("2026-12-03T00:00")
    assert play.when("supervision_opened", level="special", reason="unanswered") == ["2026-12-02T17:30:01"]
    assert play.when("supervision_opened", level="phone", reason="red") == ["2026-12-02T17:30:01"]
    assert play.at("2026-12-30T00:00").found("supervision_opened", level="special") == play.found(
        "supervision_opened", reason="unanswered"
    ), "something as loud is open already"


@pytest.mark.parametrize("how", ["answer", "progress", "reply"])
def test_any_feedback_answers_it(how: str) -> None:
    play = Play("gaotai").signed().at("2026-12-01T18:00")
    if how == "answer":
        assert play.refused("answer_supervision") == ("missing_field", None)
        play.do("answer_supervision", text=GOOD)
    elif how == "progress":
        play.do("report_progress", text=GOOD)
    else:
        play.reply()
    assert play.found("supervision_answered", unit="housing")
    assert play.refused("answer_supervision", text=GOOD) == ("wrong_stage", None)
    assert play.at("2026-12-02T17:00").found("supervision_opened", level="special") == []


def test_dalad_telephones_at_red_and_when_nobody_signs() -> None:
    play = Play("dalad").dispatch().at("2026-12-10T00:00")
    assert play.when("supervision_opened", level="phone", reason="not_signed") == ["2026-11-24T05:00:01"]
    assert play.when("supervision_opened", level="phone", reason="red") == ["2026-11-30T17:30:01"]


def test_huojia_writes_to_the_principal_leader() -> None:
    play = Play("huojia", marks=("clustered",)).signed()
    assert play.found("notice_issued", template="dispatch", to_role="unit_principal_leader")
    assert play.found("escalated", to_role="unit_principal_leader", reason="wide_or_clustered")
    play.do("urge")
    assert not play.found("notice_issued", template="supervision")
    play.do("urge")
    assert len(play.found("notice_issued", template="supervision", to_role="unit_principal_leader")) == 1
    play.do("urge")
    assert play.found("supervision_opened", level="joint", reason="stuck")
    play.at("2026-11-28T00:00")
    assert play.found("notice_issued", template="pre_expiry", to_role="unit_principal_leader")
    assert play.found("supervision_opened", level="joint", reason="clustered_overdue")
    assert play.found("accountability_recorded", kind="handler", reason="overdue")
    assert play.found("tally_asked", unit="housing")


@pytest.mark.parametrize(
    ("in_a_row", "in_total", "reason"),
    [(2, 4, None), (3, 3, "overdue_in_a_row"), (0, 5, "overdue_in_total"), (3, 5, "overdue_in_a_row")],
)
def test_three_in_a_row_or_five_in_all_reach_the_county(in_a_row: int, in_total: int, reason: str | None) -> None:
    play = Play("huojia").signed()
    play.say(ReportTally(unit="housing", in_a_row=in_a_row, in_total=in_total))
    assert [event["reason"] for event in play.found("escalated", to_role="county_leader")] == [reason] * bool(reason)


def test_rugao_supervises_with_the_inspection_office() -> None:
    play = Play("rugao").signed().at("2026-12-01T00:00")
    assert play.found("supervision_opened", level="joint", reason="overdue", clause="RG-18")
    assert play.found("escalated", to_role="inspection", reason="overdue")


@pytest.mark.parametrize("mark", ["repeated", "leader_assigned", "wide_impact", "sensitive"])
def test_hukou_has_major_concerns_verified(mark: str) -> None:
    assert Play("hukou", marks=(mark,)).dispatch().found("escalated", to_role="inspection", reason="major_concern")
    assert not Play("hukou").dispatch().found("escalated")


@pytest.mark.parametrize("regime", ["gaotai", "dalad", "rugao", "hukou"])
def test_an_overdue_order_is_the_principal_leaders(regime: str) -> None:
    play = Play(regime).signed().at("2026-12-30T00:00")
    assert play.found("escalated", to_role="unit_principal_leader", reason="overdue")
    assert play.found("notice_issued", template="overdue", to_role="unit_principal_leader")


@pytest.mark.parametrize("by", ["supervisor", "county_leader", "inspection"])
def test_who_opens_a_supervision(by: str) -> None:
    play = Play("hukou")
    assert play.refused("open_supervision", level="leader", reason=GOOD, by=by) == ("wrong_stage", None)
    play.dispatch()
    assert play.refused("open_supervision", level="leader", by=by) == ("missing_field", None)
    assert play.refused("open_supervision", level="leader", reason=GOOD, by="agent") == ("not_permitted", None)
    play.do("open_supervision", level="leader", reason=GOOD, by=by)
    assert play.found("supervision_opened", level="leader", unit="housing", reason=by)


def test_vague_progress_is_refused_where_the_rule_book_knows_it() -> None:
    play = Play("dalad").signed()
    assert play.refused("report_progress", text=VAGUE) == ("vague_reply", "DL-08")
    assert play.refused("report_progress", text=BLANK) == ("missing_field", "DL-08")
    assert play.refused("report_progress", stage="plan", text=GOOD) == ("missing_field", "DL-08")
    play.do("report_progress", text=GOOD)
    assert play.found("notice_issued", template="citizen_update", clause="DL-08")
    other = Play("gaotai").dispatch()
    assert other.refused("report_progress", text=GOOD) == ("wrong_stage", "GT-06")
    other.do("sign")
    other.do("report_progress", text=VAGUE)


def test_an_opinion_and_progress_meet_their_milestones() -> None:
    play = Play("rugao", grade="special").signed("education")
    play.do("report_progress", stage="first_opinion", text=GOOD)
    play.at("2026-11-27T00:00")
    assert play.when("milestone_missed") == ["2026-11-26T17:30:01"]
    assert play.found("milestone_missed")[0]["clock"] == "progress"


def test_on_site_in_half_an_hour() -> None:
    play = Play("rugao", grade="urgent").dispatch("police")
    assert play.due("on_site", "police") == "2026-11-23T09:30"
    play.do("arrive_on_site", unit="police")
    assert play.refused("arrive_on_site", unit="police") == ("already_done", None)
    assert not play.at("2026-11-23T10:00").found("milestone_missed")
    late = Play("rugao", grade="urgent").dispatch("police").at("2026-11-23T10:00")
    assert late.found("escalated", to_role="unit_principal_leader", reason="not_on_site")
    assert "on_site:education" not in Play("rugao", grade="urgent").dispatch("education").order.clocks


def test_complex_orders_report_on_a_rhythm_until_they_are_answered() -> None:
    play = Play("hukou", grade="complex").signed()
    assert play.due("progress") == "2026-11-26T17:30"
    play.at("2026-11-25T09:00")
    assert play.refused("report_progress", stage="plan", text=GOOD, plan=GOOD) == ("missing_field", "HK-08")
    dated = moment("2026-12-02T17:00")
    play.do("report_progress", stage="plan", text=GOOD, plan=GOOD, expected_at=dated)
    assert play.due("progress") == "2026-11-30T17:30"
    play.at("2026-12-01T09:00")
    assert play.when("milestone_missed", clock="progress") == ["2026-11-30T17:30:01"]
    play.reply()
    play.do("report_progress", text=GOOD)
    assert play.clock("progress").status == "met", "after the answer nothing more is promised"


@pytest.mark.parametrize("purpose", ["solve", "explain", "discuss"])
def test_a_visit_is_written_down(purpose: str) -> None:
    play = Play("dalad").signed()
    play.do("record_visit", purpose=purpose, text=GOOD)
    assert play.found("visit_recorded", purpose=purpose, unit="housing")


def test_unclosed_with_a_plan_it_is_tracked_and_no_longer_overdue() -> None:
    play = Play("rugao").signed()
    good = {"text": GOOD, "plan": GOOD, "expected_at": moment("2026-12-15T17:00")}
    for name in good:
        lacking = {key: value for key, value in good.items() if key != name}
        assert play.refused("list_unclosed", **lacking) == ("missing_field", "RG-12")
    assert play.refused("list_unclosed", **good | {"expected_at": moment("2026-11-23T09:00")}) == ("invalid", "RG-12")
    play.do("request_extension", reason=GOOD)
    play.do("list_unclosed", **good)
    assert not play.order.open_approvals, "the extension is asked for no more"
    assert play.refused("list_unclosed", **good) == ("already_done", "RG-12")
    assert play.refused("request_extension", reason=GOOD) == ("wrong_stage", "RG-11")
    play.at("2026-12-16T00:00")
    assert play.found("handling_overdue") == []
    assert play.when("milestone_missed", clock="progress") == ["2026-12-15T17:00:01"]
    play.answered().do("record_callback", result="satisfied")
    assert play.order.outcome == "satisfied" and play.order.facts.unclosed
