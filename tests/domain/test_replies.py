"""Replies and their review (docs/policy-guide.md)."""

from typing import Any

import pytest

from domain.text import Text
from tests.domain.lives import GOOD
from tests.domain.play import BLANK, COPIED, VAGUE, Play

SECTIONS = {
    "gaotai": ("handling", "result"),
    "huojia": ("contact", "handling", "follow_up"),
    "dalad": ("facts", "process", "result", "satisfaction"),
    "rugao": ("investigation", "resolution", "contact"),
    "hukou": ("basic_facts", "result_and_communication", "proposed_reply"),
}
CLAUSES = {"gaotai": "GT-13", "huojia": "HJ-10", "dalad": "DL-05", "rugao": "RG-15", "hukou": "HK-07"}
ATTACHMENTS = {"gaotai": 0, "huojia": 1, "dalad": 2, "rugao": 1, "hukou": 0}


def sections(regime: str) -> dict[str, Text]:
    return dict.fromkeys(SECTIONS[regime], GOOD)


@pytest.mark.parametrize("regime", SECTIONS)
def test_every_section_must_say_something(regime: str) -> None:
    play = Play(regime).signed()
    for name in SECTIONS[regime]:
        lacking = {other: text for other, text in sections(regime).items() if other != name}
        assert play.refused("submit_reply", sections=lacking) == ("missing_section", CLAUSES[regime])
        blank = lacking | {name: BLANK}
        assert play.refused("submit_reply", sections=blank) == ("missing_section", CLAUSES[regime])
    play.reply(sections=sections(regime))
    assert play.found("reply_submitted", unit="housing", part="lead", round=0)
    assert play.refused("submit_reply", sections=sections(regime))[0] == "wrong_stage"


@pytest.mark.parametrize("regime", SECTIONS)
def test_so_many_different_attachments(regime: str) -> None:
    least = ATTACHMENTS[regime]
    play = Play(regime).signed()
    if least:
        clause = {"huojia": "HJ-11", "dalad": "DL-05", "rugao": "RG-15"}[regime]
        too_few: dict[str, Any] = {"sections": sections(regime), "attachments": ("F1",) * least if least > 1 else ()}
        too_few["signed_by"] = ["unit_section_head", "unit_deputy_leader", "unit_principal_leader"]
        assert play.refused("submit_reply", **too_few) == ("missing_attachment", clause)
    play.reply(attachments=tuple(f"F{number}" for number in range(least)))
    assert play.stage == "review"


@pytest.mark.parametrize(
    ("regime", "marks", "lacking", "enough", "clause"),
    [
        ("huojia", (), ["unit_section_head"], ["unit_section_head", "unit_principal_leader"], "HJ-11"),
        ("huojia", (), ["unit_principal_leader"], ["unit_section_head", "unit_principal_leader"], "HJ-11"),
        ("rugao", (), ["unit_section_head"], ["unit_deputy_leader"], "RG-14"),
        ("rugao", ("state_assigned",), ["unit_deputy_leader"], ["unit_principal_leader"], "RG-14"),
        ("rugao", ("province_assigned",), ["unit_deputy_leader"], ["unit_principal_leader"], "RG-14"),
        ("rugao", ("city_assigned",), ["unit_deputy_leader"], ["unit_principal_leader"], "RG-14"),
        ("gaotai", ("city_assigned",), None, [], None),
        ("dalad", (), None, [], None),
        ("hukou", (), None, [], None),
    ],
)
def test_who_signs(
    regime: str, marks: tuple[str, ...], lacking: list[str] | None, enough: list[str], clause: str | None
) -> None:
    play = Play(regime, marks=marks).signed()
    good = {"sections": sections(regime), "attachments": ("F1", "F2")}
    if lacking is not None:
        assert play.refused("submit_reply", signed_by=lacking, **good) == ("missing_signature", clause)
    play.reply(signed_by=enough)
    assert play.stage == "review"


def test_empty_phrases_and_copies_are_refused_where_the_rule_book_knows_them() -> None:
    play = Play("dalad").signed()
    good = {"attachments": ("F1", "F2")}
    vague = sections("dalad") | {"result": VAGUE}
    assert play.refused("submit_reply", sections=vague, **good) == ("vague_reply", "DL-05")
    copied = dict.fromkeys(SECTIONS["dalad"], COPIED)
    assert play.refused("submit_reply", sections=copied, **good) == ("duplicate_reply", "DL-10")
    unnamed = dict.fromkeys(SECTIONS["dalad"], COPIED.model_copy(update={"duplicate_of": ""}))
    assert play.refused("submit_reply", sections=unnamed, **good) == ("duplicate_reply", "DL-10")
    play.reply(sections=copied | {"facts": GOOD})
    for regime in ("gaotai", "huojia", "rugao", "hukou"):
        other = Play(regime).signed()
        other.reply(sections=dict.fromkeys(SECTIONS[regime], COPIED) | {SECTIONS[regime][0]: VAGUE})
        assert other.stage == "review"


@pytest.mark.parametrize(
    ("regime", "source", "desks"),
    [
        *((regime, "phone", ["hotline"]) for regime in SECTIONS),
        ("gaotai", "city_platform", ["hotline"]),
        ("huojia", "city_platform", ["hotline", "city"]),
        ("dalad", "city_platform", ["hotline", "city"]),
        ("rugao", "city_platform", ["hotline"]),
        ("hukou", "city_platform", ["hotline", "city"]),
    ],
)
def test_who_reviews(regime: str, source: str, desks: list[str]) -> None:
    play = Play(regime, source=source).signed().replied()
    for _ in desks:
        assert play.stage == "review"
        play.decide("review")
    opened = [event["stage"] for event in play.found("approval_opened") if "review" in event["kind"]]
    assert opened == desks and play.stage == "callback"
    assert [event["what"] for event in play.found("sent_to_city")] == ["result", "city_review"] * (len(desks) - 1)
    assert play.found("reply_accepted", unit="housing") and play.found("callback_due", round=0)


@pytest.mark.parametrize("regime", SECTIONS)
def test_sent_back_with_the_same_limit(regime: str) -> None:
    play = Play(regime).signed()
    limit = play.due("handling")
    play.at("2026-11-23T15:00").reply()
    play.decide("review", "reject")
    assert play.found("reply_sent_back", unit="housing", desk="hotline") and play.stage == "handling"
    assert play.due("handling") == limit and play.clock("handling").status == "running"
    play.reply()
    play.decide("review")
    assert play.at("2026-12-30T00:00").found("handling_overdue") == []
    assert play.order.facts.on_time is True


def test_the_city_sends_back_too() -> None:
    play = Play("huojia", source="city_platform").signed().replied()
    play.decide("review")
    (ignored,) = play.decide("city_review", "reject", by="hotline_director")
    assert ignored.event == "signal_ignored", "the director may take any stage of the hotline, none of the city's"
    play.decide("city_review", "reject")
    assert play.found("reply_sent_back", desk="city", by_role="city_platform") and play.stage == "handling"


def test_a_reply_under_review_does_not_pass_its_limit_but_one_sent_back_late_does() -> None:
    play = Play("huojia").signed().replied().at("2026-11-28T00:00")
    assert play.found("handling_overdue") == []
    play.decide("review", "reject", by="hotline_director")
    play.at("2026-11-28T00:01")
    assert play.when("handling_overdue") == ["2026-11-28T00:00"]


def test_a_final_reply_needs_ground_and_finding() -> None:
    good = {"sections": sections("gaotai"), "final": True}
    play = Play("gaotai").signed()
    assert play.refused("submit_reply", **good) == ("not_allowed", None)
    unreasonable = good | {"resolution": "unreasonable"}
    assert play.refused("submit_reply", **unreasonable) == ("missing_attachment", None)
    play.do("submit_reply", **unreasonable, attachments=("F1",))
    play.decide("review")
    play.do("record_callback", result="dissatisfied")
    assert play.stage == "final" and play.found("approval_opened", kind="final_reply", by_role="hotline_director")
    repeated = Play("rugao", marks=("repeated",)).signed()
    repeated.reply(final=True)


def test_an_unreasonable_demand_is_reported_to_the_city() -> None:
    play = Play("dalad").signed().replied(resolution="unreasonable")
    assert play.found("sent_to_city", what="unreasonable", unit="housing")
