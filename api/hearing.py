"""What a citizen answers by themselves, by text or on the telephone, on its way to their order."""

from typing import Any, Literal

from adapters.database.orders import Order
from api.commanding import existing, send
from api.services import Services
from domain.commands import RecordCallback
from domain.survey import Answer
from domain.view import OrderView
from domain.words import Role


async def satisfied_from(services: Services, order_no: str) -> int:
    """The rating from which the order's own rule book counts a citizen as satisfied."""
    order, view = await _order(services, order_no)
    rules = await services.rules(order.regime, view.policy_hash if view else order.policy_hash)
    return rules.callbacks.satisfied_from


async def awaited(services: Services, order_no: str, party: str, round_: int | None = None) -> bool:
    """Whether the order waits to hear this citizen, and still in that round, as far as is on record."""
    _, view = await _order(services, order_no)
    if view is None or party not in view.unheard:
        return False
    return round_ is None or round_ == view.facts.get("reworks", 0)


async def hear(
    services: Services,
    order_no: str,
    party: str,
    answer: Answer,
    *,
    round_: int | None,
    via: Literal["sms", "call"],
    request_id: str,
) -> None:
    """Have the order take the answer in; under one `request_id` once.

    Raises Refused if it does not (it has heard this citizen, has moved on, has ended), and what `send` raises.
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
    await send(services, order_no, RecordCallback.do, body, by=Role.CITIZEN, person="", request_id=request_id)


async def _order(services: Services, order_no: str) -> tuple[Order, OrderView | None]:
    return await existing(services, order_no), await services.orders.view(order_no)
