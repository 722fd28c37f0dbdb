"""What was texted and telephoned about an order."""

from fastapi import APIRouter, Request

from api import acts
from api.identity import ServicesDep, User, visible
from api.problems import answers
from api.telephone_shapes import CallOut, Conversation, InboundOut, MessageOut
from domain.acts import Deed
from domain.permissions import relation

router = APIRouter(prefix="/work-orders", tags=["短信与电话"])


@router.get("/{no}/messages", responses=answers(401, 404, 422))
async def conversation(no: str, request: Request, services: ServicesDep, user: User) -> Conversation:
    """工单的短信往来和自动回访电话，号码脱敏。单位人员看不到诉求人所写的内容。"""
    order, _ = await visible(services, user, no)
    await acts.note(request, services, user, Deed.MESSAGES_READ, order_no=no, regime=order.regime)
    words = relation("read_citizen_texts", user.role) is not None
    received = await services.inbound.of_order(no)
    return Conversation(
        sent=tuple(map(MessageOut.of, await services.messages.of_order(no))),
        received=tuple(InboundOut.of(text, words=words) for text in received),
        calls=tuple(map(CallOut.of, await services.calls.of_order(no))),
    )
