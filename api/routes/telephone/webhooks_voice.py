"""Webhooks of the provider during an automatic call; their URLs have only the call's random id."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.auth.identity import ServicesDep
from api.auth.signed_form import SignedForm, openapi_form
from api.problems import ProblemError, answers
from api.routes.telephone.webhooks_sms import STATUS, Twiml
from application.callbacks import phone_dialogue

router = APIRouter(prefix="/webhooks/voice", tags=["短信与电话"])

CallId = Annotated[str, Query(pattern=r"^[A-Za-z0-9_-]{1,100}$", description="通话的随机编号")]


@router.post(
    "",
    response_class=Twiml,
    responses=answers(403, 413, 422),
    openapi_extra=openapi_form("CallSid", AnsweredBy="接听的是人还是机器"),
)
async def begin(call: CallId, form: SignedForm, services: ServicesDep) -> Twiml:
    """电话已接通：问候并提第一个问题；已听取过评价的、由机器接听的，或不相识的通话直接挂断。"""
    return Twiml(await phone_dialogue.begin(services, call, form.get("AnsweredBy", "")))


@router.post(
    "/answer",
    response_class=Twiml,
    responses=answers(403, 413, 422),
    openapi_extra=openapi_form("CallSid", Digits="所按的键", SpeechResult="所说的话"),
)
async def answer(
    call: CallId,
    question: phone_dialogue.Question,
    form: SignedForm,
    services: ServicesDep,
    attempt: Annotated[int, Query(alias="try", ge=1, le=phone_dialogue.TRIES, description="第几次提问")] = 1,
) -> Twiml:
    """诉求人的回答：再问一次、问下一题，或记下评价后告别。"""
    keys, speech = form.get("Digits", ""), form.get("SpeechResult", "")
    return Twiml(await phone_dialogue.handle_answer(services, call, question, attempt, keys, speech))


@router.post(
    "/status",
    status_code=204,
    responses=answers(403, 413, 422),
    openapi_extra=openapi_form("CallSid", "CallStatus"),
)
async def ended(call: CallId, form: SignedForm, services: ServicesDep) -> None:
    """通话已结束：挂断之前已作的评价仍然有效。"""
    status = form.get("CallStatus", "")
    if not STATUS.fullmatch(status):
        raise ProblemError(422, "CallStatus 缺失或不合要求")
    await phone_dialogue.ended(services, call, status)
