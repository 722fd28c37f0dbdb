"""The sweep of telephone matters: what no webhook told us, and what an outage kept from orders."""

import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from adapters.database.telephone.messages import UNDELIVERED
from adapters.errors import TRANSIENT_ERRORS
from adapters.twilio.client import ProviderUnavailable
from application.callbacks import delivery_reports, phone_dialogue, text_answers
from application.services import Services
from domain.citizen.messages import OutboundMessage

log = logging.getLogger(__name__)

QUIET: Final = timedelta(minutes=2)
"""How long nothing was heard before we ask ourselves."""

GIVEN_UP_AFTER: Final = timedelta(hours=24)
"""When the end of a message is not asked after any more: it was sent, and nobody says that it did not arrive."""

AWAY: Final[tuple[type[Exception], ...]] = (*TRANSIENT_ERRORS, ProviderUnavailable)

T = TypeVar("T")


async def catch_up(services: Services, quiet: timedelta = QUIET) -> int:
    """Do what was left undone for so long; may be repeated and run in several processes.

    Returns how many answers an outage had kept from their orders. What does not answer ends its part of the round;
    whatever else goes wrong concerns one thing only.
    """
    texts = await _each(services, text_answers.interpret, await services.inbound.unread(quiet))
    calls = await _each(services, phone_dialogue.pass_on_answer, await services.calls.untold(quiet))
    await _each(services, _ask_after, await services.messages.unsettled(quiet))
    return texts + calls


async def _ask_after(services: Services, message: OutboundMessage) -> None:
    """Learn what became of a message and treat that like a report."""
    if message.status in UNDELIVERED:
        await delivery_reports.pass_on(services, message)
    elif datetime.now(UTC) - (message.attempted_at or message.created_at) > GIVEN_UP_AFTER:
        await services.messages.settle(message.key)
    elif message.provider_sid is not None:
        found = await services.sms.look_up(message.provider_sid)
        # A provider that says nothing of it leaves it as it is, to be asked again later.
        status, error = found or (message.status, None)
        await delivery_reports.report(services, message.provider_sid, status, error)


async def _each(services: Services, do: Callable[[Services, T], Awaitable[object]], items: Iterable[T]) -> int:
    done = 0
    for item in items:
        try:
            await do(services, item)
        except AWAY as error:
            log.warning("telephone sweep put off: %s", type(error).__name__)
            break
        except Exception:
            log.exception("telephone sweep passes one over")
        else:
            done += 1
    return done
