"""Receives citizens' texts: stores each, interprets it, and replies briefly (GT-13, GT-19, NA-07)."""

import logging
import unicodedata
from datetime import timedelta
from typing import Any, Final, Protocol

from adapters.database.telephone.inbound_messages import RECEIVED, Inbound, InboundMessages, NewInbound
from adapters.database.telephone.messages import Messages
from adapters.database.telephone.opt_outs import OptOuts
from application.callbacks.citizen_answers import SurveyReply, answer_is_awaited, record_answer, satisfied_from
from application.orders.commands import CommandNeeds
from domain.citizen.outbound_records import OutboundMessage
from domain.citizen.survey import Fate, SurveyAnswer, read_answer, read_opt_out
from domain.order.events import CallbackAsked, CallbackRecorded
from domain.refusal import Code, Refused
from domain.words import Template

log = logging.getLogger(__name__)

REPLIES: Final = {
    Fate.ANSWERED: "您对工单{no}的评价已收到，感谢您的反馈。",
    Fate.LATE: "工单{no}的回访已结束，您的回复已留存。如需继续反映，请拨打12345。",
    Fate.REPEATED: "您对工单{no}已作过评价，本次回复已留存。如需继续反映，请拨打12345。",
    Fate.UNREADABLE: "抱歉，没有看懂您的回复。请回复1至5为工单{no}的办理结果评分，5为非常满意，1为非常不满意。",
    Fate.UNMATCHED: "本号码只接收回访评价。如需反映诉求，请拨打12345。",
    Fate.OPTED_OUT: "您已退订，我们不再向本号码发送短信。如需恢复，请回复“恢复”。",
    Fate.OPTED_IN: "已恢复向本号码发送短信。",
}
STILL_UNREADABLE: Final = "您的回复已留存，工作人员会查看。"
SENDER: Final = "【12345热线】"

MOST_REPLIES: Final = 10
"""Replies to one number within the hour: another machine that replies must not keep the exchange going."""

HOUR: Final = timedelta(hours=1)


class TextAnswerNeeds(CommandNeeds, Protocol):
    """Needed to receive a text and act on it."""

    inbound: InboundMessages
    messages: Messages
    opt_outs: OptOuts


async def receive(services: TextAnswerNeeds, sid: str, phone: str, body: str) -> str:
    """Store a text, act on it, and return the reply, empty for none.

    The provider may post one twice: by `sid` it is stored once and takes effect once. When the database or
    Temporal does not answer, the next post or the catch-up job interprets the stored text.
    Raises as `record_answer` does.
    """
    survey = await services.messages.latest(phone, Template.SURVEY)
    new = NewInbound(
        sid, phone, printable(body), survey.order_no if survey else None, _party(survey) if survey else None
    )
    text = await services.inbound.keep(new)
    if text.state == RECEIVED:
        text = await interpret(services, text)
    return await _reply(services, text)


async def interpret(services: TextAnswerNeeds, text: Inbound) -> Inbound:
    """Act on a stored text, and store the result; returns the text with it. May be repeated.

    The survey that it answers may be known only now and is stored first: it links the text to its order, with which
    the text is erased. Raises as `record_answer` does.
    """
    fate: Fate | None = read_opt_out(text.body)
    if fate is Fate.OPTED_OUT:
        await services.opt_outs.add(text.from_phone)
    elif fate is Fate.OPTED_IN:
        await services.opt_outs.remove(text.from_phone)
    else:
        survey = await services.messages.latest(text.from_phone, Template.SURVEY, before=text.created_at)
        if survey is not None:
            text = await _noted(services, text, survey)
        fate = await _answer(services, text, survey) if survey else Fate.UNMATCHED
    fate = Fate(await services.inbound.mark(text.sid, fate))
    log.info("text %s: %s", text.sid, fate)
    return text.model_copy(update={"state": fate})


async def _noted(services: TextAnswerNeeds, text: Inbound, survey: OutboundMessage) -> Inbound:
    """The text, linked to the order of the survey."""
    about = {"order_no": survey.order_no, "party": _party(survey)}
    if (text.order_no, text.party) != (about["order_no"], about["party"]):
        await services.inbound.about(text.sid, **about)
    return text.model_copy(update=about)


async def _answer(services: TextAnswerNeeds, text: Inbound, survey: OutboundMessage) -> Fate:
    party = _party(survey)
    if await _is_answered(services, survey):
        return Fate.REPEATED
    answer = read_answer(text.body, await satisfied_from(services, survey.order_no))
    if answer is None:
        return Fate.UNREADABLE if await answer_is_awaited(services, survey.order_no, party) else Fate.LATE
    asked = await _asked(services, survey)
    reply = SurveyReply(survey.order_no, party, answer, int(asked["round"]) if asked else None, "sms")
    try:
        await record_answer(services, reply, request_id=f"sms-{text.sid}")
    except Refused as refused:
        # An earlier try may have succeeded without being marked; of two texts at once, the other did.
        if asked and await _is_recorded(services, survey, asked, answer):
            return Fate.ANSWERED
        if refused.code is Code.ALREADY_DONE or await _is_answered(services, survey):
            return Fate.REPEATED
        return Fate.LATE
    return Fate.ANSWERED


async def _is_answered(services: TextAnswerNeeds, survey: OutboundMessage) -> bool:
    """Whether an earlier text answered this survey."""
    return Fate.ANSWERED in await _since(services, survey)


async def _since(services: TextAnswerNeeds, survey: OutboundMessage) -> list[str]:
    since = survey.attempted_at or survey.created_at
    return await services.inbound.made_of(survey.order_no, _party(survey), since)


async def _asked(services: TextAnswerNeeds, survey: OutboundMessage) -> dict[str, Any] | None:
    """The event that sent this survey."""
    timeline = await services.trail.timeline(survey.order_no)
    asked = (row for row in timeline if row["event"] == CallbackAsked.event and row.get("notice") == survey.notice)
    return next(asked, None)


async def _is_recorded(
    services: TextAnswerNeeds, survey: OutboundMessage, asked: dict[str, Any], answer: SurveyAnswer
) -> bool:
    """Whether the order has recorded this answer to this survey."""
    same = {
        "event": CallbackRecorded.event,
        "party": _party(survey),
        "via": "sms",
        "handling_rating": answer.handling_rating,
        "result": answer.result,
    }
    timeline = await services.trail.timeline(survey.order_no)
    return any(same.items() <= row.items() for row in timeline if int(str(row["seq"])) > int(asked["seq"]))


async def _reply(services: TextAnswerNeeds, text: Inbound) -> str:
    fate = Fate(text.state)
    if fate is not Fate.OPTED_OUT and await services.opt_outs.holds(text.from_phone):
        return ""
    if await services.inbound.recent(text.from_phone, HOUR) > MOST_REPLIES:
        return ""
    words = REPLIES[fate]
    if fate is Fate.UNREADABLE:
        survey = await services.messages.latest(text.from_phone, Template.SURVEY, before=text.created_at)
        if survey is not None and (await _since(services, survey)).count(Fate.UNREADABLE) > 1:
            words = STILL_UNREADABLE
    return SENDER + words.format(no=text.party)


def _party(survey: OutboundMessage) -> str:
    return survey.party or survey.order_no


def printable(body: str) -> str:
    """The text without control characters, which no text of an order may contain."""
    kept = (
        character if character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cs"} else " "
        for character in body.replace("\r\n", "\n")
    )
    return "".join(kept).strip()
