"""Receives the city platform's messages from webhook and outbox: stores each, then carries it out, once.

Both ways bring the same messages; a message that came by one is not carried out again for the other. One that cannot
be carried out yet waits, and `application.city.polling` tries it again.
"""

import json
import logging
from datetime import datetime, timedelta
from typing import Any, Final

from adapters.database.city.messages import REFUSED, TAKEN, WAITING, CityMessageRow
from adapters.errors import TRANSIENT_ERRORS
from application.city.message_handlers import HANDLERS, CityMessageNeeds, NotYetPossible, handle_message
from domain.calendar.business_calendar import CST
from domain.refusal import Refused

log = logging.getLogger(__name__)

WAIT_FOR: Final = timedelta(hours=24)
"""The time that a message waits for its order, its approval, or the correction of a fault of ours.

Then it is refused, and shown to the hotline. A message that waits for the end of an outage waits without limit.
"""

LONGEST_GARBAGE: Final = 100_000
UNKNOWN: Final = "unknown"
UNAVAILABLE: Final = "unavailable"
INTERNAL: Final = "internal"


async def receive(services: CityMessageNeeds, message: str, content: bytes | Any, via: str) -> CityMessageRow:
    """Store a message and carry it out if it is new or still waits; returns it with its result.

    `content` is the body as it came, or the value from the outbox. Raises MessageReused, and the errors of the
    database: then nothing was stored.
    """
    body, value = canonical(content)
    type_ = value.get("type") if isinstance(value, dict) else None
    known = type_ if isinstance(type_, str) and type_ in HANDLERS else UNKNOWN
    kept, new = await services.city_messages.keep(message, known, body, via)
    if new:
        return await _carry_out(services, kept)
    return await try_again(services, kept) if kept.state == WAITING else kept


async def try_again(services: CityMessageNeeds, kept: CityMessageRow, *, refused_too: bool = False) -> CityMessageRow:
    """Carry out a message that waits (or was refused), unless another process is doing so."""
    begun = await services.city_messages.begin(kept.id, refused_too=refused_too)
    return kept if begun is None else await _carry_out(services, begun)


async def try_all_again(services: CityMessageNeeds) -> None:
    """Carry out every message that waits, until an outage shows: it would stop the others too."""
    for id_ in await services.city_messages.waiting():
        begun = await services.city_messages.begin(id_)
        if begun is not None and (await _carry_out(services, begun)).code == UNAVAILABLE:
            return


async def _carry_out(services: CityMessageNeeds, begun: CityMessageRow) -> CityMessageRow:
    finish = services.city_messages.finish
    try:
        await handle_message(services, begun)
    except NotYetPossible as waits:
        return await finish(begun.id, _or_too_late(begun), code=waits.code.value, reason=waits.reason)
    except Refused as refused:
        log.warning("message %s of the city platform refused: %s", begun.id, refused.code)
        return await finish(begun.id, REFUSED, code=refused.code.value, reason=refused.reason, clause=refused.clause)
    except TRANSIENT_ERRORS as outage:
        log.warning("message %s of the city platform put off: %s", begun.id, type(outage).__name__)
        return await finish(begun.id, WAITING, code=UNAVAILABLE, reason="依赖的服务暂时没有响应")
    except Exception:
        # Stored and tried again: a fault of ours, corrected within a day, must not lose a message.
        log.exception("message %s of the city platform put off", begun.id)
        return await finish(begun.id, _or_too_late(begun), code=INTERNAL, reason="服务器内部错误，已记录")
    return await finish(begun.id, TAKEN)


def _or_too_late(begun: CityMessageRow) -> str:
    """The state of a message that cannot be carried out now; the hotline may have a refused one tried once more."""
    return REFUSED if datetime.now(CST) - begun.received_at > WAIT_FOR else WAITING


def canonical(content: bytes | Any) -> tuple[str, Any]:
    """The text to store, the same for the same JSON value, and the value; None if it is not JSON."""
    try:
        value = json.loads(content) if isinstance(content, bytes) else content
        return json.dumps(value, sort_keys=True, separators=(",", ":")), value
    except (ValueError, RecursionError):
        return (content.decode("utf-8", "replace") if isinstance(content, bytes) else "")[:LONGEST_GARBAGE], None
