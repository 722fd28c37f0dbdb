"""What a citizen answers by themselves, by text or on the telephone, on its way to their order."""

from typing import Any, Literal

from application.orders.commands import carry_out_command
from application.services import Services
from domain.citizen.survey import SurveyAnswer
from domain.order.commands import RecordCallback
from domain.order.records import StoredOrder
from domain.refusal import Code, Refused
from domain.words import Role


async def satisfied_from(services: Services, order_no: str) -> int:
    """The rating from which the order's own rule book counts a citizen as satisfied."""
    rules = await services.rules_of(await order_of(services, order_no))
    return rules.callbacks.satisfied_from


async def order_of(services: Services, order_no: str) -> StoredOrder:
    """The order that a message or call is about, confidential or not: its citizen answers nobody but the hotline.

    Raises Refused(unknown_order).
    """
    order = await services.orders.get(order_no)
    if order is None:
        raise Refused(Code.UNKNOWN_ORDER, f"没有编号为 {order_no} 的工单")
    return order


async def answer_is_awaited(services: Services, order_no: str, party: str, round_: int | None = None) -> bool:
    """Whether the order waits to hear this citizen, and still in that round, as far as is on record."""
    view = await services.orders.view(order_no)
    if view is None or party not in view.unheard:
        return False
    return round_ is None or round_ == view.facts.get("reworks", 0)


async def record_answer(
    services: Services,
    order_no: str,
    party: str,
    answer: SurveyAnswer,
    *,
    round_: int | None,
    via: Literal["sms", "call"],
    request_id: str,
) -> None:
    """Have the order take the answer in; under one `request_id` once.

    Raises Refused if it does not (it has heard this citizen, has moved on, has ended), and what `carry_out_command`
    raises.
    """
    said: dict[str, Any] = {
        "result": answer.result,
        "handling_rating": answer.handling_rating,
        "intake_rating": answer.intake_rating,
        "comment": answer.comment or None,
        "party": party,
        "round": round_,
        "via": via,
    }
    body = {name: value for name, value in said.items() if value is not None}
    await carry_out_command(
        services, order_no, RecordCallback.do, body, by=Role.CITIZEN, person="", request_id=request_id
    )
