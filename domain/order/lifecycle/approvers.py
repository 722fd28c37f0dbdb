"""Approvers: the roles of an approval's open stage, never the person who made the request."""

from domain.labels import label
from domain.order.commands import Decide
from domain.order.order import Order
from domain.order.parts import Approval
from domain.permissions import require
from domain.refusal import Code, Refused
from domain.words import UNIT_ROLES, Role


def approver_roles(order: Order, approval: Approval) -> frozenset[str]:
    """The roles that may answer the open stage: its own, and those of its desk in the rule book."""
    desks = order.regime.desks
    return frozenset({approval.by_role.value, *desks.get(approval.desk, ())})  # type: ignore[call-overload]


def require_approver(order: Order, approval: Approval, decision: Decide) -> None:
    """Raise Refused(not_permitted) for a role that is not the open stage's, or one of another unit.

    Nobody decides their own request, in whatever role. A signal without a person, as sent by hand in development,
    passes this check. Two stages at one desk need two people, so that a repeated click cannot decide the second.
    """
    if decision.by not in approver_roles(order, approval):
        raise Refused(Code.NOT_PERMITTED, f"此环节应由{label(approval.by_role)}决定")
    role = Role(decision.by)
    require("decide", role)
    if role in UNIT_ROLES and decision.unit not in (None, approval.unit):
        raise Refused(Code.NOT_PERMITTED, "只能决定本单位的申请")
    if decision.person and decision.person == approval.asked_by:
        raise Refused(Code.NOT_PERMITTED, "不能审批自己提出的申请")
    if (approval.desk, decision.person) in approval.decided_by:
        raise Refused(Code.NOT_PERMITTED, "同一人不能决定同一审批在本处的两个环节")
