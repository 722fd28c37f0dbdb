"""The automatic call: two questions, answered by keys or by speaking, each asked at most twice (GT-13, GT-19)."""

import logging
from enum import StrEnum
from typing import Final, Protocol
from urllib.parse import urlencode

from adapters.database.telephone.calls import Calls
from adapters.errors import TRANSIENT_ERRORS
from adapters.twilio import twiml
from application.callbacks.citizen_answers import (
    SurveyReply,
    answer_is_awaited,
    order_of,
    record_answer,
    satisfied_from,
)
from application.orders.commands import CommandNeeds
from domain.citizen.outbound_records import OutboundCall
from domain.citizen.survey import SurveyAnswer, read_answer
from domain.refusal import Refused

log = logging.getLogger(__name__)

ANSWER_PATH: Final = "/api/v1/webhooks/voice/answer"
TRIES: Final = 2
MACHINES: Final = ("machine", "fax")
REMARK: Final = "call_answer"
"""The kind of document for a citizen's comment beside a rating; its field is the id of the call."""


class Question(StrEnum):
    """What the citizen is asked, in this order."""

    HANDLING = "handling"
    INTAKE = "intake"


GREETING: Final = "您好，这里是12345热线。您反映的事项已经答复，想听听您的评价。"
QUESTIONS: Final = {
    Question.HANDLING: "对办理结果，请按一至五键评分，五为非常满意，一为非常不满意，也可以直接说出您的评价。",
    Question.INTAKE: "对受理您诉求的热线服务，请同样按一至五键评分，也可以直接说。",
}
AGAIN: Final = "抱歉，没有听清。"
THANKS: Final = "您的评价已经记下，谢谢，再见。"
HEARD_BEFORE: Final = "您的评价我们已经收到，谢谢，再见。"
NOT_UNDERSTOOD: Final = "抱歉，没有听清您的评价，我们会再与您联系。再见。"


class CallNeeds(CommandNeeds, Protocol):
    """Needed to hold an automatic call."""

    calls: Calls


async def begin(services: CallNeeds, call_id: str, answered_by: str) -> str:
    """TwiML for a call that a person or a machine has answered."""
    call = await services.calls.by_id(call_id)
    if call is None or answered_by.startswith(MACHINES):
        return twiml.farewell()
    if not await answer_is_awaited(services, call.order_no, call.party, call.round):
        return twiml.farewell(HEARD_BEFORE)
    return _ask(services, call_id, Question.HANDLING, 1, GREETING)


async def handle_answer(
    services: CallNeeds, call_id: str, question: Question, attempt: int, keys: str, speech: str
) -> str:
    """TwiML after an answer: the next question, the same again, or goodbye. May be repeated."""
    call = await services.calls.by_id(call_id)
    if call is None:
        return twiml.farewell()
    answer = _read(keys, speech, await satisfied_from(services, call.order_no))
    if answer is None and attempt < TRIES:
        return _ask(services, call_id, question, attempt + 1, AGAIN)
    if question is Question.HANDLING:
        if answer is None:
            return twiml.farewell(NOT_UNDERSTOOD)
        await services.calls.rated(call_id, handling_rating=answer.handling_rating)
        if answer.comment:
            order = await order_of(services, call.order_no)
            await services.documents.save(order.no, order.realm, REMARK, call_id, answer.comment)
        return _ask(services, call_id, Question.INTAKE, 1)
    rated = await services.calls.rated(call_id, intake_rating=answer.handling_rating) if answer else call
    if rated is not None:
        await _try_to_pass_on(services, rated)
    return twiml.farewell(THANKS)


async def ended(services: CallNeeds, call_id: str, status: str) -> None:
    """End the call: a rating that was given before hanging up counts."""
    await services.calls.reported(call_id, status)
    call = await services.calls.by_id(call_id)
    if call is not None:
        await _try_to_pass_on(services, call)


async def pass_on_answer(services: CallNeeds, call: OutboundCall) -> None:
    """Record the answer of a call on its order, if the order waits for it; may be repeated.

    Raises as `record_answer` does.
    """
    if call.handling_rating is None or not await answer_is_awaited(services, call.order_no, call.party, call.round):
        return
    line = await satisfied_from(services, call.order_no)
    remarks = await services.documents.of_order(call.order_no)
    answer = SurveyAnswer(
        satisfied=call.handling_rating >= line,
        handling_rating=call.handling_rating,
        intake_rating=call.intake_rating,
        comment=next((each.text for each in reversed(remarks) if (each.kind, each.field) == (REMARK, call.id)), ""),
    )
    reply = SurveyReply(call.order_no, call.party, answer, call.round, "call")
    try:
        await record_answer(services, reply, request_id=f"call-{call.id}")
    except Refused as refused:
        log.info("answer to call %s came too late: %s", call.key, refused.code)


async def _try_to_pass_on(services: CallNeeds, call: OutboundCall) -> None:
    """Pass the answer on; during an outage the catch-up job does it later, and the citizen need not wait."""
    try:
        await pass_on_answer(services, call)
    except TRANSIENT_ERRORS as error:
        log.warning("answer to call %s put off: %s", call.key, type(error).__name__)


def _ask(services: CallNeeds, call_id: str, question: Question, attempt: int, before: str = "") -> str:
    query = urlencode({"call": call_id, "question": question.value, "try": attempt})
    url = f"{services.settings.public_base_url.rstrip('/')}{ANSWER_PATH}?{query}"
    return twiml.question(before + QUESTIONS[question], url)


def _read(keys: str, speech: str, line: int) -> SurveyAnswer | None:
    """A key from 1 to 5, or a single spoken rating."""
    answer = read_answer(keys or speech, line)
    if answer is None or answer.intake_rating is not None or (keys and len(keys) > 1):
        return None
    return answer
