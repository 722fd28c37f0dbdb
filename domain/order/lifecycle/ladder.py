"""The callback ladder: a survey by text, then by automatic call, then by the staff (GT-13, GT-19)."""

from datetime import datetime

from domain.due import explain
from domain.order.clocks import key_of, set_clock
from domain.order.events import CallbackAsked, CallbackUnanswered
from domain.order.notices import notify_party, quiet_until
from domain.order.order import Order
from domain.order.parts import Clock, Rung
from domain.order.turn import Turn
from domain.policy.callbacks import CallbackStep
from domain.words import ClockName, Stage, Template

PUT_OFF_AT_MOST = 12
"""Uncounted attempts of one step, the step's wait between them: a longer outage moves the ladder on."""


def begin_ladder(turn: Turn) -> None:
    """Ask every citizen of the order by the first step."""
    for party in turn.order.parties:
        next_attempt(turn, party)


def next_attempt(turn: Turn, party: str) -> None:
    """Ask again by this step or by the next; a call outside the hours of calls waits for them."""
    rung = turn.order.rungs.get(party, Rung())
    index, attempt = _following(turn.order, rung)
    ladder = turn.order.regime.callbacks
    step = ladder.ladder[index]
    moment = _callable_from(turn.order, step, turn.now)
    if moment > turn.now:
        set_clock(turn, ClockName.CALLBACK, subject=party, at=moment, clause=ladder.clause)
        return
    notice = notify_party(turn, Template.SURVEY, party, ladder.clause) if step.by == "sms" else None
    turn.emit(
        CallbackAsked(party=party, by=step.by, step=index, attempt=attempt, round=turn.order.reworks, notice=notice)
    )
    if step.wait is not None:
        begins = (quiet_until(turn) or turn.now) if step.by == "sms" else turn.now
        answered_by = explain(begins, step.wait, turn.order.days, ()).due_at
        following = ladder.ladder[_following(turn.order, turn.order.rungs[party])[0]]
        at = _callable_from(turn.order, following, answered_by)
        set_clock(turn, ClockName.CALLBACK, subject=party, at=at, clause=ladder.clause)


def ask_staff_again(turn: Turn, party: str) -> None:
    """Queue a further try by the staff, once the ladder has come to them."""
    rung = turn.order.rungs.get(party, Rung())
    rule = turn.order.regime.callbacks
    if rung.by != "staff":
        return
    again = turn.now if rule.between is None else explain(turn.now, rule.between, turn.order.days, ()).due_at
    if rule.hours is not None:
        again = rule.hours.earliest(again)
    turn.emit(
        CallbackAsked(
            party=party,
            by="staff",
            step=rung.index,
            attempt=rung.attempt + 1,
            round=turn.order.reworks,
            not_before=again,
        ),
        by_system=True,
    )


def unanswered(turn: Turn, clock: Clock) -> None:
    """The wait of this step is over, or the hours of calls have begun."""
    assert clock.subject is not None
    give_up(turn, clock.subject, "no_answer")


def give_up(turn: Turn, party: str, reason: str) -> None:
    """End the attempt by this step and make the next."""
    rung = turn.order.rungs.get(party, Rung())
    if rung.waiting:
        turn.emit(CallbackUnanswered(party=party, by=rung.by, attempt=rung.attempt, reason=reason))
    next_attempt(turn, party)


def put_off(turn: Turn, party: str, reason: str) -> None:
    """Repeat the attempt after the step's wait: the citizen could not be asked, for reasons other than their number.

    After `PUT_OFF_AT_MOST` repetitions the ladder goes on, in the end to the staff.
    """
    rung, ladder = turn.order.rungs[party], turn.order.regime.callbacks
    if rung.put_off >= PUT_OFF_AT_MOST:
        give_up(turn, party, reason)
        return
    turn.emit(CallbackUnanswered(party=party, by=rung.by, attempt=rung.attempt, reason=reason, counted=False))
    step = ladder.ladder[_following(turn.order, turn.order.rungs[party])[0]]
    if step.wait is None:  # in a rule book adopted since this step is the staff's
        next_attempt(turn, party)
        return
    again = _callable_from(turn.order, step, explain(turn.now, step.wait, turn.order.days, ()).due_at)
    set_clock(turn, ClockName.CALLBACK, subject=party, at=again, clause=ladder.clause)


def survey_failed(turn: Turn, notice: str, reason: str) -> None:
    """Go on with the ladder after a survey that did not arrive.

    A citizen who has answered meanwhile, to the staff or to a text that arrived after all, is not asked again.
    """
    if turn.order.stage is not Stage.CALLBACK:
        return
    for party, rung in turn.order.rungs.items():
        if rung.notice == notice and rung.waiting and party not in turn.order.called:
            give_up(turn, party, reason)


def _following(order: Order, rung: Rung) -> tuple[int, int]:
    """Index and attempt of the next step. The last one, the staff, is repeated."""
    ladder = order.regime.callbacks.ladder
    if rung.index < 0:
        return 0, 1
    last = len(ladder) - 1
    index = last if rung.by == "staff" else min(rung.index, last)  # a rule book adopted since may have fewer steps
    if index == last or rung.attempt < ladder[index].tries:
        return index, rung.attempt + 1
    return index + 1, 1


def _callable_from(order: Order, step: CallbackStep, at: datetime) -> datetime:
    hours = order.regime.callbacks.hours
    return hours.earliest(at) if hours is not None and step.by == "call" else at


def callback_asked(order: Order, event: CallbackAsked) -> Order:
    """Move the citizen to this step. A try by the staff has no clock."""
    before = order.rungs.get(event.party, Rung())
    rung = Rung(
        index=event.step,
        by=event.by,
        attempt=event.attempt,
        waiting=event.by != "staff",
        notice=event.notice,
        put_off=before.put_off if before.index == event.step else 0,
    )
    order = order.but(rungs=order.rungs | {event.party: rung})
    return order.with_clock(key_of(ClockName.CALLBACK, event.party), status="met")


def callback_unanswered(order: Order, event: CallbackUnanswered) -> Order:
    """Stop waiting for the answer; an uncounted attempt is made again under its number."""
    rung = order.rungs[event.party]
    uncounted = int(not event.counted)
    rung = rung.but(waiting=False, attempt=rung.attempt - uncounted, put_off=rung.put_off + uncounted)
    order = order.but(rungs=order.rungs | {event.party: rung})
    return order.with_clock(key_of(ClockName.CALLBACK, event.party), status="missed")
