"""Catches up on telephone matters: missing delivery reports, and answers that an outage held up."""

import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from adapters.database.telephone.messages import UNDELIVERED
from adapters.errors import TRANSIENT_ERRORS
from adapters.twilio.client import ProviderUnavailable
from application.callbacks import delivery_reports, phone_dialogue, text_answers
from application.services import Services
from domain.citizen.outbound_records import OutboundMessage

log = logging.getLogger(__name__)

QUIET: Final = timedelta(minutes=2)
"""Time without a report or a result, after which this job takes over."""

GIVEN_UP_AFTER: Final = timedelta(hours=24)
"""Age at which a message is no longer looked up: it was sent, and no failure was reported."""

AWAY: Final[tuple[type[Exception], ...]] = (*TRANSIENT_ERRORS, ProviderUnavailable)

T = TypeVar("T")


async def catch_up_telephone(services: Services, quiet: timedelta = QUIET) -> int:
    """Process what has been unfinished for `quiet`. May be repeated, and may run in several processes.

    Returns how many held-up answers were passed on. An outage ends its part of the round; any other error concerns one
    item only.
    """
    texts = await _each(services, text_answers.interpret, await services.inbound.unread(quiet))
    calls = await _each(services, phone_dialogue.pass_on_answer, await services.calls.untold(quiet))
    await _each(services, _look_up, await services.messages.unsettled(quiet))
    return texts + calls


async def _look_up(services: Services, message: OutboundMessage) -> None:
    """Look up the status of a message and treat it like a report."""
    if message.status in UNDELIVERED:
        await delivery_reports.report_to_order(services, message)
    elif datetime.now(UTC) - (message.attempted_at or message.created_at) > GIVEN_UP_AFTER:
        await services.messages.settle(message.key)
    elif message.provider_sid is not None:
        found = await services.sms.look_up(message.provider_sid)
        # A message that the provider does not know stays as it is and is looked up again later.
        status, error = found or (message.status, None)
        await delivery_reports.report(services, message.provider_sid, status, error)


async def _each(services: Services, do: Callable[[Services, T], Awaitable[object]], items: Iterable[T]) -> int:
    done = 0
    for item in items:
        try:
            await do(services, item)
        except AWAY as error:
            log.warning("telephone catch-up postponed: %s", type(error).__name__)
            break
        except Exception:
            log.exception("telephone catch-up skips an item")
        else:
            done += 1
    return done
