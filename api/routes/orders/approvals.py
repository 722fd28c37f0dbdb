"""Routes about approvals that wait for the caller's decision."""

from typing import Final, Literal

from fastapi import APIRouter
from pydantic import Field

from api.auth.identity import ServicesDep, User
from api.idempotency import IdempotentRoute
from api.problems import Hidden, ProblemError, answers
from api.schemas.approvals import ApprovalOut, Sent
from api.schemas.base import PageOut, Paging
from application.input_types import DateOrMoment, InputModel, LongText, Name
from application.orders.actor import actor_of, reader_of
from application.orders.commands import DecisionRequest, send_decision
from application.orders.visibility import is_visible
from domain.refusal import Code, Refused

router = APIRouter(prefix="/approvals", tags=["审批"], route_class=IdempotentRoute)

NONE: Final = "没有这一项审批"


class Decision(InputModel):
    """The answer to an approval. `until`: the limit that is granted; `proposed_unit`: who gets the order.

    `approval` and `as` say again what path and token say, as the signal's body has them (contract §3).
    """

    decision: Literal["approve", "reject"]
    comment: LongText | None = None
    until: DateOrMoment | None = None
    proposed_unit: Name | None = None
    approval: Name | None = None
    as_: Name | None = Field(None, alias="as")


@router.get("", responses=answers(401, 422))
async def mine(services: ServicesDep, user: User, paging: Paging) -> PageOut[ApprovalOut]:
    """等我决定的审批，先来者在前。"""
    page = await services.approvals.waiting(
        [user.role],
        unit=user.unit,
        regime=user.regime,
        reader=reader_of(user),
        cursor=paging.cursor,
        limit=paging.limit,
    )
    return PageOut(items=tuple(map(ApprovalOut.of, page.items)), next=page.next)


@router.post("/{id}/decision", status_code=202, responses=answers(400, 401, 403, 404, 409, 413, 422))
async def answer(id: str, body: Decision, services: ServicesDep, user: User) -> Sent:
    """作出决定。已送达工单；无权、过时或重复的决定不改变工单，原因记入工单经过。"""
    approval = await services.approvals.get(id) if id.isprintable() else None
    if approval is None:
        raise ProblemError(404, NONE)
    if not await is_visible(services, user, approval.order_no):
        raise Hidden(NONE, approval.order_no)
    if body.approval not in (None, approval.id, approval.kind, id.rpartition(":")[2]):
        raise Refused(Code.INVALID, "approval 与地址中的审批不是同一项")
    if body.as_ not in (None, user.role):
        raise Refused(Code.NOT_PERMITTED, "只能以本人的岗位作出决定")
    decision = DecisionRequest(approval.id, body.decision, actor_of(user), body.comment, body.until, body.proposed_unit)
    await send_decision(services, approval.order_no, decision)
    return Sent(id=id)
