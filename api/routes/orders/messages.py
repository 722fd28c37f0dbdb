"""Texts and calls about an order."""

from fastapi import APIRouter

from api.auth.identity import ServicesDep, User
from api.auth.request_origin import OriginDep
from api.problems import answers
from api.schemas.telephone import CallOut, Conversation, InboundOut, MessageOut
from application.audit import acts
from application.orders.visibility import is_shielded_from, visible
from domain.access.acts import Deed
from domain.permissions import relation
from domain.privacy import works_with_citizens

router = APIRouter(prefix="/work-orders", tags=["短信与电话"])


@router.get("/{no}/messages", responses=answers(401, 404, 422))
async def conversation(no: str, origin: OriginDep, services: ServicesDep, user: User) -> Conversation:
    """工单的短信往来和自动回访电话，号码脱敏。单位人员看不到诉求人所写的内容，被反映单位也看不到其号码。"""
    order, _ = await visible(services, user, no)
    await acts.note(services, origin, user, Deed.MESSAGES_READ, order_no=no, regime=order.regime)
    hide = is_shielded_from(user, order)
    leave_out = None if works_with_citizens(user.role) else order.citizen
    words = relation("read_citizen_texts", user.role) is not None
    received = await services.inbound.of_order(no)
    return Conversation(
        sent=tuple(MessageOut.of(row, shielded=hide) for row in await services.messages.of_order(no)),
        received=tuple(InboundOut.of(text, words=words, shielded=hide, leave_out=leave_out) for text in received),
        calls=tuple(CallOut.of(row, shielded=hide) for row in await services.calls.of_order(no)),
    )
