"""Handlers of the city platform's messages, one function a type (docs/city-platform.md)."""

import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final, Protocol

from pydantic import ConfigDict

from adapters.database.city.messages import CityMessageRow, CityMessages
from application.input_types import InputModel, LongText, Name, as_moment, validated
from application.orders import workflow_calls
from application.orders.actor import Actor
from application.orders.commands import (
    CommandNeeds,
    CommandRequest,
    DecisionNeeds,
    DecisionRequest,
    calendar_of,
    carry_out_command,
    send_decision,
)
from application.orders.intake import IntakeNeeds, OrderRequest, RuleBookNeeds, open_order
from domain.city.messages import CityDecision, read_changed, read_decision, read_order, read_urge
from domain.order.commands import Decide, Urge
from domain.order.decider import decide as foresee
from domain.order.events import SignalIgnored
from domain.order.order import Order
from domain.order.parts import Approval
from domain.order.records import StoredOrder
from domain.policy.city import City
from domain.refusal import Code, Refused
from domain.words import CITY_SOURCE, Role, Stage
from workflows.messages import OrderSnapshot

PERSON: Final = CITY_SOURCE
PLATFORM: Final = Actor(Role.CITY_PLATFORM, PERSON)
CITY_DESK: Final = "city"
OPEN: Final = "open"


class NotYetPossible(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The message cannot be carried out yet, but may be later."""

    def __init__(self, code: Code, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


class Envelope(InputModel):
    """What is around every message; more that stands there is for versions to come."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: Name
    type: Name
    area: Name | None = None
    at: Name | None = None
    data: Any = None


class Answered(InputModel):
    """The words of a decision or an urging, checked."""

    no: Name | None = None
    city_no: Name | None = None
    approval: Name | None = None
    until: Name | None = None
    comment: LongText | None = None


class CityMessageNeeds(IntakeNeeds, CommandNeeds, DecisionNeeds, Protocol):
    """Needed to carry out a message of the city platform."""

    city_messages: CityMessages


async def handle_message(services: CityMessageNeeds, message: CityMessageRow) -> None:
    """Carry a message out, and store on it the order that it is about; may be repeated.

    Raises Refused, NotYetPossible, and during an outage one of `adapters.errors.TRANSIENT_ERRORS`.
    """
    try:
        value = json.loads(message.body)
    except (ValueError, RecursionError):
        raise Refused(Code.INVALID, "请求内容不是有效的 JSON") from None
    envelope = validated(Envelope, value, calendar_of(services))
    if envelope.id != message.id:
        raise Refused(Code.INVALID, "内容中的 id 与消息编号不一致")
    if envelope.type not in HANDLERS:
        raise Refused(Code.INVALID, f"没有约定“{envelope.type[:40]}”这一类消息")
    regime, city = _county(services, envelope.area)
    await services.city_messages.about(message.id, regime=regime)
    await HANDLERS[envelope.type](services, message, regime, city, envelope.data)


def _county(services: RuleBookNeeds, area: str | None) -> tuple[str, City]:
    """The regime that an area code belongs to, and its rules for the platform."""
    if area is None:
        raise Refused(Code.MISSING_FIELD, "缺少必填内容：area")
    for name, regime in services.rule_books.regimes.items():
        if regime.city is not None and area in regime.city.areas:
            return name, regime.city
    raise Refused(Code.INVALID, f"没有与地区代码“{area[:40]}”对应的县")


async def _order(services: CityMessageNeeds, message: CityMessageRow, regime: str, city: City, data: Any) -> None:
    """Open the order of a demand; under the platform's number it is one order, however often it comes."""
    said = read_order(city, data)
    fields = said._asdict()
    citizen = {name: fields.pop(name) for name in ("name", "phone", "address")}
    body = {name: value for name, value in fields.items() if value is not None}
    body |= {"regime": regime, "source": CITY_SOURCE, "citizen": citizen, "marks": list(said.marks)}
    request = validated(OrderRequest, body, calendar_of(services))
    no = await open_order(services, request, by=PLATFORM)
    await services.city_messages.about(message.id, order_no=no, city_no=request.city_no)


async def _decision(services: CityMessageNeeds, message: CityMessageRow, regime: str, city: City, data: Any) -> None:
    """Send the platform's decision. Its approval is stored first, so that a repetition never decides another one."""
    said = read_decision(city, data)
    words = _checked(services, said.no, said.city_no, said.comment, approval=said.approval, until=said.until)
    order = await _found(services, message, regime, words)
    state = await _state(services, order)
    if message.approval is not None and state.order.approvals[message.approval].status != OPEN:
        return
    approval = _meant(state.order, said)
    until = words.until if said.decision == "approve" else None
    _foresee(services, state, approval, said.decision, until)
    await services.city_messages.about(message.id, approval=approval.id)
    answer = DecisionRequest(approval.id, said.decision, PLATFORM, comment=words.comment, until=until)
    await send_decision(services, order.no, answer)


async def _urge(services: CityMessageNeeds, message: CityMessageRow, regime: str, city: City, data: Any) -> None:
    """Urge the unit, once a message."""
    said = read_urge(city, data)
    words = _checked(services, said.no, said.city_no, said.comment)
    order = await _found(services, message, regime, words)
    body = {"comment": words.comment} if words.comment is not None else {}
    await carry_out_command(services, order.no, CommandRequest(Urge.do, body, PLATFORM, f"city-{message.id}"))


async def _changed(services: CityMessageNeeds, message: CityMessageRow, regime: str, city: City, data: Any) -> None:
    """Refuse to change an order that is on record; people read what the platform has changed, and act.

    The order is stored on the message all the same, which is erased with it.
    """
    words = _checked(services, None, read_changed(city, data), None)
    if words.city_no is not None:
        order = await services.orders.by_city_no(regime, words.city_no)
        no = order.no if order is not None else None
        await services.city_messages.about(message.id, order_no=no, city_no=words.city_no)
    raise Refused(Code.NOT_ALLOWED, "已受理的工单不由消息更改；变更内容已留存，请热线人员查看并处理")


MessageHandler = Callable[[CityMessageNeeds, CityMessageRow, str, City, Any], Awaitable[None]]

HANDLERS: Final[dict[str, MessageHandler]] = {
    "order": _order,
    "decision": _decision,
    "urge": _urge,
    "order_changed": _changed,
}
"""The handler of each type of message."""


def _checked(
    services: RuleBookNeeds, no: str | None, city_no: str | None, comment: str | None, **more: str | None
) -> Answered:
    return validated(Answered, {"no": no, "city_no": city_no, "comment": comment, **more}, calendar_of(services))


async def _found(services: CityMessageNeeds, message: CityMessageRow, regime: str, words: Answered) -> StoredOrder:
    """The order that is meant. One that is named by the platform's number alone may not be here yet."""
    if words.no is not None:
        order = await services.orders.get(words.no)
        if order is None or order.realm or order.regime != regime:
            raise Refused(Code.UNKNOWN_ORDER, f"没有编号为 {words.no[:60]} 的工单")
        known = {order.city_no, order.city_ref} - {None}
        if known and words.city_no is not None and words.city_no not in known:
            raise Refused(Code.INVALID, "县编号与市编号不是同一件工单")
    else:
        assert words.city_no is not None
        order = await services.orders.by_city_no(regime, words.city_no)
        if order is None:
            raise NotYetPossible(Code.UNKNOWN_ORDER, f"尚未收到市平台编号为 {words.city_no[:60]} 的工单")
    await services.city_messages.about(message.id, order_no=order.no, city_no=order.city_no or order.city_ref)
    return order


async def _state(services: CityMessageNeeds, order: StoredOrder) -> OrderSnapshot:
    """The state of the order in its workflow."""
    state = await workflow_calls.snapshot(services, order.no)
    if state is not None:
        return state
    view = await services.orders.view(order.no)
    if view is not None and view.stage is Stage.ARCHIVED:
        raise Refused(Code.WRONG_STAGE, "工单已归档，不能再办理此事项")
    raise TimeoutError("the workflow of the order does not answer")


def _meant(order: Order, said: CityDecision) -> Approval:
    """The approval that is decided: by its id, or the open one of its kind at the city's desk."""
    if said.approval is not None:
        named = order.approvals.get(said.approval.rpartition(":")[2])
        candidates = [named] if named is not None else []
        if named is not None and said.kind not in (None, named.kind):
            raise Refused(Code.INVALID, f"申请 {said.approval[:60]} 不是这一类申请")
    else:
        candidates = [each for each in order.approvals.values() if each.kind is said.kind]
    with_the_city = [each for each in candidates if each.status == OPEN and each.desk == CITY_DESK]
    if len(with_the_city) > 1:
        raise Refused(Code.INVALID, "此类申请不止一项待决定，请写明申请编号")
    if with_the_city:
        return with_the_city[0]
    if any(each.status == OPEN for each in candidates) or not candidates:
        raise NotYetPossible(Code.WRONG_STAGE, "所决定的申请尚未提交到市平台")
    raise Refused(Code.ALREADY_DONE, "此项审批已经结束")


def _foresee(
    services: RuleBookNeeds, state: OrderSnapshot, approval: Approval, decision: str, until: str | None
) -> None:
    """Refuse a decision that the order would ignore, so that the platform gets the reason."""
    moment = as_moment(until, calendar_of(services))
    said = {"approval": approval.id, "decision": decision, "as": Role.CITY_PLATFORM, "person": PERSON, "until": moment}
    match foresee(state.order, Decide.model_validate(said), datetime.fromisoformat(state.at)):
        case [SignalIgnored() as ignored, *_]:
            rule = state.order.regime.approvals.get(approval.kind)
            raise Refused(Code(ignored.reason), ignored.explanation, rule.clause if rule else None)
