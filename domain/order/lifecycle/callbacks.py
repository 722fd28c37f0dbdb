"""Callbacks: the answers of the citizens to the survey (GT-13, GT-19, NA-01)."""

from domain.due import explain
from domain.order.clocks import key_of
from domain.order.commands import RecordCallback
from domain.order.events import CallbackRecorded
from domain.order.lifecycle.closing import close
from domain.order.lifecycle.ladder import ask_staff_again
from domain.order.lifecycle.rework import after_dissatisfaction
from domain.order.order import Order
from domain.order.turn import Turn
from domain.refusal import Code, Refused, quoted
from domain.words import ClockName, Outcome, Role, Stage


def record_callback(turn: Turn, command: RecordCallback) -> None:
    """Record the answer of one citizen; the order moves on when all have answered or are given up."""
    rule = turn.order.regime.callbacks
    turn.require_stage(Stage.CALLBACK, clause=rule.clause)
    if command.round not in (None, turn.order.reworks):
        raise Refused(Code.WRONG_STAGE, "该答复属于重办之前的一轮回访", rule.clause)
    party = command.party or next(p for p in turn.order.parties if p not in turn.order.called)
    if party not in turn.order.parties:
        raise Refused(Code.UNKNOWN_ORDER, f"工单 {quoted(party)} 未并入本工单", rule.clause)
    if party in turn.order.called:
        raise Refused(Code.ALREADY_DONE, "该诉求人已回访", rule.clause)
    if command.by is Role.CITIZEN and command.result == "unreachable":
        raise Refused(Code.INVALID, "诉求人本人的答复不能是“联系不上”", rule.clause)
    if command.result == "unreachable":
        _require_new_try(turn, party)
    turn.emit(
        CallbackRecorded(
            party=party,
            result=command.result,
            attempt=turn.order.tries.get(party, 0) + 1,
            intake_rating=command.intake_rating,
            handling_rating=command.handling_rating,
            comment=command.comment,
            via=command.via,
        )
    )
    if party not in turn.order.called:
        ask_staff_again(turn, party)
    if len(turn.order.called) == len(turn.order.parties):
        _all_heard(turn)


def _require_new_try(turn: Turn, party: str) -> None:
    """Raise Refused(too_early) so soon after the last try that it must be the same one, reported again.

    Compares minutes as a clock shows them: 09:00:59 and 09:01:00 are a minute apart.
    """
    rule = turn.order.regime.callbacks
    last = turn.order.tried.get(party)
    if last is not None and turn.now < explain(last.replace(second=0), rule.apart, turn.order.days, ()).due_at:
        raise Refused(Code.TOO_EARLY, f"距上一次联系不足{rule.apart.chinese}，不能算作又联系了一次", rule.clause)


def _all_heard(turn: Turn) -> None:
    results = set(turn.order.called.values())
    if "dissatisfied" in results:
        after_dissatisfaction(turn)
    else:
        close(turn, Outcome.SATISFIED if "satisfied" in results else Outcome.UNREACHABLE)


def callback_recorded(order: Order, event: CallbackRecorded) -> Order:
    """Store the answer; an unreachable citizen is tried again until the tries are used up."""
    order = order.but(tries=order.tries | {event.party: event.attempt})
    if event.result == "unreachable":
        order = order.but(tried=order.tried | {event.party: event.at})
    if event.result != "unreachable" or event.attempt >= order.regime.callbacks.tries:
        order = order.but(called=order.called | {event.party: event.result})
        order = order.with_clock(key_of(ClockName.CALLBACK, event.party), status="met")
    ratings = {"intake_rating": event.intake_rating, "handling_rating": event.handling_rating}
    given = {name: rating for name, rating in ratings.items() if rating is not None}
    if event.result != "unreachable":
        given["satisfied"] = event.result == "satisfied"
    return order.with_facts(**given)
