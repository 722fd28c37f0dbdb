"""Handling: acts and reports of a unit (DL-08, DL-09, RG-04, RG-10, HK-08), its limit and its lights."""

from datetime import datetime

from domain.due import before
from domain.order.clocks import key_of, set_clock
from domain.order.commands import ArriveOnSite, RecordVisit, ReportProgress
from domain.order.events import (
    ArrivedOnSite,
    HandlingOverdue,
    LightChanged,
    MilestoneMissed,
    ProgressReported,
    VisitRecorded,
)
from domain.order.lifecycle.supervision import answer_open_supervisions
from domain.order.order import Order
from domain.order.parts import Clock
from domain.order.turn import Turn, require_text
from domain.policy.rule_book import Progress
from domain.refusal import Code, Refused
from domain.text import Text
from domain.words import ClockName, Light

MET_BY_REPORT = {
    "first_opinion": (ClockName.FIRST_OPINION,),
    "progress": (ClockName.PROGRESS,),
    "plan": (ClockName.PROGRESS,),
}


def arrive_on_site(turn: Turn, command: ArriveOnSite) -> None:
    """Record the unit's arrival on site, once."""
    assignment = turn.acting(command.unit)
    if assignment.unit in turn.order.facts.on_site:
        raise Refused(Code.ALREADY_DONE, "已登记到达现场")
    turn.emit(ArrivedOnSite(unit=assignment.unit))


def report_progress(turn: Turn, command: ReportProgress) -> None:
    """Record a first opinion, a plan or progress; a report without content is refused (DL-08)."""
    assignment = turn.acting(command.unit)
    if assignment.status == "dispatched" and turn.order.regime.sign_off is not None:
        raise Refused(Code.WRONG_STAGE, "请先签收工单", turn.order.regime.sign_off.clause)
    rule = turn.order.regime.progress
    text = require_text(command.text, "进展情况 text", rule.clause)
    refuse_empty_words(text, rule)
    if command.stage == "plan":
        require_text(command.plan, "工作方案 plan", rule.clause)
        if rule.plan_dated and turn.order.fits(rule.when) and command.expected_at is None:
            raise Refused(Code.MISSING_FIELD, "缺少必填内容：进度安排 expected_at", rule.clause)
    clocks = [turn.order.clocks.get(key_of(name, assignment.unit)) for name in MET_BY_REPORT[command.stage]]
    turn.emit(
        ProgressReported(
            unit=assignment.unit,
            stage=command.stage,
            text=text,
            plan=command.plan,
            expected_at=command.expected_at,
        )
    )
    answer_open_supervisions(turn, assignment.unit)
    for clock in clocks:
        if clock is not None and clock.status == "running" and clock.every is not None:
            set_clock(turn, clock.name, unit=clock.unit, limit=clock.every, every=clock.every, clause=clock.clause)
    if assignment.unclosed and assignment.status in ("dispatched", "handling"):
        _keep_tracking(turn, assignment.unit, command.expected_at)


def refuse_empty_words(text: Text, rule: Progress) -> None:
    """Raise Refused(vague_reply) for a report that only says "in progress" (DL-08)."""
    if text.vague and rule.phrases:
        raise Refused(Code.VAGUE_REPLY, "不能笼统写“正在办理”等，请写明具体进展", rule.clause)


def _keep_tracking(turn: Turn, unit: str, expected_at: datetime | None) -> None:
    """Keep tracking an unclosed order after a report, by its date or a new one (RG-12)."""
    promised = turn.order.clocks[key_of(ClockName.PROGRESS, unit)]
    at = expected_at or promised.due_at
    if at > turn.now:
        set_clock(turn, ClockName.PROGRESS, unit=unit, at=at, clause=promised.clause)


def record_visit(turn: Turn, command: RecordVisit) -> None:
    """Record a face-to-face visit: solved, explained or discussed (DL-09)."""
    assignment = turn.acting(command.unit)
    turn.emit(VisitRecorded(unit=assignment.unit, purpose=command.purpose, text=command.text))


def warn(turn: Turn, clock: Clock) -> None:
    """Turn the light yellow with the pre-expiry notice."""
    assert clock.unit is not None
    turn.emit(LightChanged(unit=clock.unit, light=Light.YELLOW))


def limit_passed(turn: Turn, clock: Clock) -> None:
    """Turn the light red at the limit; the order is overdue until it is answered (NA-09)."""
    assert clock.unit is not None
    turn.emit(LightChanged(unit=clock.unit, light=Light.RED))
    reason = "rework" if clock.name is ClockName.REWORK else "limit_passed"
    turn.emit(HandlingOverdue(unit=clock.unit, clock=clock.name, due_at=clock.due_at, reason=reason))


def milestone_missed(turn: Turn, clock: Clock) -> None:
    """Record a missed milestone; a recurring one starts again."""
    turn.emit(MilestoneMissed(clock=clock.name, unit=clock.unit, due_at=clock.due_at, key=clock.key))
    if clock.every is not None:
        set_clock(turn, clock.name, unit=clock.unit, limit=clock.every, every=clock.every, clause=clock.clause)


def warn_moment(order: Order, clock: Clock) -> datetime | None:
    """The moment of a clock's warning, None if it has none.

    A rework has no warning at its very start: the unit has just been given the same limit.
    """
    if clock.warn_before is None:
        return None
    moment = before(clock.due_at, clock.warn_before, order.days)
    if clock.name is ClockName.REWORK and moment <= clock.started_at:
        return None
    return moment


def reset_light(turn: Turn, unit: str, due_at: datetime) -> None:
    """Turn the light back to green if the limit is in the future again."""
    if turn.order.assignments[unit].light is not Light.GREEN and turn.now < due_at:
        turn.emit(LightChanged(unit=unit, light=Light.GREEN))


def light_changed(order: Order, event: LightChanged) -> Order:
    """Set the light; yellow marks the running limit as warned."""
    order = order.with_assignment(event.unit, light=event.light)
    if event.light is Light.YELLOW:
        for name in (ClockName.HANDLING, ClockName.REWORK):
            clock = order.clocks.get(key_of(name, event.unit))
            if clock is not None and clock.status == "running":
                order = order.with_clock(clock.key, warned=True)
    return order


def handling_overdue(order: Order, event: HandlingOverdue) -> Order:
    """Mark the unit as overdue, which its reply does not undo."""
    order = order.but(overdue_units=order.overdue_units | {event.unit}).with_facts(on_time=False)
    if event.clock is not None and event.clock is not ClockName.RETURN:
        return order.with_clock(key_of(event.clock, event.unit), status="missed")
    return order


def milestone_clock_missed(order: Order, event: MilestoneMissed) -> Order:
    """Mark the milestone as missed."""
    return order.with_clock(event.key, status="missed")


def arrived_on_site(order: Order, event: ArrivedOnSite) -> Order:
    """Meet the on-site clock."""
    order = order.with_facts(on_site=(*order.facts.on_site, event.unit))
    return _met(order, key_of(ClockName.ON_SITE, event.unit))


def progress_reported(order: Order, event: ProgressReported) -> Order:
    """Meet the milestones of this kind of report."""
    for name in MET_BY_REPORT[event.stage]:
        order = _met(order, key_of(name, event.unit))
    return order


def _met(order: Order, key: str) -> Order:
    clock = order.clocks.get(key)
    return order.with_clock(key, status="met") if clock and clock.status == "running" else order
