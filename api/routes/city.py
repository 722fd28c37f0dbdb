"""Routes about the city platform: its webhook, and the hotline's view of its messages."""

import time
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Header, Request, Response

from adapters.auth.tokens import Identity
from adapters.city.signature import BadSignature, verified
from adapters.database.city.messages import REFUSED, TAKEN, WAITING, WEBHOOK, CityMessageRow, MessageReused
from api.auth.identity import ServicesDep, User
from api.auth.request_origin import OriginDep
from api.idempotency import IdempotentRoute
from api.problems import Hidden, ProblemError, answers
from api.schemas.base import PageOut, Paging
from api.schemas.city import CityMessageDetail, CityMessageOut, CityTaken
from application.audit import acts
from application.city.inbox import INTERNAL, receive, try_again
from application.city.message_handlers import Envelope
from application.input_types import Name
from application.orders.actor import reader_of
from application.orders.personal_data import record_phone_readings
from application.orders.visibility import is_within_reach
from application.services import Services
from domain.access.acts import Deed
from domain.privacy import Occasion
from domain.refusal import Code, Refused

BODY: Final = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": Envelope.model_json_schema()}}}
}

router = APIRouter(tags=["市平台"], route_class=IdempotentRoute)


@router.post("/webhooks/city", responses=answers(401, 403, 404, 409, 413, 422), openapi_extra=BODY)
async def webhook(
    request: Request,
    response: Response,
    services: ServicesDep,
    x_city_timestamp: Annotated[str, Header(description="1970 年以来的秒数")] = "",
    x_city_message: Annotated[str, Header(description="消息编号，重发时不变")] = "",
    x_city_signature: Annotated[str, Header(description="HMAC-SHA256，十六进制小写")] = "",
) -> CityTaken:
    """市平台的消息：派单、审核结论、催办。200 已受理，202 已留存待办；重发得到同样的回答。"""
    body = await request.body()
    try:
        message = verified(services.settings.city_secret, request.headers, body, time.time())
    except BadSignature as bad:
        raise ProblemError(401, str(bad)) from None
    try:
        row = await receive(services, message, body, WEBHOOK)
    except MessageReused:
        raise Refused(Code.ALREADY_DONE, "消息编号已用于不同的内容") from None
    if row.state == WAITING:
        response.status_code = 202
        return _result_of(row)
    if row.code == INTERNAL:  # no refusal code fits; the result goes to the platform with the receipts
        raise ProblemError(500, row.reason or "")
    await services.city_messages.told([row.id])
    if row.state == REFUSED:
        raise Refused(Code(row.code or Code.INVALID), row.reason or "", row.clause)
    return _result_of(row)


@router.get("/city/messages", responses=answers(401, 403, 422))
async def messages(
    services: ServicesDep,
    user: User,
    paging: Paging,
    state: Literal["waiting", "taken", "refused"] | None = None,
    no: Name | None = None,
) -> PageOut[CityMessageOut]:
    """市平台发来的消息，新者在前。no 为本平台的工单编号。"""
    if no is not None and not no.isprintable():
        return PageOut(items=())
    page = await services.city_messages.list(
        state=state, regime=user.regime, order_no=no, reader=reader_of(user), cursor=paging.cursor, limit=paging.limit
    )
    return PageOut(items=tuple(map(CityMessageOut.of, page.items)), next=page.next)


@router.get("/city/messages/{id}", responses=answers(401, 403, 404, 422))
async def message(id: str, origin: OriginDep, services: ServicesDep, user: User) -> CityMessageDetail:
    """一条消息及其原文。原文含诉求人信息，查看留有记录。"""
    row = await _visible_message(services, user, id)
    if row.order_no is not None:
        await record_phone_readings(services, user, [row.order_no], Occasion.CITY_MESSAGE)
    await acts.note(
        services, origin, user, Deed.CITY_MESSAGE_READ, order_no=row.order_no, about=row.id, regime=row.regime
    )
    return CityMessageDetail.model_validate(row.model_dump() | {"no": row.order_no})


@router.post("/city/messages/{id}/retry", responses=answers(401, 403, 404, 409, 413, 422))
async def retry(id: str, services: ServicesDep, user: User) -> CityMessageOut:
    """再办一次：用于规则改正之后，或不愿等待时。已受理的消息不再办理。"""
    row = await _visible_message(services, user, id)
    if row.state == TAKEN:
        raise Refused(Code.ALREADY_DONE, "此消息已受理")
    return CityMessageOut.of(await try_again(services, row, refused_too=True))


async def _visible_message(services: Services, user: Identity, id_: str) -> CityMessageRow:
    """A message of the caller's county."""
    row = await services.city_messages.get(id_) if id_.isprintable() else None
    if row is None or not is_within_reach(user, "see_city_messages", row.regime):
        raise ProblemError(404, "没有这一条消息")
    if row.order_no is not None and not await services.viewers.may_see(row.order_no, reader_of(user)):
        raise Hidden("没有这一条消息", row.order_no)
    return row


def _result_of(row: CityMessageRow) -> CityTaken:
    return CityTaken(message=row.id, state=row.state, no=row.order_no, city_no=row.city_no)
