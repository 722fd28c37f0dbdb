"""Unclosed 未闭环: orders not solvable in the limit, tracked by a plan (RG-12, HJ-09, DL-08)."""

from domain.order.clocks import LIMIT_CLOCKS, set_clock
from domain.order.commands import ListUnclosed
from domain.order.events import UnclosedListed
from domain.order.lifecycle.handling import refuse_empty_words
from domain.order.order import Order
from domain.order.turn import Turn, require_text
from domain.refusal import Code, Refused
from domain.words import ApprovalKind, ClockName

CLAUSE = "RG-12"


def list_unclosed(turn: Turn, command: ListUnclosed) -> None:
    """List the order with its handling so far, a plan and a date, which becomes the limit."""
    assignment = turn.handling(command.unit)
    if assignment.unclosed:
        raise Refused(Code.ALREADY_DONE, "已列入未闭环工单", CLAUSE)
    text = require_text(command.text, "处置过程 text", CLAUSE)
    refuse_empty_words(text, turn.order.regime.progress)
    plan = require_text(command.plan, "后续方案 plan", CLAUSE)
    if command.expected_at is None:
        raise Refused(Code.MISSING_FIELD, "缺少必填内容：预期时间 expected_at", CLAUSE)
    if command.expected_at <= turn.now:
        raise Refused(Code.INVALID, "预期时间 expected_at 必须晚于现在", CLAUSE)
    turn.emit(UnclosedListed(unit=assignment.unit, expected_at=command.expected_at, text=text, plan=plan))
    set_clock(turn, ClockName.PROGRESS, unit=assignment.unit, at=command.expected_at, clause=CLAUSE)


def unclosed_listed(order: Order, event: UnclosedListed) -> Order:
    """Stop the limit, which no longer makes the unit overdue."""
    order = order.with_assignment(event.unit, unclosed=True).with_facts(unclosed=True)
    order = order.with_voided(unit=event.unit, kinds=frozenset({ApprovalKind.EXTENSION}))
    return order.with_clocks_stopped("stopped", unit=event.unit, names=LIMIT_CLOCKS | {ClockName.RESULT})
