"""A sixth county needs YAML only: an order of it goes from intake to archive in the core."""

from adapters.policy.policy_file import load
from domain.policy.rule_book import PolicyFile
from tests.domain.lives import GOOD
from tests.domain.play import VAGUE, Play, moment
from tests.domain.regimes import FILE

COUNTY = """
  linshui:
    extends: standard
    name: 邻水县
    grades: {normal: 一般, flood: 防汛}
    units:
      - {id: water, name: 县水务局, emergency_level: 1}
      - {id: housing, name: 县住建局}
    sign_off: {within: 3wh, clause: LS-01}
    returns: {window: 4wh, needs: [reason, basis], late: counts_as_overdue, refused: barred, clause: LS-02}
    limits:
      - {within: 90m, when: {grade: [flood]}, clause: LS-03}
      - {within: 4wd, clause: LS-03}
    milestones:
      - {clock: on_site, within: 20m, when: {grade: [flood]}, levels: [1], clause: LS-04}
      - {clock: result, before_limit: 2wh, clause: LS-05}
    pre_expiry:
      - {before: 10m, when: {grade: [flood]}}
      - {before: 3wh}
    extensions:
      when: {grade: [normal]}
      ask_before: 3wh
      needs: [reason, until]
      at_most: {beyond_limit: 2wd}
      clause: LS-06
    replies:
      sections: [what_was_done]
      attachments: {at_least: 1}
      vague: {phrases: [已处理], clause: LS-07}
      clause: LS-07
    approvals:
      review:
        stages: [{desk: hotline, by: supervisor}, {desk: inspection, by: inspection}]
        within: 1wd
        clause: LS-08
    rework: {within: 1wd, final_after: 1, clause: LS-09}
    supervision:
      phone: {answer_within: 2wh, then: leader, clause: LS-10}
    reactions:
      - {on: light_changed, where: {light: yellow}, supervise: phone, reason: nearly_due, clause: LS-10}
      - {on: rework_opened, escalate: county_leader, reason: dissatisfied, clause: LS-09}
"""


def county() -> Play:
    regime = load(FILE.read_text("utf-8") + COUNTY, PolicyFile).regimes["linshui"]
    return Play(regime, grade="normal")


def test_a_whole_life() -> None:
    play = county().dispatch()
    assert play.due("sign_off") == "2026-11-23T12:00" and play.due("return") == "2026-11-23T15:00"
    assert (play.due("handling"), play.due("result")) == ("2026-11-27T17:30", "2026-11-27T15:30")
    play.at("2026-11-23T11:00").do("sign")
    assert play.refused("request_return", reason=GOOD) == ("missing_field", "LS-02")
    play.at("2026-11-27T14:00")
    asked = {"reason": GOOD, "until": moment("2026-12-01T17:30")}
    assert play.refused("request_extension", **asked | {"until": moment("2026-12-01T17:31")})[0] == "exceeds_maximum"
    play.do("request_extension", **asked)
    play.decide("extension")
    assert (play.due("handling"), play.due("result")) == ("2026-12-01T17:30", "2026-12-01T15:30")
    play.at("2026-12-01T16:45")
    assert play.when("supervision_opened", level="phone") == ["2026-12-01T14:30"]
    assert play.when("supervision_opened", level="leader") == ["2026-12-01T16:30:01"]
    vague = {"sections": {"what_was_done": VAGUE}, "attachments": ("F1",)}
    assert play.refused("submit_reply", **vague) == ("vague_reply", "LS-07")
    play.reply()
    play.decide("review", by="supervisor")
    play.at("2026-12-03T09:00")
    assert play.found("approval_lapsed", stage="inspection")
    play.decide("review", by="supervisor")
    play.decide("review", by="inspection")
    play.do("record_callback", result="dissatisfied")
    assert play.due("rework") == "2026-12-04T17:30"
    assert play.found("escalated", to_role="county_leader", clause="LS-09")
    play.reply()
    play.decide("review")
    play.decide("review", by="inspection")
    play.do("record_callback", result="dissatisfied")
    play.decide("final_reply")
    assert play.order.outcome == "dissatisfied_final"
    play.archived()


def test_its_urgent_grade() -> None:
    regime = county().order.regime
    play = Play(regime, grade="flood").dispatch("water").at("2026-11-23T12:00")
    assert play.when("milestone_missed", clock="on_site") == ["2026-11-23T09:20:01"]
    assert play.when("light_changed") == ["2026-11-23T10:20", "2026-11-23T10:30:01"]
    play.do("sign")
    assert play.refused("request_extension", reason=GOOD, until=moment("2026-11-24T09:00")) == ("not_allowed", "LS-06")
