"""Sign-off (docs/policy-guide.md)."""

import pytest

from tests.domain.play import Play

WINDOWS = [
    ("gaotai", "2026-11-23T10:00", "GT-06"),
    ("dalad", "2026-11-24T05:00", "DL-02"),
    ("rugao", "2026-11-23T11:00", "RG-08"),
    ("hukou", "2026-11-24T09:00", "HK-01"),
]


@pytest.mark.parametrize(("regime", "due", "clause"), WINDOWS)
def test_the_window_runs_from_dispatch_and_its_end_is_written_down(regime: str, due: str, clause: str) -> None:
    play = Play(regime).dispatch()
    assert (play.due("sign_off"), play.clock("sign_off").clause) == (due, clause)
    assert play.refused("submit_reply") == ("wrong_stage", clause)
    play.at(due)
    assert play.found("sign_off_missed") == []
    play.at("2026-11-25T00:00")
    assert play.when("sign_off_missed") == [due + ":01"]
    assert play.found("notice_issued", template="sign_off_missed", to_role="unit_deputy_leader")
    play.do("sign")
    assert play.found("order_signed", late=True) and play.order.facts.signed_in_time is False


@pytest.mark.parametrize(("regime", "due", "clause"), WINDOWS)
def test_signed_in_time(regime: str, due: str, clause: str) -> None:
    play = Play(regime).dispatch().at(due)
    play.do("sign")
    assert play.found("order_signed", late=False) and play.order.facts.signed_in_time is True
    assert play.refused("sign") == ("already_done", clause)
    play.at("2026-11-25T08:00")
    assert play.found("sign_off_missed") == []


def test_huojia_has_no_window_and_needs_no_signature_to_go_on() -> None:
    play = Play("huojia").dispatch()
    assert "sign_off:housing" not in play.order.clocks
    play.reply()
    assert play.stage == "review"


def test_working_hours_wait_for_the_end_of_the_holiday() -> None:
    assert Play("rugao", "2026-09-30T17:00").dispatch().due("sign_off") == "2026-10-08T10:00"


def test_the_county_centre_signs_off_orders_of_the_city() -> None:
    play = Play("hukou", source="city_platform")
    assert play.due("sign_off", None) == "2026-11-24T09:00"
    play.at("2026-11-24T10:00")
    assert play.when("sign_off_missed") == ["2026-11-24T09:00:01"]
    quick = Play("hukou", source="city_platform").dispatch().at("2026-11-24T08:00")
    quick.do("sign")
    assert quick.at("2026-11-25T08:00").found("sign_off_missed") == []
    assert Play("hukou").order.clocks == {}


def test_unknown_units_and_orders_that_nobody_has() -> None:
    play = Play("gaotai")
    assert play.refused("sign") == play.refused("sign", unit="housing") == ("wrong_stage", None)
    play.dispatch()
    assert play.refused("sign", unit="water") == ("unknown_unit", None)
    assert play.refused("sign", by="reviewer") == ("not_permitted", None)
