"""Extensions: the last moment to ask, the longest, how many, signatures and deciders (docs/policy-guide.md)."""

from datetime import timedelta
from typing import Any

import pytest

from tests.domain.lives import GOOD
from tests.domain.play import BLANK, Play, moment

CLAUSES = {"gaotai": "GT-09", "huojia": "HJ-08", "dalad": "DL-06", "rugao": "RG-11", "hukou": "HK-06"}
LEADER = ["unit_principal_leader"]
# regime, facts, last moment to ask, latest moment to reach; dispatched on Monday 2026-11-23 09:00
RULES: list[tuple[str, dict[str, Any], str, str]] = [
    ("gaotai", {"grade": "days_7"}, "2026-12-02T17:29", "2026-12-11T17:30"),
    ("huojia", {"grade": "normal"}, "2026-11-26T00:00", "2026-12-01T17:30"),
    ("huojia", {"grade": "difficult"}, "2026-11-28T00:00", "2026-12-02T17:30"),
    ("dalad", {"grade": "difficult"}, "2026-11-29T17:30", "2026-12-07T17:30"),
    ("rugao", {"category": "help"}, "2026-11-27T17:30", "2026-12-07T17:30"),
    ("hukou", {"category": "consult"}, "2026-11-24T17:30", "2026-11-27T17:30"),
    ("hukou", {"category": "complaint"}, "2026-12-02T17:30", "2026-12-15T17:30"),
]


DUAL = [{"unit": "housing", "part": "lead"}, {"unit": "market", "part": "lead"}]


def form(latest: str, **other: Any) -> dict[str, Any]:
    return {"reason": GOOD, "until": moment(latest), "signed_by": LEADER} | other


def granted(play: Play) -> None:
    while any(approval.kind == "extension" for approval in play.order.open_approvals):
        play.decide("extension")


@pytest.mark.parametrize(("regime", "facts", "last", "latest"), RULES)
def test_asked_at_the_last_moment_for_the_longest_time(
    regime: str, facts: dict[str, Any], last: str, latest: str
) -> None:
    play = Play(regime, **facts).signed().at(last)
    limit = play.due("handling")
    over = moment(latest).replace(minute=31)
    assert play.refused("request_extension", **form(latest, until=over)) == ("exceeds_maximum", CLAUSES[regime])
    assert play.refused("request_extension", **form(limit)) == ("invalid", CLAUSES[regime])
    assert play.refused("request_extension", **form(latest, reason=BLANK)) == ("missing_field", CLAUSES[regime])
    play.do("request_extension", **form(latest))
    assert play.due("handling") == limit, "the old limit stands until someone agrees"
    assert play.refused("request_extension", **form(latest))[0] in ("already_done", "limit_reached")
    granted(play)
    assert play.found("extension_granted", unit="housing") and play.due("handling") == latest
    assert play.order.light == "green"
    play.at("2027-02-01T00:00")
    assert play.when("handling_overdue") == [latest + ":01"]


@pytest.mark.parametrize(("regime", "facts", "last", "latest"), RULES)
def test_a_minute_later_it_is_too_late(regime: str, facts: dict[str, Any], last: str, latest: str) -> None:
    after = {"2026-12-02T17:29": "2026-12-02T17:30"}.get(last, last[:-2] + ("01" if last.endswith("00") else "31"))
    play = Play(regime, **facts).signed().at(after)
    assert play.refused("request_extension", **form(latest)) == ("too_late", CLAUSES[regime])


@pytest.mark.parametrize(
    ("regime", "facts"),
    [
        *(("gaotai", {"grade": grade}) for grade in ("immediate", "hours_3", "hours_24", "days_3")),
        *(("huojia", {"grade": grade}) for grade in ("critical", "urgent")),
        *(("dalad", {"grade": grade}) for grade in ("normal", "complex")),
        ("rugao", {"category": "consult"}),
    ],
)
def test_not_every_order_may_be_extended(regime: str, facts: dict[str, Any]) -> None:
    play = Play(regime, **facts).signed()
    assert play.refused("request_extension", **form("2026-11-24T17:00")) == ("not_allowed", CLAUSES[regime])


@pytest.mark.parametrize(("regime", "times"), [("gaotai", 1), ("huojia", 1), ("dalad", 1), ("rugao", 1), ("hukou", 2)])
def test_how_often(regime: str, times: int) -> None:
    facts = {"dalad": {"grade": "difficult"}}.get(regime, {})
    play = Play(regime, **facts).signed()
    for number in range(times):
        later = play.clock("handling").due_at + timedelta(hours=1)
        play.do("request_extension", **form("2026-11-23T09:00", until=later))
        granted(play)
        assert play.order.count("extensions") == number + 1
    assert play.refused("request_extension", **form("2026-12-09T12:00")) == ("limit_reached", CLAUSES[regime])


@pytest.mark.parametrize(("regime", "again"), [("gaotai", True), ("rugao", False)])
def test_a_refused_request_counts_where_it_is_the_request_that_counts(regime: str, *, again: bool) -> None:
    play = Play(regime).signed()
    limit = play.due("handling")
    play.do("request_extension", reason=GOOD)
    play.decide("extension", "reject")
    assert play.found("extension_refused") and play.due("handling") == limit
    if again:
        assert play.do("request_extension", reason=GOOD)
    else:
        assert play.refused("request_extension", reason=GOOD) == ("limit_reached", "RG-11")


@pytest.mark.parametrize("regime", ["huojia", "dalad", "hukou"])
def test_the_expected_moment_is_needed_there(regime: str) -> None:
    play = Play(regime, grade="difficult").signed()
    asked = {"reason": GOOD, "signed_by": LEADER}
    assert play.refused("request_extension", **asked) == ("missing_field", CLAUSES[regime])


def test_without_a_moment_it_is_as_long_as_it_may_be() -> None:
    play = Play("gaotai").signed()
    play.do("request_extension", reason=GOOD)
    granted(play)
    assert play.due("handling") == "2026-12-11T17:30"


@pytest.mark.parametrize(
    ("regime", "marks", "needed"),
    [
        ("huojia", (), True),
        ("rugao", ("state_assigned",), True),
        ("rugao", ("province_assigned",), True),
        ("rugao", ("city_assigned",), True),
        ("rugao", ("leader_assigned",), False),
        ("gaotai", ("city_assigned",), False),
        ("dalad", (), False),
        ("hukou", (), False),
    ],
)
def test_who_signs(regime: str, marks: tuple[str, ...], *, needed: bool) -> None:
    play = Play(regime, grade=None if regime == "gaotai" else "difficult", marks=marks).signed()
    limit = play.clock("handling").due_at
    unsigned = {"reason": GOOD, "until": limit.replace(hour=23)}
    if needed:
        assert play.refused("request_extension", **unsigned) == ("missing_signature", CLAUSES[regime])
    else:
        assert play.do("request_extension", **unsigned)


@pytest.mark.parametrize(
    ("regime", "source", "roles"),
    [
        ("gaotai", "city_platform", ["supervisor"]),
        ("huojia", "city_platform", ["city_platform"]),
        ("huojia", "phone", ["supervisor"]),
        ("dalad", "city_platform", ["supervisor", "city_platform"]),
        ("dalad", "phone", ["supervisor"]),
        ("rugao", "city_platform", ["supervisor"]),
        ("hukou", "city_platform", ["city_platform"]),
        ("hukou", "phone", ["supervisor"]),
    ],
)
def test_who_decides(regime: str, source: str, roles: list[str]) -> None:
    play = Play(regime, source=source, grade=None if regime == "gaotai" else "difficult").signed()
    limit = play.clock("handling").due_at
    play.do("request_extension", **form("2026-11-23T09:00", until=limit.replace(hour=23)))
    granted(play)
    assert [opened["by_role"] for opened in play.found("approval_opened", kind="extension")] == roles
    assert len(play.found("sent_to_city")) == roles.count("city_platform")
    assert play.found("extension_granted")


def test_the_decider_may_set_another_moment_within_what_is_allowed() -> None:
    play = Play("gaotai").signed()
    play.do("request_extension", reason=GOOD)
    (ignored,) = play.decide("extension", until=moment("2026-12-11T17:31"))
    assert ignored.event == "signal_ignored" and play.order.open_approvals
    play.decide("extension", until=moment("2026-12-08T12:00"))
    assert play.due("handling") == "2026-12-08T12:00"


def test_what_was_asked_for_has_passed_when_someone_agrees() -> None:
    play = Play("gaotai").signed()
    play.do("request_extension", reason=GOOD, until=moment("2026-12-03T12:00"))
    play.at("2026-12-04T09:00")
    (ignored,) = play.decide("extension")
    assert ignored.event == "signal_ignored"
    play.decide("extension", until=moment("2026-12-08T12:00"))
    assert play.due("handling") == "2026-12-08T12:00" and play.order.light == "green"


def test_the_result_moves_with_the_limit() -> None:
    play = Play("huojia").signed()
    play.do("request_extension", **form("2026-12-01T17:30"))
    play.decide("extension")
    assert (play.due("result"), play.due("handling")) == ("2026-11-30T17:30", "2026-12-01T17:30")
    assert play.found("notice_issued", template="extension_decided") and play.found(
        "notice_issued", template="citizen_update", to_role="citizen"
    )


def test_more_time_is_the_orders_and_so_is_what_it_is_counted_by() -> None:
    play = Play("huojia").dispatch("housing", "traffic", "environment")
    play.reply(unit="environment")
    play.do("request_extension", unit="housing", **form("2026-12-01T17:30"))
    assert play.refused("request_extension", unit="traffic", **form("2026-12-01T17:30")) == ("already_done", "HJ-08")
    play.decide("extension")
    assert play.found("extension_granted", unit="housing", with_units=["traffic"])
    for unit in ("housing", "traffic"):
        assert (play.due("handling", unit), play.due("result", unit)) == ("2026-12-01T17:30", "2026-11-30T17:30")
        assert play.found("notice_issued", template="extension_decided", to_role="unit_clerk", unit=unit)
    assert len(play.found("notice_issued", template="citizen_update", clause="HJ-08")) == 1
    assert play.due("handling", "environment") == "2026-11-27T00:00", "who has answered keeps the limit that they kept"
    assert play.refused("request_extension", unit="traffic", **form("2026-12-01T17:30")) == ("limit_reached", "HJ-08")
    play.at("2026-12-02T00:00")
    assert play.when("handling_overdue") == ["2026-12-01T17:30:01"] * 2


def test_an_answer_that_is_sent_back_has_the_more_time_that_the_other_lead_was_given() -> None:
    play = Play("gaotai")
    play.do("dispatch", mode="dual", units=DUAL)
    for unit in ("housing", "market"):
        play.do("sign", unit=unit)
    play.reply(unit="market")
    play.do("request_extension", unit="housing", reason=GOOD, until=moment("2026-12-11T17:30"))
    play.decide("extension")
    play.at("2026-12-03T09:00")
    assert not play.found("handling_overdue"), "nothing runs while the answer is being checked"
    play.decide("review", "reject")
    assert play.due("handling", "market") == "2026-12-11T17:30"
    play.at("2026-12-12T00:00")
    assert play.when("handling_overdue", unit="market") == ["2026-12-11T17:30:01"]
