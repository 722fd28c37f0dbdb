"""The projection of an order to its read model."""

from domain.order.agenda import next_alarm, promised_moment, waiting_for
from domain.order.order import Order
from domain.order.parts import Approval, Clock
from domain.order.read_model import ApprovalView, DeadlineView, OrderView
from domain.words import Role


def project(order: Order) -> OrderView:
    """The read model of an order."""
    alarm = next_alarm(order)
    running = [clock for clock in order.clocks.values() if clock.status == "running"]
    return OrderView(
        no=order.no,
        seq=order.seq,
        regime=order.regime_id,
        policy_hash=order.policy_hash,
        category=order.category,
        grade=order.grade,
        marks=tuple(sorted(order.marks)),
        source=order.source,
        stage=order.stage,
        units=tuple(a.unit for a in order.active),
        light=order.light,
        next_due=promised_moment(order, alarm) if alarm else None,
        provisional=any(clock.provisional for clock in running),
        overdue=bool(order.overdue_units),
        priority=priority(order),
        waiting=waiting_for(order),
        outcome=order.outcome,
        facts=order.facts.model_dump(mode="json"),
        unheard=tuple(p for p in order.parties if p not in order.called) if order.calling else (),
        approvals=tuple(_approval(order, approval) for approval in order.approvals.values()),
        deadlines=tuple(_deadline(order, clock) for clock in order.clocks.values()),
    )


def priority(order: Order) -> int:
    """The highest rank that the rule book gives this order; higher comes first in every queue (DL-04, RG-05)."""
    return max((rule.rank for rule in order.regime.priority if order.fits(rule.when)), default=0)


def deciders(order: Order, approval: Approval) -> tuple[Role, ...]:
    """The roles that may answer the open stage, the usual one first."""
    seats = order.regime.desks.get(approval.desk, ())  # type: ignore[call-overload]
    return (approval.by_role, *(role for role in seats if role is not approval.by_role))


def _approval(order: Order, approval: Approval) -> ApprovalView:
    window = order.clocks.get(f"approval:{approval.id}")
    return ApprovalView(
        id=approval.id,
        kind=approval.kind,
        stage=approval.desk,
        by_roles=deciders(order, approval),
        unit=approval.unit,
        status=approval.status,
        opened_at=approval.opened_at,
        due_at=window.due_at if window else None,
    )


def _deadline(order: Order, clock: Clock) -> DeadlineView:
    return DeadlineView(
        clock=clock.name,
        unit=clock.unit,
        started_at=clock.started_at,
        due_at=clock.due_at,
        status=clock.status,
        provisional=clock.provisional,
        basis=order.basis(clock).model_dump(mode="json") | {"clause": clock.clause},
    )
