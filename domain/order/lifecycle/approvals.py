"""Approvals: opening the stages of a decision above the clerk, and their lapse (docs/architecture.md#approvals).

The answer itself is `domain.order.lifecycle.approval_decisions`.
"""

from typing import Any

from domain.labels import label
from domain.order.clocks import set_clock
from domain.order.events import (
    ApprovalDecided,
    ApprovalLapsed,
    ApprovalOpened,
    Escalated,
    SentToCity,
)
from domain.order.order import Order
from domain.order.parts import Approval, Clock
from domain.order.turn import Turn
from domain.refusal import Code, Refused
from domain.words import ApprovalKind, ClockName, Role

REOPENED_WHEN_LAPSED = frozenset(
    {ApprovalKind.REVIEW, ApprovalKind.CITY_REVIEW, ApprovalKind.PANEL, ApprovalKind.FINAL_REPLY}
)
"""Kinds that the order cannot go on without."""


def stages_of(order: Order, kind: ApprovalKind) -> tuple[tuple[str, Role], ...]:
    """Desk and role of each stage; only orders from the city have a stage of the city."""
    rule = order.regime.approvals[kind]
    stages = tuple((s.desk, s.by) for s in rule.stages if s.desk != "city" or order.from_city)
    fallback = order.regime.fallback_stage
    return stages or ((fallback.desk, fallback.by),)


def request_approval(turn: Turn, kind: ApprovalKind, unit: str | None, **details: Any) -> str:
    """Open an approval at its first stage; `details` are fields of `ApprovalOpened`. Returns its id.

    Raises Refused(already_done) if one of the kind is open already.
    """
    if turn.order.open_approval(kind, unit) is not None:
        raise Refused(Code.ALREADY_DONE, f"{label(kind, 'approval')}正在进行，不能重复申请")
    approval = f"A{len(turn.order.approvals) + 1}"
    open_stage(turn, approval, kind, unit, stages_of(turn.order, kind), 0, details)
    return approval


def open_stage(
    turn: Turn,
    approval: str,
    kind: ApprovalKind,
    unit: str | None,
    stages: tuple[tuple[str, Role], ...],
    index: int,
    details: dict[str, Any],
) -> None:
    """Open stage `index` of an approval; `details` are fields of `ApprovalOpened`."""
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
    rule = turn.order.regime.approvals.get(kind)  # a rule book adopted since may have no check by the city
    if rule is not None and rule.within is not None:
        set_clock(turn, ClockName.APPROVAL, unit=unit, limit=rule.within, clause=rule.clause, subject=approval)
    if desk == "city":
        turn.emit(SentToCity(what=kind.value, unit=unit, approval=approval))


def lapsed(turn: Turn, clock: Clock) -> None:
    """The window has passed without an answer: nothing changes, and the director is notified.

    If the order cannot go on without an answer, the approval is opened again.
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
    if approval.kind in REOPENED_WHEN_LAPSED:
        request_approval(turn, approval.kind, approval.unit)


def approval_opened(order: Order, event: ApprovalOpened) -> Order:
    """Open the stage. Some regimes count extensions when they are requested, not when granted (RG-11)."""
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


def approval_decided(order: Order, event: ApprovalDecided) -> Order:
    """Store the answer; values set by the decider replace the requested ones."""
    asked = order.approvals[event.approval]
    order = order.with_approval(
        event.approval,
        status="approved" if event.decision == "approve" else "rejected",
        until=event.until or asked.until,
        proposed_unit=event.proposed_unit or asked.proposed_unit,
        decided_by=asked.decided_by + (((asked.desk, event.person),) if event.person else ()),
    )
    return order.with_clock(f"approval:{event.approval}", status="met")


def approval_lapsed(order: Order, event: ApprovalLapsed) -> Order:
    """Mark the approval as lapsed."""
    order = order.with_approval(event.approval, status="lapsed")
    return order.with_clock(f"approval:{event.approval}", status="missed")
