"""Webhooks of the provider about texts: received ones, and delivery reports."""

import re
from typing import Final

from fastapi import APIRouter, Response

from adapters.twilio import twiml
from adapters.twilio.client import error_code
from api.auth.identity import ServicesDep
from api.auth.signed_form import SignedForm, openapi_form, required_field
from api.problems import ProblemError, answers
from application.callbacks import delivery_reports, text_answers

router = APIRouter(prefix="/webhooks/sms", tags=["短信与电话"])

STATUS: Final = re.compile(r"[a-z_-]{1,30}")
ERROR: Final = re.compile(r"[0-9]{1,9}")


class Twiml(Response):
    """An answer in TwiML."""

    media_type = twiml.MEDIA_TYPE


@router.post(
    "",
    response_class=Twiml,
    responses=answers(403, 413, 422),
    openapi_extra=openapi_form("MessageSid", "From", Body="诉求人的短信内容"),
)
async def came_in(form: SignedForm, services: ServicesDep) -> Twiml:
    """诉求人发来短信。先留存，再按回访评价办理，以 TwiML 回复一句话；同一条短信重复送达只生效一次。"""
    sid, phone = required_field(form, "MessageSid"), required_field(form, "From")
    return Twiml(twiml.reply(await text_answers.receive(services, sid, phone, form.get("Body", ""))))


@router.post(
    "/status",
    status_code=204,
    responses=answers(403, 413, 422),
    openapi_extra=openapi_form("MessageSid", "MessageStatus", ErrorCode="未送达的原因代码"),
)
async def reported(form: SignedForm, services: ServicesDep) -> None:
    """短信的送达情况。未送达的转告工单，改发下一位联系人；重复、乱序或不相识的报告不产生作用。"""
    sid = required_field(form, "MessageSid")
    status, code = form.get("MessageStatus", ""), form.get("ErrorCode", "")
    if not STATUS.fullmatch(status):
        raise ProblemError(422, "MessageStatus 缺失或不合要求")
    await delivery_reports.report(services, sid, status, error_code(code) if ERROR.fullmatch(code) else None)
