"""Supervision: opening, answering and raising its level (GT-14, GT-16, HJ-14, RG-18)."""

from domain.order.clocks import key_of, set_clock
from domain.order.commands import AnswerSupervision, OpenSupervision, Urge
from domain.order.events import Escalated, MilestoneMissed, OrderUrged, SupervisionAnswered, SupervisionOpened
from domain.order.internal_commands import ReportTally
from domain.order.order import Order
from domain.order.parts import Clock, Supervision
from domain.order.turn import Turn, require_text
from domain.refusal import Code, Refused
from domain.text import Text
from domain.words import ClockName, SupervisionLevel

_LOUDNESS = (
    SupervisionLevel.PHONE,
    SupervisionLevel.SPECIAL,
    SupervisionLevel.JOINT,
    SupervisionLevel.LEADER,
)


def urge(turn: Turn, command: Urge) -> None:
    """Urge the unit, and count it (HJ-14)."""
    assignment = turn.acting(command.unit)
    turn.emit(OrderUrged(unit=assignment.unit, count=turn.order.count("urges") + 1, comment=command.comment))


def open_supervision(turn: Turn, command: OpenSupervision) -> None:
    """Put the order under supervision."""
    assignment = turn.acting(command.unit)
    reason = require_text(command.reason, "督办事由 reason")
    supervise(turn, assignment.unit, command.level, reason=command.by.value, text=reason)


def supervise(
    turn: Turn,
    unit: str,
    level: SupervisionLevel,
    *,
    reason: str,
    text: Text | None = None,
    clause: str | None = None,
) -> None:
    """Open a supervision of a level, with a clock for its answer if the regime has one."""
    number = f"S{len(turn.order.supervisions) + 1}"
    turn.emit(SupervisionOpened(level=level, unit=unit, reason=reason, supervision=number, text=text, clause=clause))
    rule = turn.order.regime.supervision.get(level)
    if rule is not None and rule.answer_within is not None:
        set_clock(
            turn,
            ClockName.SUPERVISION,
            unit=unit,
            limit=rule.answer_within,
            clause=rule.clause,
            subject=number,
        )


def answer_supervision(turn: Turn, command: AnswerSupervision) -> None:
    """Answer every open supervision of the unit."""
    assignment = turn.acting(command.unit)
    if not _open_of(turn.order, assignment.unit):
        raise Refused(Code.WRONG_STAGE, "本单位没有待回复的督办")
    answer_open_supervisions(turn, assignment.unit, require_text(command.text, "督办回复 text"))


def answer_open_supervisions(turn: Turn, unit: str, text: Text | None = None) -> None:
    """Answer the open supervisions of the unit, as feedback in any form does (GT-14)."""
    if opened := _open_of(turn.order, unit):
        turn.emit(SupervisionAnswered(unit=unit, supervisions=opened, text=text))


def unanswered(turn: Turn, clock: Clock) -> None:
    """Open the next level after a missed answer, unless one as high is open already (GT-14)."""
    assert clock.subject is not None and clock.unit is not None
    supervision = turn.order.supervisions[clock.subject]
    rule = turn.order.regime.supervision.get(supervision.level)
    turn.emit(MilestoneMissed(clock=clock.name, unit=clock.unit, due_at=clock.due_at, key=clock.key))
    if rule is None or rule.then is None:
        return
    louder = _LOUDNESS[_LOUDNESS.index(rule.then) :]
    of_unit = (s for s in turn.order.supervisions.values() if s.unit == clock.unit)
    if not any(s.level in louder and not s.answered for s in of_unit):
        supervise(turn, clock.unit, rule.then, reason="unanswered", clause=rule.clause)


def _open_of(order: Order, unit: str) -> tuple[str, ...]:
    return tuple(s.id for s in order.supervisions.values() if s.unit == unit and not s.answered)


def report_tally(turn: Turn, command: ReportTally) -> None:
    """Escalate too many overdue orders to the role of the rule book (HJ-18)."""
    if turn.order.archived:
        return
    for reaction in turn.order.regime.reactions:
        tally = reaction.tally
        if tally is None:
            continue
        if command.in_a_row >= tally.in_a_row or command.in_total >= tally.in_total:
            reason = "overdue_in_a_row" if command.in_a_row >= tally.in_a_row else "overdue_in_total"
            turn.emit(Escalated(to_role=tally.escalate, unit=command.unit, reason=reason, clause=reaction.clause))


def order_urged(order: Order, event: OrderUrged) -> Order:
    """Count the urging."""
    return order.counted("urges")


def supervision_opened(order: Order, event: SupervisionOpened) -> Order:
    """Store the open supervision."""
    opened = Supervision(id=event.supervision, unit=event.unit, level=event.level)
    return order.but(supervisions=order.supervisions | {event.supervision: opened})


def supervision_answered(order: Order, event: SupervisionAnswered) -> Order:
    """Mark the supervisions as answered and meet their clocks."""
    supervisions = dict(order.supervisions)
    for number in event.supervisions:
        supervisions[number] = supervisions[number].but(answered=True)
        order = order.with_clock(key_of(ClockName.SUPERVISION, number), status="met")
    return order.but(supervisions=supervisions)
