"""Handles the provider's delivery reports of messages, and reports failures to their orders (NA-07)."""

import logging
from typing import Protocol

from adapters.database.telephone.call_tasks import CallTasks
from adapters.database.telephone.messages import UNDELIVERED, Messages
from adapters.database.telephone.opt_outs import OptOuts
from adapters.twilio.client import OPTED_OUT
from application.orders import workflow_calls
from application.orders.actor import Actor
from domain.citizen.outbound_records import OutboundMessage
from domain.order.records import StoredOrder
from domain.refusal import Refused
from domain.words import Role, Stage, Template

log = logging.getLogger(__name__)

REPORT = "report_undelivered"


class DeliveryNeeds(workflow_calls.SignalNeeds, Protocol):
    """Needed to act on a delivery report."""

    call_tasks: CallTasks
    messages: Messages
    opt_outs: OptOuts


async def report(services: DeliveryNeeds, sid: str, status: str, error: str | None = None) -> None:
    """Store the status of a message, and signal its order if it was not delivered.

    Reports may come twice, in any order, and for unknown messages. Raises RPCError; the message then stays unsettled,
    and the catch-up job signals its order later.
    """
    message = await services.messages.reported(sid, status, error)
    if message is not None:
        await report_to_order(services, message)


async def report_to_order(services: DeliveryNeeds, message: OutboundMessage) -> None:
    """Signal once to its order that a message was not delivered; may be repeated. Raises RPCError."""
    if message.status not in UNDELIVERED or message.settled_at is not None:
        return
    if (
        message.error == OPTED_OUT
    ):  # The provider knows of it already. It is stored once, because the person may opt in again.
        await services.opt_outs.add(message.to_phone)
    order = await services.orders.get(message.order_no)
    if order is not None and not await _signalled(services, order, message):
        await _open_call_task(services, order, message)
    await services.messages.settle(message.key)


async def _signalled(services: DeliveryNeeds, order: StoredOrder, message: OutboundMessage) -> bool:
    """Signal the order, which then tries the next contact; False if it has ended."""
    view = await services.orders.view(order.no)
    if view is not None and view.stage is Stage.ARCHIVED:
        return False
    body = {
        "notice": message.notice,
        "reason": message.error or "undelivered",
        "attempt": await _attempt(services, message),
    }
    try:
        await workflow_calls.signal(services, order, REPORT, body, by=Actor(Role.SYSTEM))
    except Refused:
        return False
    log.info("message %s not delivered: %s", message.key, message.error)
    return True


async def _attempt(services: DeliveryNeeds, message: OutboundMessage) -> int:
    """The number of messages of its notice, up to this contact, that the provider accepted and did not deliver."""
    siblings = await services.messages.of_notice(message.order_no, message.notice)
    return sum(
        each.rank <= message.rank and each.provider_sid is not None and each.status in UNDELIVERED for each in siblings
    )


async def _open_call_task(services: DeliveryNeeds, order: StoredOrder, message: OutboundMessage) -> None:
    """Open a call task, because an ended order tries no other contact.

    None for a survey, which is over, nor for a citizen who has opted out.
    """
    if message.to_role == Role.CITIZEN and (message.template == Template.SURVEY or message.error == OPTED_OUT):
        return
    await services.call_tasks.open(
        f"{message.order_no}:{message.notice}:call_task",
        message.order_no,
        realm=order.realm,
        regime=order.regime,
        template=message.template,
        to_role=message.to_role,
        unit=message.unit,
        party=message.party,
    )
