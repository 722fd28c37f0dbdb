"""Emergency lines: transfers with confirmation, and orders from them by level of the unit (GT-03, RG-03, RG-04)."""

import pytest

from domain.order.effects import effects
from tests.domain.play import Play
from tests.domain.regimes import REGIMES


@pytest.mark.parametrize("regime", REGIMES)
def test_an_order_handed_over_is_closed_at_once_and_archived_when_the_line_confirms(regime: str) -> None:
    play = Play(regime)
    events = play.do("transfer_out", line="120")
    assert play.order.outcome == "transferred" and play.due("acknowledgement", None) == "2026-11-23T09:10"
    assert not [effect for event in events for effect in effects(play.order, event) if effect.kind == "archive"]
    confirmed = play.do("acknowledge_transfer", reference="120-0007")
    assert [effect.kind for event in confirmed for effect in effects(play.order, event)] == ["archive"]
    assert play.refused("acknowledge_transfer")[0] == "already_done"
    play.at("2026-11-24T09:00")
    assert not play.found("milestone_missed")
    play.archived()
    assert play.refused("acknowledge_transfer")[0] == "wrong_stage"


def test_a_line_that_does_not_confirm_is_told_on_and_the_order_is_archived_all_the_same() -> None:
    play = Play("gaotai")
    play.do("transfer_out", line="110")
    play.at("2026-11-23T10:00")
    assert play.when("milestone_missed", clock="acknowledgement") == ["2026-11-23T09:10:01"]
    assert play.found("escalated", to_role="hotline_director", reason="transfer_unacknowledged")
    missed = next(event for event in play.life.events if event.event == "milestone_missed")
    assert [effect.kind for effect in effects(play.order, missed)] == ["archive"]
    late = play.do("acknowledge_transfer")
    assert [effect for event in late for effect in effects(play.order, event)] == [], "it is on its way there"
    play.archived()


def test_nothing_to_confirm_where_nothing_was_handed_over() -> None:
    play = Play("gaotai")
    assert play.refused("acknowledge_transfer") == ("wrong_stage", "GT-03")


@pytest.mark.parametrize("source", ["110", "line_119", "120", "122"])
def test_what_a_line_hands_over_is_answered_by_the_hours_of_each_level(source: str) -> None:
    for unit, sign_off in (
        ("police", "2026-11-27T22:00"),  # level 1: round the clock
        ("education", "2026-11-27T22:00"),  # level 2: round the clock
        ("agriculture", "2026-11-30T10:30"),  # level 3: in working time, and the 28th is a Saturday
    ):
        play = Play("rugao", at="2026-11-27T20:00", source=source).dispatch(unit)
        assert (play.due("sign_off", unit), play.clock("sign_off", unit).clause) == (sign_off, "RG-04")
    on_site = {unit: Play("rugao", source=source).dispatch(unit) for unit in ("police", "education", "agriculture")}
    assert on_site["police"].due("on_site", "police") == "2026-11-23T09:30"
    assert not on_site["education"].found("deadline_set", clock="on_site")
    assert not on_site["agriculture"].found("deadline_set", clock="on_site")


def test_the_usual_order_keeps_the_usual_window() -> None:
    for unit in ("police", "agriculture"):
        play = Play("rugao", at="2026-11-27T17:00", source="phone").dispatch(unit)
        assert (play.due("sign_off", unit), play.clock("sign_off", unit).clause) == ("2026-11-30T10:00", "RG-08")
        assert not play.found("deadline_set", clock="on_site")
