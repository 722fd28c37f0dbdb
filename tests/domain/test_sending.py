"""Sending hours of texts and calls, checked before each try (NA-07, GT-13)."""

from typing import Any

from domain.citizen.sending_hours import may_be_tried_until, may_begin_at, replacing_report
from domain.order.effects import Effect, NotifyEffect, effects
from domain.order.internal_commands import ReportCall, ReportNotice
from domain.policy.rule_book import Regime
from tests.domain.play import Play, moment, written
from tests.domain.regimes import REGIMES

QUIET = {"hours": {"begin": "22:00", "end": "07:00"}, "exempt": {"grade": ["critical"]}}


def quiet_county(**callbacks: Any) -> Regime:
    rules = REGIMES["huojia"].model_dump(mode="json") | {"messaging": {"quiet": QUIET}}
    rules["callbacks"] |= callbacks
    return Regime.model_validate(rules)


def to_do(play: Play, **fields: Any) -> Effect:
    """The last effect with these fields."""
    found = [effect for event in play.life.events for effect in effects(play.order, event)]
    return next(each for each in reversed(found) if fields.items() <= each.model_dump().items())


def notice_to_do(play: Play, **fields: Any) -> NotifyEffect:
    """The last notice with these fields."""
    found = to_do(play, kind="notify", **fields)
    assert isinstance(found, NotifyEffect)
    return found


def span(play: Play, effect: Effect, at: str) -> tuple[str, str | None]:
    """The span in which an effect of a moment may go out."""
    begin = may_begin_at(play.order, effect, moment(at))
    end = may_be_tried_until(play.order, effect, begin)
    return written(begin), None if end is None else written(end)


def test_a_text_that_was_issued_by_day_does_not_go_out_by_night() -> None:
    play = Play(quiet_county(), grade="normal").dispatch()
    text = notice_to_do(play)
    assert text.not_before is None
    assert span(play, text, "2026-11-23T09:00") == ("2026-11-23T09:00", "2026-11-23T22:00")
    assert span(play, text, "2026-11-23T23:00") == ("2026-11-24T07:00", "2026-11-24T22:00")
    play.say(ReportNotice(notice=text.notice, sent=True))
    assert span(play, text.model_copy(update={"attempt": 1}), "2026-11-24T03:00")[0] == "2026-11-24T07:00"


def test_texts_of_critical_orders_and_of_counties_without_quiet_go_out_at_any_hour() -> None:
    for play in (Play(quiet_county(), grade="critical").dispatch(), Play("gaotai").dispatch()):
        assert span(play, notice_to_do(play), "2026-11-24T03:00") == ("2026-11-24T03:00", None)


def test_the_wait_for_an_answer_begins_when_the_survey_may_go_out() -> None:
    for grade, calls in (("normal", "2026-11-25T07:00:01"), ("critical", "2026-11-24T23:00:01")):
        play = Play(quiet_county(hours=None), at="2026-11-23T22:30", grade=grade).signed()
        play.at("2026-11-23T23:00").answered().at("2026-11-26T00:00")
        assert play.when("callback_asked", by="call")[0] == calls, "24 h from the moment at which the text may go out"


def test_a_survey_that_was_held_back_is_dropped_when_nobody_waits_for_its_answer() -> None:
    play = Play(quiet_county(), at="2026-11-23T20:00", grade="normal").signed().at("2026-11-23T23:00").answered()
    survey = notice_to_do(play, template="survey")
    assert replacing_report(play.order, survey, moment("2026-11-24T07:00"), held=True) is None
    play.do("record_callback", result="dissatisfied")
    told = replacing_report(play.order, survey, moment("2026-11-24T07:00"), held=True)
    assert told == ReportNotice(notice=survey.notice, sent=False, reason="superseded")
    assert play.say(told)[0].event == "notice_failed" and not play.found("notice_failed", call_task=True)
    other = notice_to_do(play, template="rework")
    assert replacing_report(play.order, other, moment("2026-11-24T07:00"), held=True) is None, "nobody answers that one"


def test_a_call_that_has_come_too_late_is_made_the_next_day_under_the_same_number() -> None:
    play = Play("gaotai", at="2026-11-23T19:00").signed().answered().at("2026-11-24T19:30")
    call = to_do(play, kind="call_citizen")
    assert span(play, call, "2026-11-24T19:30") == ("2026-11-24T19:30", "2026-11-24T20:00")
    assert replacing_report(play.order, call, moment("2026-11-24T19:59:59"), held=False) is None
    play.at("2026-11-24T20:00")
    told = replacing_report(play.order, call, moment("2026-11-24T20:00"), held=False)
    assert isinstance(told, ReportCall) and told.reason == "outside_hours"
    play.say(told)
    play.at("2026-11-25T09:30")
    assert [(e["attempt"], e["at"]) for e in play.found("callback_asked", by="call")][1:] == [
        (1, "2026-11-25T09:00:01+08:00")
    ]


def test_a_call_is_tried_until_the_ladder_goes_on_and_not_after_that() -> None:
    play = Play("gaotai").signed().answered().at("2026-11-24T09:30")
    first = to_do(play, kind="call_citizen")
    assert span(play, first, "2026-11-24T09:30") == ("2026-11-24T09:30", "2026-11-24T11:00:01")
    play.at("2026-11-24T11:30")
    told = replacing_report(play.order, first, play.life.now, held=False)
    assert isinstance(told, ReportCall) and told.reason == "superseded"
    assert play.say(told) == [], "the second call has been asked for"
    second = to_do(play, kind="call_citizen")
    assert replacing_report(play.order, second, play.life.now, held=False) is None
    play.do("record_callback", result="satisfied", by="citizen", via="sms")
    assert replacing_report(play.order, second, play.life.now, held=False) is not None
