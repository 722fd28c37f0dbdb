"""Dispatch: the order goes to its units and their clocks start (GT-05, GT-07, GT-11, HJ-04, RG-17, HK-02)."""

from datetime import datetime

from domain.calendar.durations import Duration
from domain.due import before
from domain.order.clocks import key_of, set_clock
from domain.order.commands import Dispatch, DispatchedUnit
from domain.order.events import Dispatched, OrderDispatched
from domain.order.order import Order
from domain.order.parts import Assignment
from domain.order.turn import Turn
from domain.policy.rule_book import Limit, Milestone, PreExpiry
from domain.refusal import Code, Refused
from domain.words import ApprovalKind, ClockName, DispatchMode, Part


def dispatch(turn: Turn, command: Dispatch) -> None:
    """Dispatch to units: one leads (two may in a dual dispatch), the others assist."""
    turn.require_open()
    order = turn.order
    clause = order.regime.ladder.clause
    if not order.awaiting_dispatch:
        raise Refused(Code.WRONG_STAGE, "工单已派出，不在待派单环节", clause)
    if not command.units:
        raise Refused(Code.MISSING_FIELD, "缺少必填内容：承办单位 units", clause)
    units = parts(command.units, keeps_lead=bool(order.leads))
    names = [unit.unit for unit in units]
    if len(set(names)) != len(names):
        raise Refused(Code.INVALID, "同一单位不能重复派单", clause)
    if taken := [name for name in names if name in order.assignments and order.assignments[name].active]:
        raise Refused(Code.ALREADY_DONE, f"已派给 {'、'.join(taken)}", clause)
    mode = command.mode or (DispatchMode.SINGLE if len(units) == 1 else DispatchMode.JOINT)
    _check_mode(mode, units, bool(order.leads), clause)
    send_to(turn, units, mode, command.precedent)


def parts(units: tuple[DispatchedUnit, ...], *, keeps_lead: bool) -> tuple[Dispatched, ...]:
    """Each unit with its part: by default the first one named leads (GT-11, HJ-04)."""
    named = any(unit.part is Part.LEAD for unit in units)
    return tuple(
        Dispatched(
            unit=unit.unit,
            part=unit.part or (Part.LEAD if index == 0 and not named and not keeps_lead else Part.ASSIST),
        )
        for index, unit in enumerate(units)
    )


def _check_mode(mode: DispatchMode, units: tuple[Dispatched, ...], keeps_lead: bool, clause: str | None) -> None:
    leads = sum(unit.part is Part.LEAD for unit in units)
    if not leads and not keeps_lead:
        raise Refused(Code.INVALID, "必须明确一个主办单位", clause)
    if leads > 1 and mode is not DispatchMode.DUAL:
        raise Refused(Code.INVALID, "除双派外只能有一个主办单位", clause)
    if mode is DispatchMode.SINGLE and len(units) > 1:
        raise Refused(Code.INVALID, "单派只能派给一个单位", clause)
    if mode in (DispatchMode.DUAL, DispatchMode.JOINT) and len(units) < 2 and not keeps_lead:
        raise Refused(Code.INVALID, "双派、联合办理至少要有两个单位", clause)


def send_to(turn: Turn, units: tuple[Dispatched, ...], mode: DispatchMode, precedent: str | None = None) -> None:
    """Emit the dispatch and start every clock that runs from it."""
    turn.emit(OrderDispatched(units=units, mode=mode, precedent=precedent))
    for unit in units:
        start_clocks(turn, unit.unit)


def start_clocks(turn: Turn, unit: str) -> None:
    """Start sign-off, return window, limit and milestones of a unit, all from now (docs/architecture.md#time)."""
    regime = turn.order.regime
    _set_sign_off(turn, unit)
    if regime.returns.window_from == "dispatch":
        set_clock(turn, ClockName.RETURN, unit=unit, limit=regime.returns.window, clause=regime.returns.clause)
    limit = limit_of(turn.order)
    if turn.order.required_by is not None and regime.required_by:
        at: datetime | None = turn.order.required_by
        within, clause = None, regime.required_by_clause
    else:
        at, within, clause = None, limit.within, limit.clause
    due_at = set_clock(
        turn,
        ClockName.HANDLING,
        unit=unit,
        limit=within,
        at=at,
        clause=clause,
        warn_before=warning(turn.order, within),
    )
    for milestone in milestones(turn.order, unit):
        if milestone.before_limit is None:
            set_clock(
                turn,
                milestone.clock,
                unit=unit,
                limit=milestone.within or milestone.every,
                every=milestone.every,
                clause=milestone.clause,
            )
    set_results_due(turn, unit, due_at)


def _set_sign_off(turn: Turn, unit: str) -> None:
    """Start the sign-off window; orders from an emergency line have their own (RG-04)."""
    regime = turn.order.regime
    if regime.sign_off is None or not turn.order.fits(regime.sign_off.when):
        return
    response = regime.emergency.response(turn.order.source, regime.level_of(unit))
    if response is None:
        set_clock(turn, ClockName.SIGN_OFF, unit=unit, limit=regime.sign_off.within, clause=regime.sign_off.clause)
    else:
        set_clock(turn, ClockName.SIGN_OFF, unit=unit, limit=response.sign_off, clause=regime.emergency.clause)


def set_results_due(turn: Turn, unit: str, limit_at: datetime) -> None:
    """Set the milestones that are measured back from the limit (HJ-12, DL-07)."""
    for milestone in milestones(turn.order, unit):
        if milestone.before_limit is not None:
            set_clock(
                turn,
                milestone.clock,
                unit=unit,
                at=before(limit_at, milestone.before_limit, turn.order.days),
                ahead=milestone.before_limit,
                clause=milestone.clause,
            )


def move_results_due(turn: Turn, unit: str, limit_at: datetime) -> None:
    """Move those milestones with their limit; one that is met or missed already stays so."""
    result = turn.order.clocks.get(key_of(ClockName.RESULT, unit))
    if result is not None and result.status == "running":
        set_results_due(turn, unit, limit_at)


def limit_of(order: Order) -> Limit:
    """The first row of the table of limits that applies to this order."""
    return next(limit for limit in order.regime.limits if order.fits(limit.when))


def milestones(order: Order, unit: str) -> list[Milestone]:
    """The milestones that apply to this unit in this order; of several for one clock the first."""
    level = order.regime.level_of(unit)
    found: dict[ClockName, Milestone] = {}
    for milestone in order.regime.milestones:
        if order.fits(milestone.when) and (not milestone.levels or level in milestone.levels):
            found.setdefault(milestone.clock, milestone)
    return list(found.values())


def warning(order: Order, limit: Duration | None) -> Duration | None:
    """The time before its limit at which the unit is warned; `limit` is None if a superior has set the moment."""
    for rule in order.regime.pre_expiry:
        if order.fits(rule.when) and (rule.shorter_than is None or _shorter(limit, rule)):
            return rule.before
    return None


def _shorter(limit: Duration | None, rule: PreExpiry) -> bool:
    """Whether a limit in clock hours is shorter than the rule's bound; days never are."""
    if limit is None or rule.shorter_than is None or not limit.is_elapsed:
        return False
    return limit.elapsed < rule.shorter_than.elapsed


def _barred_by(order: Order, event: OrderDispatched) -> str | None:
    """The clause that bars a return, if it is not that of the rule of returns."""
    if event.precedent is not None:
        return order.regime.ladder.clause
    if event.mode is DispatchMode.COORDINATION:
        return order.regime.approvals[ApprovalKind.REDISPATCH].clause
    return None


def order_dispatched(order: Order, event: OrderDispatched) -> Order:
    """Assign the units; one chosen by a precedent or a decision cannot return the order (RG-17)."""
    barred = event.precedent is not None or event.mode.value in order.regime.returns.barred_modes
    assignments = dict(order.assignments)
    for unit in event.units:
        assignments[unit.unit] = Assignment(
            unit=unit.unit,
            part=unit.part,
            dispatched_at=event.at,
            return_barred=barred,
            barred_clause=_barred_by(order, event),
        )
    order = order.but(assignments=assignments, mode=event.mode)
    order = order.but(awaiting_dispatch=not order.leads)
    return order.with_clock(ClockName.SIGN_OFF.value, status="met")
