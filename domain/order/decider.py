"""The decider: what a command makes of an order, as a pure function of state, command and moment.

`decide` and `evolve` are all that the durable shell and the tests need; `initial` makes the order that the
first command opens.
"""

from datetime import datetime

import domain.order.lifecycle as stages  # registers every decision and evolution
from domain.calendar.business_calendar import CalendarDays
from domain.order.agenda import Alarm, agenda, next_alarm
from domain.order.commands import Command, Decide
from domain.order.events import Event
from domain.order.internal_commands import AdoptPolicy, Internal, OpenOrder, Ring
from domain.order.order import Order
from domain.order.parts import Clock
from domain.order.reactions import react
from domain.order.turn import DECIDERS, Turn, decides, evolve
from domain.permissions import require
from domain.policy.rule_book import Regime
from domain.refusal import Code, Refused
from domain.words import Category, ClockName, Mark, Role

__all__ = ["catch_up", "decide", "evolve", "initial", "replay"]

ALARMS = {
    ClockName.SIGN_OFF: stages.sign_off.sign_off_missed,
    ClockName.HANDLING: stages.handling.limit_passed,
    ClockName.REWORK: stages.handling.limit_passed,
    ClockName.RESULT: stages.handling.milestone_missed,
    ClockName.FIRST_OPINION: stages.handling.milestone_missed,
    ClockName.PROGRESS: stages.handling.milestone_missed,
    ClockName.ON_SITE: stages.handling.milestone_missed,
    ClockName.APPROVAL: stages.approvals.lapsed,
    ClockName.SUPERVISION: stages.supervision.unanswered,
    ClockName.SUSPENSION_REVIEW: stages.suspension.review_due,
    ClockName.CALLBACK: stages.ladder.unanswered,
    ClockName.ACKNOWLEDGEMENT: stages.handling.milestone_missed,
}
"""What is done when a clock of this name has run out."""

MOST_CONSEQUENCES = 500
"""Events in one turn beyond which a rule book is taken to react to itself without end."""


def initial(
    no: str,
    regime_id: str,
    regime: Regime,
    calendar: CalendarDays,
    *,
    category: Category,
    grade: str | None = None,
    source: str = "phone",
    marks: frozenset[Mark] = frozenset(),
    required_by: datetime | None = None,
    policy_hash: str | None = None,
) -> Order:
    """The order before its first event. Raises Refused(invalid) for a grade that the regime does not know."""
    grade = grade or regime.default_grade
    if grade not in regime.grades:
        raise Refused(Code.INVALID, f"等级 {grade} 不在本地规定之列：{'、'.join(regime.grades)}")
    return Order(
        no=no,
        regime_id=regime_id,
        regime=regime.for_order(),
        calendar=calendar,
        policy_hash=policy_hash or regime.digest(),
        category=category,
        grade=grade,
        source=source,
        marks=marks,
        required_by=required_by,
    )


def decide(order: Order, command: Command | Decide | Internal, now: datetime) -> list[Event]:
    """The events that follow from a command at a moment, numbered and stamped; empty when nothing changes.

    Raises Refused, and nothing else, when a `Command` may not be carried out.
    """
    turn = Turn(order, now, *_actor(command))
    if isinstance(command, Command):
        require(command.do, command.by)
    DECIDERS[type(command)](turn, command)
    turn.actor, turn.person = Role.SYSTEM, ""
    for event in turn.events:  # grows while it is read: reactions have reactions
        react(turn, event)
        if len(turn.events) > MOST_CONSEQUENCES:
            raise Refused(Code.INVALID, "规则之间循环触发，请检查 policies.yaml 的 reactions")
    return turn.events


def _actor(command: Command | Decide | Internal) -> tuple[Role, str]:
    match command:
        case Command() | OpenOrder():
            return command.by, command.person
        case Decide():
            known = command.by in Role._value2member_map_
            return (Role(command.by) if known else Role.SYSTEM), command.person
        case Ring():
            return Role.CLOCK, ""
        case AdoptPolicy():
            return Role.ADMIN, command.person
        case _:
            return Role.SYSTEM, ""


@decides(Ring)
def ring(turn: Turn, command: Ring) -> None:
    """Act on an alarm, if it still stands on the agenda and its moment has come."""
    for alarm in agenda(turn.order):
        if (alarm.clock, alarm.what) == (command.clock, command.what) and alarm.at <= turn.now:
            _act(turn, turn.order.clocks[alarm.clock], alarm)
            return


def _act(turn: Turn, clock: Clock, alarm: Alarm) -> None:
    if alarm.what == "warn":
        stages.handling.warn(turn, clock)
    else:
        ALARMS[clock.name](turn, clock)


def catch_up(order: Order, now: datetime) -> list[Event]:
    """What every alarm due by now makes of the order, in the order in which they were due.

    Alarms missed while everything was down ring once each, late (design §3).
    """
    events: list[Event] = []
    while (alarm := next_alarm(order)) is not None and alarm.at <= now:
        rung = decide(order, Ring(clock=alarm.clock, what=alarm.what), now)
        order = replay(order, rung)
        events += rung
    return events


def replay(order: Order, events: list[Event]) -> Order:
    """The order after these events."""
    for event in events:
        order = evolve(order, event)
    return order
