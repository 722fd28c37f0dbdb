"""Records on its order the answer that a citizen gives by text or on the telephone."""

from typing import Any, Literal, NamedTuple, Protocol

from application.orders.actor import Actor
from application.orders.commands import CommandNeeds, CommandRequest, OrderNeeds, carry_out_command
from domain.citizen.survey import SurveyAnswer
from domain.order.commands import RecordCallback
from domain.order.records import StoredOrder
from domain.policy.rule_book import Regime
from domain.refusal import Code, Refused
from domain.words import Role


class RatingNeeds(OrderNeeds, Protocol):
    """Needed to judge a rating by the order's rules."""

    async def rules_of(self, order: StoredOrder) -> Regime:
        """The rule book of an order. Raises LookupError."""


async def satisfied_from(services: RatingNeeds, order_no: str) -> int:
    """The lowest rating that the order's own rule book counts as satisfied."""
    rules = await services.rules_of(await order_of(services, order_no))
    return rules.callbacks.satisfied_from


async def order_of(services: OrderNeeds, order_no: str) -> StoredOrder:
    """The order that a message or call is about, confidential or not: only the hotline reads the answer.

    Raises Refused(unknown_order).
    """
    order = await services.orders.get(order_no)
    if order is None:
        raise Refused(Code.UNKNOWN_ORDER, f"没有编号为 {order_no} 的工单")
    return order


async def answer_is_awaited(services: OrderNeeds, order_no: str, party: str, round_: int | None = None) -> bool:
    """Whether the order, as recorded, still waits for this citizen's answer, and in that round."""
    view = await services.orders.view(order_no)
    if view is None or party not in view.unheard:
        return False
    return round_ is None or round_ == view.facts.get("reworks", 0)


class SurveyReply(NamedTuple):
    """A citizen's answer to one survey of an order. `round_` is the rework that the survey was about, None for any."""

    order_no: str
    party: str
    answer: SurveyAnswer
    round_: int | None
    via: Literal["sms", "call"]


async def record_answer(services: CommandNeeds, reply: SurveyReply, *, request_id: str) -> None:
    """Record the answer on its order; under one `request_id` once.

    Raises Refused if the order does not accept it (it has this citizen's answer, has moved on, has ended), and what
    `carry_out_command` raises.
    """
    said: dict[str, Any] = {
        "result": reply.answer.result,
        "handling_rating": reply.answer.handling_rating,
        "intake_rating": reply.answer.intake_rating,
        "comment": reply.answer.comment or None,
        "party": reply.party,
        "round": reply.round_,
        "via": reply.via,
    }
    body = {name: value for name, value in said.items() if value is not None}
    request = CommandRequest(RecordCallback.do, body, Actor(Role.CITIZEN), request_id)
    await carry_out_command(services, reply.order_no, request)
