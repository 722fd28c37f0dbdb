"""Approvals: every decision above the clerk is one thing, with stages, a window and one answer (design §4).

What an answer means for the order stands with its kind: each stage file registers `@settles(kind)`.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from domain.labels import label
from domain.order.commands import Decide
from domain.order.deadlines import promise
from domain.order.events import (
    ApprovalDecided,
    ApprovalLapsed,
    ApprovalOpened,
    Escalated,
    SentToCity,
    SignalIgnored,
)
from domain.order.internal_commands import IgnoreSignal, repeatable
from domain.order.lifecycle.approvers import require_approver
from domain.order.order import Order
from domain.order.parts import Approval, Clock
from domain.order.turn import Turn, decides, evolves
from domain.refusal import Code, Refused
from domain.words import ApprovalKind, ClockName, Role

Settlement = Callable[[Turn, Approval, "Verdict"], None]

SETTLEMENTS: dict[ApprovalKind, Settlement] = {}
HOLDING = frozenset({ApprovalKind.REVIEW, ApprovalKind.CITY_REVIEW, ApprovalKind.PANEL, ApprovalKind.FINAL_REPLY})
"""Kinds without whose answer the order stands still."""
CHECKS: dict[ApprovalKind, Callable[[Turn, Approval, Decide], None]] = {}


class Verdict:
    """The final answer to an approval: granted or not, and what the last decider added."""

    def __init__(self, granted: bool, decision: Decide | None = None) -> None:
        self.granted = granted
        self.until: datetime | None = decision.until if decision else None
        self.proposed_unit: str | None = decision.proposed_unit if decision else None


def settles(kind: ApprovalKind) -> Callable[[Settlement], Settlement]:
    """Register what follows from the answer to approvals of a kind."""

    def register(function: Settlement) -> Settlement:
        SETTLEMENTS[kind] = function
        return function

    return register


def stages_of(order: Order, kind: ApprovalKind) -> tuple[tuple[str, Role], ...]:
    """Desk and role of each stage; a stage of the city stands only in orders that came from the city."""
    rule = order.regime.approvals[kind]
    stages = tuple((s.desk, s.by) for s in rule.stages if s.desk != "city" or order.from_city)
    fallback = order.regime.fallback_stage
    return stages or ((fallback.desk, fallback.by),)


def ask(turn: Turn, kind: ApprovalKind, unit: str | None, **details: Any) -> str:
    """Open an approval at its first stage; `details` are fields of `ApprovalOpened`. Returns its id.

    Raises Refused(already_done) when the same is already being asked.
    """
    if turn.order.open_approval(kind, unit) is not None:
        raise Refused(Code.ALREADY_DONE, f"{label(kind, 'approval')}正在进行，不能重复申请")
    approval = f"A{len(turn.order.approvals) + 1}"
    _open_stage(turn, approval, kind, unit, stages_of(turn.order, kind), 0, details)
    return approval


def _open_stage(
    turn: Turn,
    approval: str,
    kind: ApprovalKind,
    unit: str | None,
    stages: tuple[tuple[str, Role], ...],
    index: int,
    details: dict[str, Any],
) -> None:
    desk, role = stages[index]
    turn.emit(
        ApprovalOpened(
            approval=approval,
            kind=kind,
            stage=desk,
            by_role=role,
            unit=unit,
            stages=stages,
            index=index,
            asked_by=turn.asker or None,
            **details,
        )
    )
    rule = turn.order.regime.approvals.get(kind)  # a rule book adopted since may know no check by the city
    if rule is not None and rule.within is not None:
        promise(turn, ClockName.APPROVAL, unit=unit, limit=rule.within, clause=rule.clause, subject=approval)
    if desk == "city":
        turn.emit(SentToCity(what=kind.value, unit=unit, approval=approval))


@decides(Decide)
def decide(turn: Turn, command: Decide) -> None:
    """Answer the open stage. What cannot be done changes nothing and is written down as ignored."""
    try:
        approval = _addressed(turn.order, command)
        _check(turn, approval, command)
    except Refused as refused:
        turn.emit(_ignored(repeatable(command.approval), repeatable(command.decision), refused.code, refused.reason))
        return
    _answer(turn, approval, command)


@decides(IgnoreSignal)
def ignore(turn: Turn, command: IgnoreSignal) -> None:
    """A signal that cannot even be read, or that nobody is known to have sent, is written down and changes nothing."""
    turn.emit(_ignored(command.approval, command.decision, command.code, command.reason, command.signal))


def _ignored(approval: str, decision: str, code: Code, explanation: str, signal: str = "decide") -> SignalIgnored:
    return SignalIgnored(
        signal=signal,
        approval=approval,
        decision=decision,
        reason=code.value,
        explanation=explanation,
    )


def _addressed(order: Order, command: Decide) -> Approval:
    """The approval that is meant: by id, or the open one of a kind.

    The city's check is the second half of the review, so `review` finds it once the hotline has answered.
    """
    if command.approval in order.approvals:
        return order.approvals[command.approval]
    kinds = [k for k in ApprovalKind if k.value == command.approval]
    if kinds == [ApprovalKind.REVIEW]:
        kinds.append(ApprovalKind.CITY_REVIEW)
    for kind in kinds:
        if (approval := order.open_approval(kind)) is not None:
            return approval
    if any(a.kind in kinds for a in order.approvals.values()):
        raise Refused(Code.ALREADY_DONE, "此项审批已经结束")
    raise Refused(Code.INVALID, "没有这一项审批")


def _check(turn: Turn, approval: Approval, command: Decide) -> None:
    if command.decision not in ("approve", "reject"):
        raise Refused(Code.INVALID, "审批结论只能是 approve 或 reject")
    if approval.status != "open":
        code = Code.TOO_LATE if approval.status == "lapsed" else Code.ALREADY_DONE
        raise Refused(code, "此项审批已经结束")
    require_approver(turn.order, approval, command)
    check = CHECKS.get(approval.kind)
    if check is not None and command.decision == "approve":
        check(turn, approval, command)


def _answer(turn: Turn, approval: Approval, command: Decide) -> None:
    granted = command.decision == "approve"
    turn.asker = approval.asked_by  # whatever is asked now is asked for them, not for who decides
    turn.emit(
        ApprovalDecided(
            approval=approval.id,
            kind=approval.kind,
            stage=approval.desk,
            decision=command.decision,
            by_role=Role(command.by),
            unit=approval.unit,
            until=command.until,
            proposed_unit=command.proposed_unit,
            comment=command.comment,
        )
    )
    if granted and approval.index + 1 < len(approval.stages):
        asked = turn.order.approvals[approval.id]
        details = {
            "until": asked.until,
            "proposed_unit": asked.proposed_unit,
            "ground": asked.ground,
            "review_every": asked.review_every,
        }
        _open_stage(turn, approval.id, approval.kind, approval.unit, approval.stages, approval.index + 1, details)
        return
    decided = turn.order.approvals[approval.id]
    SETTLEMENTS[approval.kind](turn, decided, Verdict(granted, command))


def lapsed(turn: Turn, clock: Clock) -> None:
    """The window has passed without an answer: the old state of things stands, the director hears of it.

    Where the order cannot go on without an answer, it is asked for again.
    """
    assert clock.subject is not None
    approval = turn.order.approvals[clock.subject]
    turn.asker = approval.asked_by
    turn.emit(
        ApprovalLapsed(
            approval=approval.id,
            kind=approval.kind,
            stage=approval.desk,
            unit=approval.unit,
            due_at=clock.due_at,
        )
    )
    turn.emit(
        Escalated(
            to_role=Role.HOTLINE_DIRECTOR,
            unit=approval.unit,
            reason="approval_lapsed",
            clause=clock.clause,
        )
    )
    if approval.kind in HOLDING:
        ask(turn, approval.kind, approval.unit)


@evolves(ApprovalOpened)
def approval_opened(order: Order, event: ApprovalOpened) -> Order:
    """The stage is open. Some regimes count extensions when they are asked for, not when granted (RG-11)."""
    approval = Approval(
        id=event.approval,
        kind=event.kind,
        unit=event.unit,
        stages=event.stages,
        index=event.index,
        opened_at=event.at,
        until=event.until,
        proposed_unit=event.proposed_unit,
        ground=event.ground,
        review_every=event.review_every,
        asked_by=event.asked_by or "",
        decided_by=order.approvals[event.approval].decided_by if event.index else (),
    )
    order = order.but(approvals=order.approvals | {event.approval: approval})
    requested = event.kind is ApprovalKind.EXTENSION and event.index == 0
    if requested and order.regime.extensions.counted == "requested":
        return order.counted("extensions")
    return order


@evolves(ApprovalDecided)
def approval_decided(order: Order, event: ApprovalDecided) -> Order:
    """Answered; what the decider set stands in place of what was asked."""
    asked = order.approvals[event.approval]
    order = order.with_approval(
        event.approval,
        status="approved" if event.decision == "approve" else "rejected",
        until=event.until or asked.until,
        proposed_unit=event.proposed_unit or asked.proposed_unit,
        decided_by=asked.decided_by + (((asked.desk, event.person),) if event.person else ()),
    )
    return order.with_clock(f"approval:{event.approval}", status="met")


@evolves(ApprovalLapsed)
def approval_lapsed(order: Order, event: ApprovalLapsed) -> Order:
    """Nobody answered in time."""
    order = order.with_approval(event.approval, status="lapsed")
    return order.with_clock(f"approval:{event.approval}", status="missed")
